"""Reads what a person says about the form of a reply: pure rules on the prompt's own words.

Rules err on the side of silence: a form that is not read costs a reply as it always was, one that
is wrongly read costs a good reply. So what is quoted, pasted or said of a program is left out, and
counts are read only where a reply is ordered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise, takewhile
from string import ascii_uppercase

from ttc_cli.prompts.forms import words
from ttc_cli.prompts.forms.constraint import MANY, Constraint
from ttc_cli.prompts.forms.named import named
from ttc_cli.prompts.forms.telling import AND, ASKING, PART, PART_BEHIND, THEN, TOLD, ordering

_READ = 1500  # characters from either end; a form is fixed at the start or the end
_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_QUOTED = re.compile(r"\"[^\"\n]{16,}\"|“[^”]{16,}”|«[^»]{16,}»|„[^“”]{16,}[“”]")
_SENTENCE = re.compile(r"[^.!?;\n]+(?:\.(?=\S)[^.!?;\n]*)*[.!?;\n]*")
_WHY = re.compile(
    r"\W*(?:explain|erklär\w*|explique\w*|explica\w*)\s+(?:why|warum|pourquoi|por qué)\b", re.I
)
_MADE = re.compile(
    r"\b(?:function|method|class|regex\w*|regular expression|validator|script|program|query|"
    r"password|string|column|field|variable|parser|api|endpoint|file|app|funktion|klasse|skript|"
    r"programm|passwort|zeichenkette|datei|fonction|classe|programme|mot de passe|fichier|función|"
    r"clase|programa|contraseña|cadena|archivo|code (?:to|that))s?\b",
    re.IGNORECASE,
)
_OF_REPLY = re.compile(
    r"\b(?:your (?:answer|reply|response)|reply|respond|answer|keep it|commit message|subject line|"
    r"summar\w+|antwort\w*|zusammenfass\w+|fasse?|réponse|réponds|répondez|résume\w*|respuesta|"
    r"responde|resum\w+)\b",
    re.IGNORECASE,
)
_IN = re.compile(
    rf"(?:\b(?:in|as|with|using|on|into|to|mit|als|auf|in|zu|en|avec|sur|con|sous forme de|dans|"
    rf"como)\s+(?:the form of\s+)?(?:just\s+|only\s+|nur\s+|genau\s+|exactly\s+)?|(?:^|"
    rf"[.!?;:,(\n—–-])\s*|\b{words.ONLY}\s+|\b{words.TELL}\s+(?:me\s+|us\s+|it\s+|mir\s+|moi\s+|"
    rf"-moi\s+)?(?:an?\s+|das\s+)?|\b(?:poem|haiku|list|table|story|gedicht|liste|tabelle|poème|"
    rf"tableau|poema|tabla|lista)\s+(?:of|with|mit|aus|von|de|en|con)\s+|\b(?:answer|reply|"
    rf"response) "
    rf"(?:should|must|has to) be\s+|\bantwort (?:soll|muss)\s+|\bréponse doit (?:être|faire)\s+|"
    rf"\brespuesta debe (?:ser|tener)\s+)$",
    re.IGNORECASE,
)
_SIZED = re.compile(
    r"\s+(?:answer|reply|response|summary|explanation|description|definition|antwort|erklärung|"
    r"zusammenfassung|réponse|résumé|respuesta|resumen)\b",
    re.IGNORECASE,
)
_AHEAD = re.compile(r"\W*(?:in|with|using|mit|en|con)\s+(?:just\s+|only\s+|nur\s+)?", re.IGNORECASE)
_TOLD_OF = re.compile(
    r"\s+(?:that|which|who|whose|starting|beginning|ending|rhyming|containing|with|die|qui|que|"
    r"fit|are|were|is|was|"
    r"have|had|can|sind|waren|sont|son)\b",
    re.IGNORECASE,
)  # behind "five words": they are what is asked for, not how long the reply is
_LISTED = re.compile(
    r"(?:list|name|nenne|give(?: me)?|cite|donne(?:-moi)?|enumera|dame)\s+(?P<many>[\w-]+ (?:words|"
    r"wörter|mots|palabras))\s+(?:in|for|from|auf|für|en|pour|para)\b",
    re.IGNORECASE,
)  # words that are asked for, not how many the reply has
_BELOW = re.compile("fewer|less|shorter|weniger|moins|menos|under|unter", re.IGNORECASE)
_HELD = re.compile(r"\b(?:is|are|was|were|there|fit) (?:in|on) $", re.IGNORECASE)
_BULLETS = re.compile("bullet|stichpunkt|aufzählung|puce|viñeta", re.IGNORECASE)
_ONLY = re.compile(rf"\b{words.ONLY}\b", re.IGNORECASE)
_ORDER = re.compile(
    rf"\b(?:{words.TELL}|summari[sz]e|describe|explain|compare|translate|limit|keep|can you|could "
    rf"you|should be|must be|table|haiku|title|slogan|tweet|headline|caption|beschreib\w*|"
    rf"erklär\w*|fasse?|vergleich\w*|zusammen\w*|übersetze?|halte|kannst du|tabelle|titel|décri\w+|"
    rf"explique\w*|résume\w*|compare\w*|tradui\w+|tableau|titre|describe|explica\w*|resum\w+|"
    rf"traduc\w+|tabla|título|propose\w*|suggest|recommend)\b|\b(?:it|text|answer|reply|response|"
    rf"summary|story|poem|email|"
    rf"letter|title) (?:should|must|has to) (?:have|contain)\b",
    re.IGNORECASE,
)
_OFFERED = re.compile(r"(?:^[ \t]*\(?|[\s\]]\(|\s)([A-Za-z])[).:](?=\s|$)", re.MULTILINE)
_TABLE = re.compile(
    r"\b(?:tables?|tabular|tabellen?\w*|tableaux?|tablas?|csv|grid|spreadsheet)\b", re.IGNORECASE
)  # rows without one are of chairs and of plants
_DETAIL = {"number": "quantity", "code": "json", "short": "letter"}
"""Kinds that say less than another one, which then stands alone."""


@lru_cache(maxsize=256)
def constraints(prompt: str) -> tuple[Constraint, ...]:
    """What the prompt fixes of the reply's form, each once; empty for most prompts. Never raises.

    Args:
        prompt: what a person typed, without documents and without words of ours.
    """
    text = prompt if len(prompt) <= 2 * _READ else f"{prompt[:_READ]}\n{prompt[-_READ:]}"
    pasted = _FENCED.sub("\n", text)
    told, text = _named(ordering(pasted))
    text, choices = _QUOTED.sub('""', text), offered(pasted)
    found = dict.fromkeys(
        (*told, *_bare(text, choices), *_marked(text), *_counted(text), *_tongue(text))
    )
    if not _TABLE.search(text):
        found = {one: None for one in found if one.kind != "rows"}
    kinds = {one.kind for one in found}
    kept = [one for one in found if _DETAIL.get(one.kind) not in kinds]
    if "unfenced" in kinds:
        kept = [one for one in kept if one.kind != "fenced"]
    if kinds & {"letter", "words"}:
        kept = [one for one in kept if one.kind != "short"]
    return tuple(kept)


def offered(prompt: str) -> str:
    """The letters of the choices that a prompt offers, as "ABCD"; empty where there are none."""
    found = {mark.upper() for mark in _OFFERED.findall(prompt)}
    row = "".join(takewhile(found.__contains__, ascii_uppercase))
    stray = found & {*"ABCDEFGHIJ"} - {*row}  # later letters may be names: "for which x:"
    return row if len(row) > 1 and not stray else ""


def _named(text: str) -> tuple[list[Constraint], str]:
    """What orders name, and the text without the words that name it."""
    found, rest = list[Constraint](), text
    for sentence in _SENTENCE.findall(text):
        if ASKING.match(sentence):
            continue
        for one, (start, end) in named(sentence, _MADE):
            found.append(one)
            if one.of and one.kind != "items":
                rest = rest.replace(sentence[start:end], "", 1)
    return found, rest


@cache
def _alone() -> dict[str, re.Pattern[str]]:
    """By kind: "just the number", "the number only", and their like; slow to compile."""
    modest, verb = rf"{words.ARTICLE}{words.ADJECTIVE}", rf"\b{words.TELL}\s+"
    return {
        kind: re.compile(
            rf"{words.START}(?<!the ){words.ONLY}\s+{modest}(?:{nouns})\b(?! that\b| who\b| "
            rf"which\b| \d|\w| of [^.!?,\n]{{1,40}}? {words.HAPPENS}\b)|"
            rf"\b{words.ONLY}\s+{words.TELL}\s+(?:me\s+|us\s+|mir\s+|uns\s+|"
            rf"moi\s+)?{modest}(?:{nouns})\b(?! of (?!the |"
            rf"your )| that\b)|{verb}{words.WITH}{words.ADJECTIVE}(?:{nouns})\b(?! of (?!the |your "
            rf")| that\b)|(?:{words.START}){modest}(?:{nouns})(?:\s+(?:in|as|im|en|"
            rf"au)\s+[\w:-]+(?:[ -]format)?)?"
            rf"(?:,? (?:please|bitte))?,?\s+{words.ALONE}\b{words.CLOSE}",
            re.IGNORECASE | re.MULTILINE,
        )
        for kind, nouns in words.BARE_NOUNS.items()
    }


def _bare(text: str, choices: str) -> Iterator[Constraint]:
    for kind, pattern in _alone().items() if words.ORDERED.search(text) else ():
        if pattern.search(text):
            yield Constraint(kind, of=choices if kind == "letter" else "")
    if told := words.LETTERS.search(text):
        letters = "".join(sorted(set(re.findall("[A-J]", told["letters"]))))
        yield Constraint("letter", of=letters)
    if words.AS_NUMBER.search(text):
        yield Constraint("number")
    if words.BARE_REPLY.search(text):
        yield Constraint("bare")


def _marked(text: str) -> Iterator[Constraint]:
    for sentence in _SENTENCE.findall(text):
        asks = ASKING.match(sentence) or _WHY.match(sentence)
        for kind, pattern in words.MARK.items():
            mark = pattern.search(sentence)
            if mark and _meant(kind, sentence, mark, asks is not None):
                yield Constraint(kind)


def _meant(kind: str, sentence: str, mark: re.Match[str], asks: bool) -> bool:
    """Whether words on form in a sentence are an order: not a question, not said of a program."""
    before = sentence[: mark.start()].rstrip()
    if before.count('"') % 2 and sentence[mark.end() :][:1] == '"' and not _OF_REPLY.search(before):
        return False  # it is spoken of
    if kind == "verdict":
        opens = _ONLY.sub("", before).strip("\"'“ (,:—–-¿¡")
        ordered = _ORDER.search(before) and not _MADE.search(before)
        asks = asks or "?" in sentence[mark.end() :]
        parted = before[-1:] in ":—–(" and TOLD not in before
        return not opens or bool(ordered) or parted or (asks and before[-1:] in ",:—–(")
    if asks and before[-1:] not in (",", "—", "–", "("):
        return False
    return (
        kind in ("unfenced", "plain") or not _MADE.search(before) or bool(_OF_REPLY.search(before))
    )


def _counted(text: str) -> Iterator[Constraint]:
    sentences = [*_SENTENCE.findall(text), ""]
    found = [one for sentence, after in pairwise(sentences) for one in _counted_in(sentence, after)]
    for one in found:  # bounds that exclude each other are of several parts
        alike = [other for other in found if other.kind == one.kind]
        if max(other.least for other in alike) <= min(other.most for other in alike):
            yield one


def _counted_in(sentence: str, after: str) -> Iterator[Constraint]:
    """The counts of the whole reply in a sentence, by what comes after it too."""
    if _MADE.search(sentence) and not _OF_REPLY.search(sentence):
        return
    counts = list(words.COUNT.finditer(sentence))
    if counts and THEN.search(sentence[counts[0].end() :] + after):
        return
    counts = [
        count
        for count in counts
        if not _told_of(sentence, count) and _of_the_reply(sentence, count)
    ]
    for count in counts:
        kind = next(name for name in words.COUNTED if count[name])
        if _of_a_part(sentence, count, [one for one in counts if one[kind]]):
            continue
        least, most = _bounds(count)
        bullets = "-" if kind == "items" and _BULLETS.search(count[0]) else ""
        yield Constraint(kind, least, most, bullets)


def _of_a_part(sentence: str, count: re.Match[str], alike: list[re.Match[str]]) -> bool:
    """Whether so many words or sentences are those of a part, such as each of three titles.

    Args:
        alike: the counts of the same things in the sentence.
    """
    if PART.search(sentence[: count.start()]) or PART_BEHIND.match(sentence, count.end()):
        return True
    if any(one["least"] for one in alike) and any(one["most"] for one in alike):
        return False
    return AND.search(sentence, alike[0].end(), alike[-1].start()) is not None


def _told_of(sentence: str, count: re.Match[str]) -> bool:
    """Whether so many words or lines are spoken of, or are what is asked for."""
    spoken = ASKING.match(sentence) and sentence[: count.start()].count('"') % 2
    listed = any(one.start("many") == count.start() for one in _LISTED.finditer(sentence))
    return listed or bool(spoken or _TOLD_OF.match(sentence, count.end()))


def _bounds(count: re.Match[str]) -> tuple[int, int]:
    low, number = words.ranged(count)
    if count["least"] or count["more"]:
        return low, MANY
    if low == number and (count["most"] or count["after"]):
        return 0, number - bool(_BELOW.match(count["most"] or ""))
    return low, number


def _of_the_reply(sentence: str, count: re.Match[str]) -> bool:
    """Whether a number of words, lines or the like is that of the reply."""
    before = sentence[: count.start()]
    bound = any(count[name] for name in ("exactly", "most", "least", "after", "more", "high"))
    starts = not before.strip(" \t\"'(—–-")
    if _AHEAD.fullmatch(before) and sentence[count.end() :].lstrip()[:1] in (",", ":"):
        return True
    if _SIZED.match(sentence, count.end()) and not ASKING.match(sentence):
        return True
    if ASKING.match(sentence) and (_HELD.search(before) or not _IN.search(before)):
        return False
    if re.search(
        r"(?i)\b(?:how many|wie viele|combien|cuánt[oa]s|that|which|who|welche|qui|que|the|"
        r"these|those)\s*$",
        before,
    ):
        return False
    if bound:
        return starts or bool(_ORDER.search(before) or _IN.search(before))
    return bool(_IN.search(before)) and (
        starts or bool(_ORDER.search(sentence)) or len(sentence.split()) < 8
    )


def _tongue(text: str) -> Iterator[Constraint]:
    for sentence in _SENTENCE.findall(text):
        found = words.IN_LANGUAGE.search(sentence)
        asked = ASKING.match(sentence) or re.search(r"(?i)\btransla|\bübersetz|\btradu", sentence)
        if found and not asked and not words.OF_LANGUAGE.search(found["ahead"]):
            yield Constraint("language", of=str(found.lastgroup))
            return
