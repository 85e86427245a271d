"""Typed values inside a running sentence, and which of them is what the sentence tells."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ttc_cli.answers.parse import parse
from ttc_cli.answers.text import plain
from ttc_cli.answers.value import Value

_TOKENS = 10  # of the longest value that is looked for
_START = re.compile(
    r"(?<![\w.\\^{/-])(?:[-+−–]\s?)?(?:US\s?\$|[A-Z]{1,2}\$|[$€£¥₹₩]|[A-Z]{3} ?(?=\d)|Rs\.? ?(?=\d))?[-−]?"
    r"(?:\d|\.\d|[½⅓⅔¼¾⅕⅛]|\\[dt]?frac|π|√|\\sqrt|\\pi)"
    r"|(?<![\w.])(?:[A-Z][a-zäéû]{2,8}\.? (?:the )?(?=\d)|[a-zA-Z] ?= ?(?=[-−]?[\d\\])|\([-−]?\d)"
)
_WORDED = re.compile(r"(?i)(?<![\w-])(?:(?:minus|negative) )?[^\W\d_]{3,}(?:[ -][^\W\d_]+)*")
_END = re.compile(r"(?=[\s.,;:!?)\]*”\"]|$)")
_KINDS = frozenset("number quantity clock date range ratio size list assignment formula".split())
_BYSTANDER = re.compile(
    r"(?i)\b(?:for|in|of|per|every|each|after|within|among|across|than|on|every|für|in|von|nach|pro|"
    r"pour|dans|de|par|après|para|en|por|después de|per|di|dopo|em|entre|zu je|à)\s+(?:the |all |these |those |den |les |los |i |os )?$"
)
_MONEY = re.compile(r"[$€£¥₹₩]|\b[A-Z]{3}\b|dollar|euro|cent|pound|rupee|yen")
_FOR = re.compile(r"(?i)\b(?:for|für|pour|para|por|per)\s+$")


@dataclass(frozen=True, slots=True)
class Seen:
    """A value in a text and where it stands."""

    start: int
    end: int
    value: Value


def seen(text: str) -> list[Seen]:
    """The values of a text, each as long as it can be read, from left to right."""
    found: list[Seen] = []
    at = 0
    while len(found) < 40 and (match := _START.search(text, at)):
        one = _longest(text, match.start())
        found += [one] if one else []
        at = one.end if one else match.end()
    return found or _spelt(text)


def _longest(text: str, start: int) -> Seen | None:
    line_end = text.find("\n", start)
    ends = [m.end() for m in _END.finditer(text, start + 1, len(text) if line_end < 0 else line_end)]
    ends = [end for i, end in enumerate(ends) if end - start <= 80][: 2 * _TOKENS]
    for end in reversed(ends):
        said = text[start:end]
        if said[-1:] in " .,;:!" or (said.count("(") != said.count(")")):
            continue
        value = parse(said)
        if value.kind in _KINDS and _plain(value) and not re.search(r"[.?!]\s+[A-Z]", said):
            cut = _stated(said, value)
            return Seen(start + cut, end, value)
    return None


def _stated(said: str, value: Value) -> int:
    """Where the outcome of a calculation starts: 3, of `12 - 9 = 3`."""
    if value.kind in ("assignment", "list") or "=" not in said:
        return 0
    cut = said.rfind("=") + 1
    return cut + len(said[cut:]) - len(said[cut:].lstrip())


def _plain(value: Value) -> bool:
    """Whether a value can be told from the words around it: what is counted may be left out."""
    if value.kind == "list":
        return all(part.kind in _KINDS - {"list"} for part in value.parts)
    if value.kind == "assignment":
        return value.parts[0].kind in _KINDS
    words = value.label.split()
    return not words or bool(value.dimension) or words[0] in "≥≤><"


def _spelt(text: str) -> list[Seen]:
    """Numbers in words, where there are none in digits."""
    found = []
    for match in _WORDED.finditer(text[:300]):
        words = list(re.finditer(r"[^\s-]+", match[0]))
        at = 0
        while at < len(words):
            for last in range(min(len(words), at + 7), at, -1):
                said = match[0][words[at].start() : words[last - 1].end()]
                value = parse(said) if said.lower() not in ("one", "a", "second", "un", "una", "uno", "ein", "eine") else None
                if value and value.kind in ("number", "quantity") and _plain(value):
                    found.append(Seen(match.start() + words[at].start(), match.start() + words[last - 1].end(), value))
                    at = last - 1
                    break
            at += 1
    return found


def told(text: str, wanted: Value | None = None) -> Seen | None:
    """The value that a sentence tells: the last that is neither in brackets nor a bystander.

    "She pays $12 for 3 books" tells $12: the books are what it is paid for.

    Args:
        text: one sentence or line.
        wanted: a measure of the kind that is asked for, where the question says it.
    """
    found = seen(plain(text) if len(plain(text)) == len(text) else text)
    depths = [text[: one.start].count("(") - text[: one.start].count(")") for one in found]
    outside = [one for one, depth in zip(found, depths, strict=True) if depth <= 0] or found
    if wanted is not None:
        alike = [one for one in outside if fits(one.value, wanted, text[one.end :])]
        outside = alike or outside
    main = [one for one in outside if not _bystander(text, one)]
    return (main or outside or [None])[-1]


def fits(value: Value, wanted: Value, after: str) -> bool:
    """Whether a value is of the kind asked for: its dimension, or the noun that follows it."""
    if wanted.kind != "quantity":
        return value.kind == wanted.kind or any(r.kind == wanted.kind for r in value.readings)
    if wanted.dimension:
        return any(v.dimension == wanted.dimension for v in (value, *value.readings))
    return not value.dimension and parse(f"1 {' '.join(after.split()[:1]).strip('.,')}").label == wanted.label


def _bystander(text: str, one: Seen) -> bool:
    before = text[: one.start]
    if _FOR.search(before) and _MONEY.search(text[one.start : one.end]):
        return False
    return bool(_BYSTANDER.search(before)) and one.value.kind not in ("clock", "date", "assignment")
