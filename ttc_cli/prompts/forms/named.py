"""Orders that name a text or a shape: "start with ...", "without the word ...", "as a table"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ttc_cli.prompts.forms.constraint import MANY, Constraint
from ttc_cli.prompts.forms.words import NUMERAL, RANGED, ranged

_TEXT = (
    r"(?:[\"“„«]\s?(?P<quoted>[^\"“”„«»\n]{1,80}?)\s?[\"”“»]|"
    r"(?<!\w)['‘](?P<single>[^'‘’\n]{1,80}?)['’](?!\w)|(?<=[Ww]ord )(?P<en>[\w'-]+)|(?<=[Ww]ort "
    r")(?P<de>[\w'-]+)|(?<=mot )(?P<fr>[\w'-]+)|(?<=palabra )(?P<es>[\w'-]+))"
)  # a text between quotes, or the word behind "the word"
_WORD = (
    r"(?:(?:the|any|das|dem|le|la|el)\s+)?(?:(?:words?|phrase|sentence|line|wort|wörter|satz|mots?|"
    r"palabras?|frase)\s+)?"
)
_REPLY = (
    r"(?:(?:your|the|each|it|deine|die|ihre|ta|votre|la|tu|su)\s+)?(?:(?:whole|entire|ganze)\s+)?"
    r"(?:(?:answer|reply|response|message|text|antwort|réponse|respuesta)\s+)?"
)
_WITH = r"(?:with|by|in|mit|par|avec|con)\s+"
_THERE = (
    r"(?:^\s*|[,;:.(—–]\s*|\b(?:and|please|then|(?:make|be) sure (?:to|it|you|the \w+)|remember "
    r"to|don['’]t "
    r"forget to|und|bitte|et|y|(?:answer|reply|response|it|antwort|"
    r"réponse|respuesta) (?:should|must|has to|soll|muss|doit|debe))\s+)"
)  # where an order on the reply stands; behind "words that" it is about something else
NAMED = {
    kind: re.compile(pattern, re.IGNORECASE)
    for kind, pattern in {
        "starts": (
            rf"(?:{_THERE}(?:start|begin|open|beginne?n?|commence[rz]?|débute[rz]?|empieza|"
            rf"empiece|comienza)\s+"
            rf"{_REPLY}{_WITH}{_WORD}|\bfirst word (?:must|should|has to) be\s+){_TEXT}"
        ),
        "ends": (
            rf"(?:{_THERE}(?:end|finish|close|conclude|ende|beende|termine[rz]?|finis|acaba|"
            rf"termina)\s+"
            rf"{_REPLY}{_WITH}{_WORD}|\blast word (?:must|should|has to) be\s+){_TEXT}"
        ),
        "without": (
            r"\b(?:without(?: using)?|do not use|don['’]t use|never use|avoid|do not mention|ohne|"
            r"verwende nicht|benutze nicht|sans(?: utiliser)?|n['’]utilise pas|sin(?: usar)?|"
            rf"no uses)\s+{_WORD}{_TEXT}"
        ),
        "contains": (
            rf"{_THERE}(?:includes?|mentions?|contains?|erwähne|mentionne|incluye|"
            rf"menciona)\s+{_WORD}{_TEXT}|"
            r"\b(?:use|using|verwende|utilise|usa)\s+(?:the|das|le|la)\s+(?:words?|phrase|wort|mot|"
            r"palabra)\s+[\"“„«'](?P<used>[^\"”“»'\n]{1,80})[\"”“»']"
        ),
    }.items()
}
_LIST = r"(?:lists?|liste[n]?|listas?)"
_COMPOSE = r"\b(?:write|compose|schreibe?|écris|escribe)(?: me)? (?:an?|eine?n?|une?|one)"
SHAPES = {
    kind: re.compile(pattern, re.IGNORECASE)
    for kind, pattern in {
        "numbered": (
            rf"\bnumbered {_LIST}\b|\bnummerierte[nr]? {_LIST}\b|\bliste numérotée\b|"
            r"\blista numerada\b|\b(?:as an ordered list|number (?:them|each)\b)"
        ),
        "bullets": (
            r"\b(?:in|as|with|using|als|in|mit|en|avec|con)\s+(?:short\s+)?(?:bullets?|"
            r"bullet points?|bulleted lists?|stichpunkten?|aufzählung|puces|viñetas)\b|"
            r"^\W*bullet points?(?:,? please| only)\b|"
            r"\b(?:bullet(?:ed)?(?:[- ]point)? list|liste à puces|lista con viñetas)\b"
        ),
        "table": (
            r"\b(?:in|as|into|make|create|give me|draw|show|using|als|erstelle|mach|en|dans|sous "
            r"forme de|fais|como|haz|crea)\s+(?:me\s+)?(?:(?:an?|one|eine[rm]?|une?|una)\s+)?"
            r"(?:(?:small|short|simple|markdown)\s+)?(?:table|tabelle|tableau|tabla)\b"
            r"(?! (?:of contents|named|called)\b)|\b(?:markdown|comparison) table\b|"
            r"\btableau markdown\b|\btabla markdown\b|"
            r"^\W*(?:an?|une?|una|eine)\s+(?:table|tabelle|tableau|tabla)\s+(?:of|with|mit|avec|"
            r"con|de)\b"
        ),
        "quotes": (
            r"\b(?:in|inside|within|with|between)\s+(?:double\s+)?(?:quotes|quotation marks)\b|"
            r"\bin anführungszeichen\b|\bentre guillemets\b|\bentre comillas\b"
        ),
        "fenced": r"\b(?:in|inside|within|as)\s+an?\s+(?:fenced\s+)?code[- ]?(?:block|fence)\b",
        "apart": (
            r"\bone (?:item |name |word |answer )?(?:per|on each|in each|a) line\b|\beach (?:one "
            r")?on (?:a new|its own|a separate) line\b|\bpro zeile\b|\bpar ligne\b|\bpor línea\b"
        ),
        "haiku": rf"{_COMPOSE} haiku\b",
        "limerick": rf"{_COMPOSE} limerick\b",
    }.items()
}
_MANY = re.compile(
    rf"(?P<list>{_LIST}(?:\s+(?:numérotée|numerada))?\s+(?:of|with|von|mit|de|con)\s+(?:the\s+)?)?"
    rf"(?:{RANGED}|\b(?P<number>{NUMERAL}))\b(?P<as>\s+\w+[^.!?\n]{{0,40}}?\b(?:as|in|als|en|"
    rf"como)\b)?",
    re.IGNORECASE,
)
_MORE = re.compile(
    rf"\b(?:and|und|et|y)\s+(?!an?\b|ein|un)(?:{NUMERAL})\s+(?!(?:in|as|als|en|como)\b)\w",
    re.IGNORECASE,
)
"""In a list of three of these and three of those."""
_NO_ORDER = re.compile(r"\s*(?:is|was|are|were|ist|war|est|était|es|era)\b", re.IGNORECASE)
_OF_DATA = re.compile(
    r"[^.!?\n]*\b(?:in|for|with|using|mit|für|en|avec|con)\s+(?:an?\s+|eine\w*\s+|une?\s+|una\s+)?"
    r"(?:\w*sql\w*|postgres\w*|database|datenbank|base de (?:données|datos))\b|"
    r" (?!of |with |that |as |mit |von |avec |de |con )\w+ (?:with|mit|avec|con)\b",
    re.IGNORECASE,
)  # behind "a table": it is one of a database


def named(sentence: str, made: re.Pattern[str]) -> Iterator[tuple[Constraint, tuple[int, int]]]:
    """What a sentence that gives an order names of a reply's form, and where it says so.

    Args:
        made: words for what is asked for where it is no text, such as a program: what is said
            behind them is said of that.
    """
    forbidden: list[tuple[int, int]] = []
    for kind, pattern in NAMED.items():
        for found in pattern.finditer(sentence):
            if made.search(sentence[: found.start()]) or _NO_ORDER.match(sentence, found.end()):
                continue
            if kind == "without":
                forbidden.append(found.span())
            elif any(start <= found.start() < end for start, end in forbidden):
                continue
            text = next(part for part in found.groups() if part)
            yield Constraint(kind, of=text), found.span()
    for kind, pattern in SHAPES.items():
        mark = pattern.search(sentence)
        of_data = mark and kind == "table" and _OF_DATA.match(sentence, mark.end())
        if mark and not of_data and not (kind == "table" and made.search(sentence[: mark.start()])):
            yield _shape(kind, sentence), mark.span()


def _shape(kind: str, sentence: str) -> Constraint:
    if kind in ("haiku", "limerick"):
        lines = {"haiku": 3, "limerick": 5}[kind]
        return Constraint("lines", lines, lines)
    if kind == "apart":
        return Constraint("lines", 2)
    if kind not in ("numbered", "bullets"):
        return Constraint(kind)
    mark = "1" if kind == "numbered" else "-"
    least, most = _many(sentence)
    return Constraint("items", least, most, mark)


def _many(sentence: str) -> tuple[int, int]:
    """How many items a list shall have; any number where it is not said."""
    for found in _MANY.finditer(sentence):
        if (found["list"] or found["as"]) and (numbers := ranged(found)):
            if found["as"] and _MORE.search(found["as"]):
                break
            return numbers if numbers[1] > 1 else (1, MANY)
    return 1, MANY
