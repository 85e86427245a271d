"""What a person fixed of a reply's form, and whether a reply has it: pure checks of a text."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ttc_cli.core.text import UNABBREVIATED

MANY = 10**6
CHARACTERS_A_WORD = 8
"""With its space, and some to spare."""
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)
_MARKUP = re.compile(r"^[ \t]*(?:```|#{1,6} )|\*\*[^*\n]+\*\*|__[^_\n]+__", re.MULTILINE)
_ITEMS = {
    mark: re.compile(rf"^[ \t]*(?:{form})[ \t]+\S", re.MULTILINE)
    for mark, form in {"": r"[-*•–]|\d{1,2}[.)]", "-": "[-*•–]", "1": r"\d{1,2}[.)]"}.items()
}  # list items, by the mark that they must have
_QUOTED = re.compile(r"[\"“„«].*[\"”“»]", re.DOTALL)
_RULE = re.compile(r"^[ \t]*\|?(?:[ \t]*:?-{2,}:?[ \t]*\|?)+[ \t]*$", re.MULTILINE)
_SENTENCE = re.compile(rf"{UNABBREVIATED}[.!?…]+[\"”'»)]*(?=\s|$)|[。！？]")
_ORDINAL = re.compile(r"\b(?:am|im|de[rmns]|vom|zum|beim) \d{1,2}\.$", re.IGNORECASE)
_TITLE = re.compile(r"#{1,6} .*|\*\*[^*\n]+\*\*:?")
_NUMERAL = (
    r"[-+−]?(?:[$€£¥]\s?)?[-+−]?(?:\d+(?:[ ,.'’\u00a0\u202f]\d{3})*|\d*)(?:[.,:/]\d+)*"
    r"(?:\s?[eE][-+]?\d+)?"
)
_NUMBER = re.compile(rf"(?=[^a-z]*\d){_NUMERAL}\s?[%€$£°]?")
_COUNT = r"[-+−]?\d[\d.,]*(?:[ \u00a0\u202f]\d{3})*(?:/\d+)?"
_UNIT = r"(?:[^\W\d_]|[%€$£°µ'\"])(?:[^\W\d_]|[%€$£°µ²³'\"/·*^-]|(?<=[\^a-z])\d)*"
_QUANTITY = re.compile(
    rf"[-+−]?[$€£¥]\s?{_COUNT}(?: [^\W\d_]+)?|"
    rf"{_COUNT}\s?{_UNIT}(?: [^\W\d_]+)?(?:,?(?: and| und| et| y)? {_COUNT}\s?{_UNIT}){{0,2}}"
)
_VERDICT = re.compile(
    r"(?i)(?:yes|no|true|false|ja|nein|wahr|falsch|oui|non|vrai|faux|s[ií]|verdadero|falso|cierto)"
)
_LEAD_IN = re.compile(
    r"(?i)\s*(?:sure|certainly|of course|okay|here(?:'s| is| are)|the (?:final |correct )?answer "
    r"is|to (?:solve|find|determine|calculate|answer)|let(?:'s| us)|first,|step 1|gerne|natürlich|"
    r"sicher|klar|hier (?:ist|sind)|die (?:richtige )?antwort (?:ist|lautet)|bien sûr|voici|la "
    r"réponse est|pour (?:résoudre|trouver|calculer)|claro|por supuesto|aquí|la respuesta (?:es|"
    r"correcta)|para (?:resolver|encontrar|calcular))"
)
_TOLD = re.compile(
    r"(?i)\s*(?:you (?:can|could|may)|use |run |try |to \w+ |the (?:following )?(?:command|"
    r"query|code|regex)|"
    r"(?:du|sie) (?:kannst|können)|der befehl|la commande|vous pouvez|el comando|puedes)"
)
STATEMENT = re.compile(
    r"(?i:the|it|this|that|he|she|they|its|die|der|das|es|sie|er|le|la|les|il|elle|el|los|las|su|zur|im|in"
    r"|[lc](?=['’]))\b.{0,60}?(?:\s|['’])(?:is|was|are|were|ist|war|sind|lautet|heißt|est|était"
    r"|sont|es|fue|son|era)\s+(?:called\s+|named\s+)?(?P<what>[^.!?\n]{1,40})[.!]?"
)
"""A sentence that says what something is; a title writes its verb large."""
_LETTER = re.compile(r"\W*([A-Za-z])\W*")
_WORKING = re.compile(r"\\boxed|\\\[|\\\(|\n\s*\n")


@dataclass(frozen=True, slots=True)
class Constraint:
    """One thing that a reply must be, a "verifiable instruction" (IFEval, arXiv 2311.07911).

    Args:
        kind: one of `CHECKS`.
        least, most: bounds, for kinds that count.
        of: what else the kind needs: letters that are offered, the code of a language, the mark
            of bullets where items must be such.
    """

    kind: str
    least: int = 0
    most: int = MANY
    of: str = ""

    def holds(self, reply: str) -> bool:
        """Whether a reply, without thoughts, is as was asked. Never raises."""
        return bool(reply.strip()) and CHECKS[self.kind](reply.strip(), self)

    def __str__(self) -> str:
        """The constraint in a few words, for people and for the model."""
        name = LABELS.get(self.kind + self.of[:1], LABELS.get(self.kind, self.kind))
        if self.kind == "letter" and self.of:
            return f"one letter of {', '.join(self.of)}"
        if self.kind == "language":
            return f"in {NAMES.get(self.of, self.of)}"
        if self.kind in TEXTS:
            return TEXTS[self.kind].format(self.of)
        if (self.least, self.most) == (0, MANY) or (self.least == 1 and self.most == MANY):
            return name
        if self.least and self.least < self.most < MANY:
            return f"{self.least} to {self.most} {name}"
        if self.least == self.most:
            return f"exactly {self.least} {name if self.least > 1 else name.removesuffix('s')}"
        return (
            f"at most {self.most} {name}" if self.most < MANY else f"at least {self.least} {name}"
        )

    def lacking(self, reply: str) -> str:
        """What a reply without the form is told: characters in words too, which models count."""
        if self.kind != "characters" or self.most == MANY:
            return str(self)
        words = max(1, self.most // CHARACTERS_A_WORD)
        return f"{self}, so about {words} words (it has {len(reply.strip())} characters)"

    def within(self, count: int) -> bool:
        """Whether a count lies in the bounds."""
        return self.least <= count <= self.most


Check = Callable[[str, Constraint], bool]
_SHORT = ("number", "quantity", "letter", "short", "verdict")
NAMES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish",
    "it": "Italian", "pt": "Portuguese", "nl": "Dutch", "pl": "Polish",
}  # fmt: skip
LABELS = {
    "number": "a number alone", "quantity": "a number with its unit alone", "letter": "one letter",
    "short": "a name or value alone, no sentence", "verdict": "yes or no alone",
    "bare": "nothing besides what was asked for", "code": "code alone, outside of any fence",
    "json": "JSON alone", "csv": "values parted by commas", "unfenced": "no code fence",
    "plain": "no Markdown", "upper": "capital letters", "lower": "small letters",
    "items": "list items", "items-": "bullets", "items1": "numbered items",
    "table": "a Markdown table", "quotes": "between double quotes",
    "fenced": "in a fenced code block",
}  # fmt: skip
TEXTS = {
    "starts": 'starting with "{}"', "ends": 'ending with "{}"',
    "contains": 'with the words "{}"', "without": 'without the words "{}"',
}  # fmt: skip


def _plain(text: str) -> str:
    """Without the emphasis, the quotes and the full stop that a short reply may wear."""
    return text.strip().strip("*_`\"“”'„«»").rstrip(".").strip("*_`\"“”'„«» ")


def _single(text: str, constraint: Constraint) -> bool:
    said = _plain(text)
    if STATEMENT.fullmatch(said):
        return False
    return "\n" not in said and len(said) <= 60 and len(said.split()) <= 6 and _is_bare(text)


def _is_bare(text: str) -> bool:
    return not _LEAD_IN.match(text) and not _WORKING.search(text)


def _letter(text: str, constraint: Constraint) -> bool:
    found = _LETTER.fullmatch(text)
    return found is not None and (not constraint.of or found[1].upper() in constraint.of)


def _json(text: str, constraint: Constraint) -> bool:
    try:
        value = json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict | list)


def _refused(constant: str) -> None:
    raise ValueError(constant)  # NaN and Infinity are no JSON


def _csv(text: str, constraint: Constraint) -> bool:
    try:
        rows = [row for row in csv.reader(io.StringIO(text)) if row]
    except csv.Error:
        return False
    return bool(rows) and len({len(row) for row in rows}) == 1 and len(rows[0]) > 1


def _table(text: str, constraint: Constraint) -> bool:
    lines = [line for line in text.splitlines() if "|" in line]
    return len(lines) > 2 and bool(_RULE.search(text))


def _edge(text: str) -> str:
    """A text to compare at its ends: without marks that stand around it."""
    return re.sub(r"[’‘]", "'", text).strip(' \n*_`"“”„«»#>').casefold()


def _ends(text: str, constraint: Constraint) -> bool:
    wanted = _edge(constraint.of)
    return _edge(text).rstrip(".!?…").endswith(wanted.rstrip(".!?…"))


def _holds_words(text: str, words: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.IGNORECASE) is not None


def _rows(text: str) -> int:
    """Rows of a Markdown table without its head, else lines that hold something."""
    lines = [line for line in text.splitlines() if line.strip() and not _FENCE.match(line)]
    table = [line for line in lines if "|" in line]
    return len(table) - 2 if len(table) > 1 and _RULE.search(text) else len(lines)


def _sentences(text: str) -> int:
    """How many there are: "e.g. this" ends none, nor does a day as "3. Oktober" in German."""
    ends = [end.end() for end in _SENTENCE.finditer(text)]
    if text != text.lower():
        ends = [end for end in ends if not text[end : end + 3].strip(" \t")[:1].islower()]
    if language(text) == "de":
        ends = [end for end in ends if not _ORDINAL.search(text, max(0, end - 8), end)]
    return len(ends) + bool(re.search(r"\w", text[ends[-1] :] if ends else text))


def _items(text: str, mark: str) -> int:
    """How many items a list has, those of lists within it left out."""
    indents = [len(line) - len(line.lstrip()) for line in _ITEMS[mark].findall(text)]
    return sum(indent < min(indents) + 2 for indent in indents)


def _paragraphs(text: str) -> int:
    return sum(not _TITLE.fullmatch(part.strip()) for part in re.split(r"\n\s*\n", text))


def _cased(text: str, upper: bool) -> bool:
    letters = [char for char in text if char.isalpha() and char.upper() != char.lower()]
    return all(char.isupper() is upper for char in letters if char != "ß")


CHECKS: Mapping[str, Check] = {
    "number": lambda text, _: bool(_NUMBER.fullmatch(_plain(text))),
    "quantity": lambda text, _: bool(_QUANTITY.fullmatch(_plain(text))), "letter": _letter,
    "short": _single, "verdict": lambda text, _: bool(_VERDICT.fullmatch(_plain(text))),
    "bare": lambda text, _: _is_bare(text),
    "code": lambda text, _: not (_FENCE.search(text) or _LEAD_IN.match(text) or _TOLD.match(text)),
    "json": _json, "csv": _csv, "unfenced": lambda text, _: not _FENCE.search(text),
    "plain": lambda text, _: not _MARKUP.search(text),
    "upper": lambda text, _: _cased(text, upper=True),
    "lower": lambda text, _: _cased(text, upper=False),
    "language": lambda text, it: language(text) in (None, it.of),
    "characters": lambda text, it: it.within(len(text)),
    "words": lambda text, it: it.within(len(re.findall(r"\w[\w'’.,:/-]*", text))),
    "lines": lambda text, it: it.within(sum(bool(line.strip()) for line in text.splitlines())),
    "rows": lambda text, it: it.within(_rows(text)),
    "items": lambda text, it: it.within(_items(text, it.of)), "table": _table,
    "starts": lambda text, it: _edge(text).startswith(_edge(it.of)), "ends": _ends,
    "contains": lambda text, it: _holds_words(text, it.of),
    "without": lambda text, it: not _holds_words(text, it.of),
    "quotes": lambda text, _: bool(_QUOTED.fullmatch(text)),
    "fenced": lambda text, _: len(_FENCE.findall(text)) > 1,
    "sentences": lambda text, it: it.within(_sentences(text)),
    "paragraphs": lambda text, it: it.within(_paragraphs(text)),
}  # fmt: skip


SMALL_WORDS = {
    name: frozenset(words.split())
    for name, words in {
        "en": "the a is are to of and in what how it my do does for you i this please with be was",
        "de": "der die das ist und ich nicht ein eine zu wie was auf mit mir bitte den im sie wir",
        "fr": "le la les est et je un une des vous en à que il dans ne pas nous du au pour de",
        "es": "el la los es y un una en que no de por se qué está con mi las del tengo estoy para",
        "it": "il la è e un una di che non sono per con mi del si ho al lo gli come",
        "pt": "o a é e um uma de que não para com em do da os eu está no na você",
        "nl": "de het een is en ik niet van je dat wat hoe naar op met voor mijn we",
        "pl": "jest w na nie to się z do jak i czy po jest co mam",
    }.items()
}
_MORE = {
    "en": "that which from by at on has have not there will can its their or as he she they we",
    "de": "von für sich des dem auch es an werden aus er hat dass oder sind einen einer bei um am",
    "fr": "qui par sur plus se sont avec ce cette son sa ou ses l d c qu s aux être était",
    "es": "lo su como más al o sus le ha me si sin sobre este ya cuando esta son entre",
}
_KNOWN = {
    name: words | frozenset(_MORE.get(name, "").split()) for name, words in SMALL_WORDS.items()
}
_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS = {
    "ru": re.compile(r"[Ѐ-ӿ]"), "ja": re.compile(r"[぀-ヿ]"), "zh": re.compile(r"[一-鿿]"),
    "ko": re.compile(r"[가-힣]"), "ar": re.compile(r"[؀-ۿ]"), "hi": re.compile(r"[ऀ-ॿ]"),
}  # fmt: skip


def language(text: str) -> str | None:
    """The language of a text by ISO 639-1 code, None where its words do not tell.

    Words that several languages share count for each of them; a tie tells nothing.
    """
    for name, script in _SCRIPTS.items():
        if 3 * len(script.findall(text)) > sum(map(len, _WORD.findall(text))):
            return name
    words = [word.lower() for word in _WORD.findall(text)]
    counts = {name: sum(word in known for word in words) for name, known in _KNOWN.items()}
    (first, most), (_, second) = sorted(counts.items(), key=lambda c: -c[1])[:2]
    return first if most > second else None


def brief(wanted: Sequence[Constraint]) -> bool:
    """Whether a value alone is the whole reply: a number, a letter, a name, one word."""
    return any(one.kind in _SHORT or (one.kind == "words" and one.most == 1) for one in wanted)
