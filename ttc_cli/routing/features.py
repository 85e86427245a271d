"""What a prompt looks like, as named features: the question first, pasted material apart.

A prompt is read as its question part (what somebody typed) and what was pasted to it: fences,
logs, tables, quoted passages, everything after "Text:". Words and pieces of words come from the
question part; of pasted material only the kind and the size count. So a long document about
mathematics does not make a request to summarise it a mathematical problem.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ttc_cli.prompts.forms.constraint import SMALL_WORDS
from ttc_cli.prompts.message import Document
from ttc_cli.routing.material import CODE_LINE, DATA_LINE, excerpt, kind

END = 3000  # characters read at either end; what is wanted is said at the start or the end
ASKED = 900
"""Characters of the question part from which words are taken, again half from either end."""
READ = 300  # characters of pasted prose in which groups of words are looked for
MOST = 4  # attached texts that are looked at
WORDS = 160
"""Weight of all words together, before the square root: long prompts do not drown the rest."""

LEXICON = Path(__file__).with_name("lexicon.txt")
_SHORT = 4
_BAR = re.compile(r"\s*\|(?![^(]*\))\s*")
_FENCE = re.compile(r"```[^\n]*\n?.*?(?:```|\Z)", re.DOTALL)
_LABEL = re.compile(
    r"^[ \t]*(?:text|context|document|passage|article|input|data|log|notes?|email|transcript|"
    r"texto?|texte|testo|tekst|текст|文章|本文|نص)[ \t]*[::][ \t]*",
    re.IGNORECASE | re.MULTILINE,
)
_LEAD = re.compile(r"[^\n:：]{3,140}(?=[\n:：])")
_QUOTED = re.compile(r"\"[^\"\n]{12,}\"|“[^”]{12,}”|«[^»]{12,}»|„[^“”]{12,}[“”]|「[^」]{8,}」")
_SIGNATURE = re.compile(
    r"^\s*(?:def|fn|func|function) \w+.*\n?\s*(?:\"\"\"|'{3}|///?|/\*)", re.MULTILINE
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+(?:[.,]\d+)*|[^\w\s]")
_NUMBER = re.compile(r"(?<!\w)\d[\d.,]*")
_NUMBER_WORD = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|twice|half|third|quarter|dozen|"
    r"zwei|drei|vier|fünf|sechs|halb|deux|trois|quatre|cinq|moitié|tiers|dos|tres|cuatro|mitad|"
    r"due|tre|metà|dois|três|metade|twee|drie|vier|helft|dwa|trzy|czter\w*|połow\w*|дв[ае]|тр[иё]\w*|"
    r"четыр\w*|полов\w*|треть|iki|üç|dört|yarı\w*)\b|[两二三四五六七八九十半甲乙丙]",
    re.IGNORECASE,
)
_FORMULA = re.compile(
    r"\\[a-z]+|\$[^$\n]+\$|\b[a-z]\s*\^\s*\d|\b[a-z]\s*=\s*[-\d]|\bf\s*\(x\)|[²³√∫∑≤≥π]|"
    r"\b[a-z]_\d|\d[a-z]\s*[-+]|\|x|sqrt|\b(?:sin|cos|tan|log|ln)\b",
    re.IGNORECASE,
)
_SUM = re.compile(r"\d\s*[-+*/×÷^x%]\s*\d|\d\s*%|%\s*\w+ \d|[$€£]\s*\d|\d\s*[$€£₹]", re.IGNORECASE)
_TAIL = re.compile(r"(?<=[\n.!?。！？])\s*[^\n]{2,140}?\Z")
_SENTENCE = re.compile(r"[.!?;](?=\s|$)|[。！？؟।]|\n")
_CHOICES = re.compile(r"(?:^|[\s(])([A-Da-d])[).:]\s", re.MULTILINE)
_ITEM = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s", re.MULTILINE)
_SPEAKER = re.compile(r"(?:^|[.\n!?。])\s*[^\W\d_]{1,12}\s?[:「]", re.MULTILINE)
_NAME = re.compile(r"(?<=[^.!?\n] )[A-ZÄÖÜÉА-Я][a-zäöüéа-я]{1,12}\b")
_SCRIPTS = {
    "latin": re.compile(r"[A-Za-zÀ-ɏ]"),
    "cyrillic": re.compile(r"[Ѐ-ӿ]"),
    "kana": re.compile(r"[぀-ヿ]"),
    "han": re.compile(r"[一-鿿]"),
    "hangul": re.compile(r"[가-힣]"),
    "arabic": re.compile(r"[؀-ۿ]"),
    "indic": re.compile(r"[ऀ-ॿ]"),
}
_DENSE = ("kana", "han", "hangul")
"""Scripts that say in one character what takes others two or three."""


def split(prompt: str) -> tuple[str, str]:
    """(question part, pasted part) of a prompt; of a long one both ends are read.

    The question part is empty when everything looks pasted.
    """
    if len(prompt) > 2 * END:
        prompt = f"{prompt[:END]}\n\n{prompt[-END:]}"
    pasted = [found[0] for found in _FENCE.finditer(prompt)]
    rest = _LABEL.sub(r"\n\n\g<0>", _FENCE.sub("\n\n", prompt))
    blocks = [block for block in re.split(r"\n\s*\n", rest) if block.strip()]
    labelled = [block for block in blocks if _LABEL.match(block)]
    longest = max(blocks, key=len, default="")
    others = sum(map(len, blocks)) - len(longest)
    if len(blocks) > 1 and len(longest) > max(120, 1.5 * others):
        labelled.append(longest)
    elif len(blocks) > 1 and not labelled and not pasted:
        ask = _ask(blocks[0], blocks[-1])
        labelled += [block for block in blocks if block is not ask]
    asked = []
    for block in blocks:
        if block in labelled and len(blocks) > 1:
            pasted.append(block)
            continue
        lines = block.split("\n")
        data = [bool(CODE_LINE.search(line) or DATA_LINE.search(line)) for line in lines]
        asked += [line for line, is_data in zip(lines, data, strict=True) if not is_data]
        pasted += [line for line, is_data in zip(lines, data, strict=True) if is_data]
    return "\n".join(asked).strip(), "\n".join(pasted)


def _ask(first: str, last: str) -> str:
    """Which of two blocks is the request: the one that asks, else the shorter."""
    asks = [block.rstrip().endswith(("?", "？", "؟")) for block in (first, last)]
    if asks[0] != asks[1]:
        return first if asks[0] else last
    return first if len(first) < len(last) else last


def features(prompt: str, attached: Sequence[Document] = ()) -> dict[str, float]:
    """Features by name; all values lie between 0 and about 3.

    Args:
        prompt: the question as typed, with whatever was pasted to it.
        attached: files and piped text; they count like what was pasted.
    """
    asked, pasted = split(prompt)
    bare_material = not asked
    kinds = [kind(pasted)] if pasted.strip() else []
    for document in attached[:MOST]:
        kinds.append(kind(document.text, document.name))
        pasted = f"{pasted}\n{excerpt(document.text)}"
    if bare_material:  # its first and its last line stand for the question
        lines = [line for line in pasted.split("\n") if line.strip("` ")] or [""]
        asked = lines[0] if len(lines) == 1 else f"{lines[0]}\n{lines[-1]}"
    quotes = _QUOTED.findall(asked)
    bare = _QUOTED.sub(' "" ', asked)
    if len(bare) > ASKED:
        bare = f"{bare[: ASKED // 2]} {bare[-ASKED // 2 :]}"
    found = dict(_shape(asked, bare, pasted, quotes, prose="prose" in kinds))
    found["nothing asked"] = float(bare_material)
    found["attached"] = float(bool(attached))
    found |= {f"pasted {name}": 1.0 for name in kinds}
    found["signature"] = float(_SIGNATURE.search(prompt[:END]) is not None)
    words = set(_words(bare))
    words |= {f"l {word}" for word in _plain_words(_lead(asked))}
    words |= {f"t {word}" for word in _plain_words(_tail(asked))}
    scale = math.sqrt(WORDS / max(len(words), 24)) / 3
    found.update(dict.fromkeys(words, scale))
    return {name: value for name, value in found.items() if value}


def _shape(
    asked: str, bare: str, pasted: str, quotes: list[str], *, prose: bool
) -> Iterator[tuple[str, float]]:
    """Explicit features: sizes, counts, signs and word groups."""
    scripts = {name: len(pattern.findall(bare)) for name, pattern in _SCRIPTS.items()}
    script = max(scripts, key=lambda name: scripts[name])
    length = len(bare) * (2.5 if script in _DENSE else 1.0)
    yield f"script {script}", 0.5
    yield "length", math.log1p(length) / 3
    yield f"length {min(int(math.log2(length + 1)), 9)}", 1.0
    yield "pasted", math.log1p(min(len(pasted), 2 * END)) / 4
    yield "some code pasted", float(CODE_LINE.search(pasted) is not None or "```" in pasted)
    yield "quoted", float(bool(quotes))
    lead, tail = _lead(asked), _tail(asked)
    yield "lead", min(len(lead), 100) / 100
    yield "tail", min(len(tail), 100) / 100
    yield "foreign", float(_foreign(asked, quotes))
    for name, pattern in word_groups().items():
        hits = len(pattern.findall(bare))
        yield f"{name} lead", float(bool(lead) and pattern.search(lead) is not None)
        yield f"{name} tail", float(bool(tail) and pattern.search(tail) is not None)
        yield name, min(hits, 3) ** 0.5
        yield f"{name} first", float(pattern.match(bare.lstrip()) is not None)
    numbers = len(_NUMBER.findall(bare))
    amounts = numbers + len(_NUMBER_WORD.findall(bare))
    sentences = len(_SENTENCE.findall(asked.strip()))
    yield f"numbers {min(numbers, 5)}", 1.0
    yield f"amounts {min(amounts, 6)}", 1.0
    yield f"sentences {min(sentences, 5)}", 1.0
    yield f"story {min(amounts, 4)} {min(sentences, 3)}", 1.0
    yield "formula", min(len(_FORMULA.findall(bare)), 4) ** 0.5
    yield "sum", min(len(_SUM.findall(bare)), 4) ** 0.5
    yield "question mark", float(any(mark in bare for mark in "?？؟"))
    material = pasted[:READ] if prose else ""
    for name, pattern in word_groups().items():
        yield f"{name} pasted", float(bool(material) and pattern.search(material) is not None)
    yield "amounts pasted", min(len(_NUMBER.findall(material)), 8) / 8
    marks = "".join(found.upper() for found in _CHOICES.findall(asked))
    yield "choices", float("AB" in marks)
    yield "items", float(len(_ITEM.findall(asked)) > 1)
    yield "speakers", min(len(_SPEAKER.findall(asked)), 4) / 2
    yield "names", min(len(_NAME.findall(bare)), 6) / 3
    yield "commas", min(bare.count(",") + bare.count("、"), 6) / 4
    yield "colon early", float(0 < bare.find(":") < 50 or 0 < bare.find("：") < 25)
    yield "symbols", min(sum(c in "{}[]();=<>_`/\\|&$#" for c in bare), 12) / 6


def _lead(asked: str) -> str:
    """What stands before the first line break or colon, if that is not all: often the request."""
    found = _LEAD.match(asked)
    return found[0] if found and len(found[0]) < len(asked) - 1 else ""


def _tail(asked: str) -> str:
    """The last line, if there are others, or a short last sentence: often the request."""
    found = _TAIL.search(asked)
    return found[0].strip() if found else ""


def _foreign(asked: str, quotes: list[str]) -> bool:
    """Whether what is quoted, or follows a colon or line break, is in another language."""
    lead = _lead(asked)
    ours, theirs = (lead, asked[len(lead) :]) if lead else (asked, "")
    for quote in quotes:
        ours, theirs = ours.replace(quote, " "), f"{theirs} {quote}"
    found = _language(ours), _language(theirs)
    return None not in found and found[0] != found[1]


def _language(text: str) -> str | None:
    """The script or, of Latin script, the language that most small words are from."""
    counts = {name: len(pattern.findall(text)) for name, pattern in _SCRIPTS.items()}
    script = max(counts, key=lambda name: counts[name])
    if script != "latin":
        return script
    words = set(_plain_words(text))
    best = max(SMALL_WORDS, key=lambda name: len(words & SMALL_WORDS[name]))
    return best if words & SMALL_WORDS[best] else None


def _plain_words(text: str) -> list[str]:
    words = [word.lower() for word in _WORD.findall(text)]
    return ["0" if word[0].isdigit() else word for word in words]


def _words(text: str) -> Iterator[str]:
    """Words, pairs of words, the first and last ones, beginnings, and pairs of dense signs."""
    words = _plain_words(text)
    for at, word in enumerate(words):
        yield f"w {word}"
        if len(word) > 4:
            yield f"p {word[:4]}"
        if len(word) > 6:
            yield f"p {word[:6]}"
        if at:
            yield f"b {words[at - 1]} {word}"
    for at, word in enumerate(words[:3]):
        yield f"^{at} {word}"
    for word in words[-2:]:
        yield f"$ {word}"
    dense = re.findall(r"[぀-ヿ一-鿿가-힣]+", text)
    for run in dense:
        for at in range(len(run)):
            yield f"c {run[at : at + 2]}"


def _pattern(stems: list[str], anywhere: list[str]) -> re.Pattern[str]:
    """Stems of up to four letters are whole words: "hi" is not in "history"."""
    parts = [stem + r"(?!\w)" if len(stem) <= _SHORT and stem.isalnum() else stem for stem in stems]
    return re.compile("|".join([rf"(?<!\w)(?:{'|'.join(parts)})", *anywhere]), re.IGNORECASE)


@functools.cache
def word_groups() -> dict[str, re.Pattern[str]]:
    """Words that say what is wanted, in some twenty-five languages, from `lexicon.txt`.

    There, `## name` begins a group. Its lines hold stems, each matched at the start of a word,
    parted by bars; those of lines that begin with `~` match anywhere, for scripts without spaces. A
    stem is a piece of a regular expression. A group's name is the name of the feature. Nothing here
    decides anything by itself: the classifier weighs the groups.
    """
    found: dict[str, tuple[list[str], list[str]]] = {}
    for line in LEXICON.read_text("utf-8").splitlines():
        if line.startswith("## "):
            stems = found[line[3:]] = ([], [])
        else:
            stems[line.startswith("~ ")].extend(_BAR.split(line.removeprefix("~ ")))
    return {name: _pattern(*stems) for name, stems in found.items()}
