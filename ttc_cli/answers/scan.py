"""Typed values inside a running sentence, and which of them is what the sentence tells."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ttc_cli.answers.names import listed, pattern, units
from ttc_cli.answers.parse import parse
from ttc_cli.answers.quantity import FILLER
from ttc_cli.answers.text import plain
from ttc_cli.answers.value import Value

_MOST = 40  # values in one text
_START = re.compile(
    r"(?<![\w.\\^{/-])(?:[-+−–]\s?|(?<!\d )(?:[mM]inus|[nN]egative) )?(?:US\s?\$|[A-Z]{1,2}\$|"
    r"[$€£¥₹₩]|[A-Z]{3} ?(?=\d)|Rs\.? ?(?=\d))?[-−]?(?:\d|\.\d|[½⅓⅔¼¾⅕⅛]|\\[dt]?frac|π|√|\\sqrt|"
    r"\\pi)|(?<![\w.])(?:[A-Z][a-zäéû]{2,8}\.?,? (?:the |at )?(?=\d)|"
    r"(?i:half|quarter|(?:five|ten|twenty)(?:-five)?(?: minutes)?) (?:past|to) (?=\d)|"
    r"[a-zA-Z] ?(?:=|[<>!]=?|[≤≥≠]|\\[lgn]eq?) ?(?=[-−]?[\d\\])|[(\[{][-−]?[\d∞]|"
    r"\(?[b-z] ?[-−+*/^] ?(?=[\d(]|[b-z]\b))"
)
_COMPARES = re.compile(r"[<>≤≥≠]|!=|\\[lgn]e")
_END = re.compile(r"(?=[\s.,;!?)\]*”\"]|:(?!\d)|$)")
_ONE_LETTER = re.compile(r"(?:^|\W)[a-zA-Z]\s*$")  # "x = 3" ends an equation by itself
_SHARE = re.compile(r"\d\s+(?:in|out of)\s+(?:every\s+)?\d")
_WORD = re.compile(r"[^\s,.;:!?()-]+")
_KINDS = frozenset(listed("told kinds"))
_MONEY = re.compile(r"[$€£¥₹₩]|\b[A-Z]{3}\b|dollar|euro|cent|pound|rupee|yen")
_FOR = re.compile(r"(?i)\b(?:for|für|pour|para|por|per)\s+$")
_PRONOUNS = frozenset(["one", "a", "second", "un", "una", "uno", "une", "ein", "eine", "on"])


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
    while len(found) < _MOST and (match := _START.search(text, at)):
        one = _longest(text, match.start())
        found += [_with_bound(text, one)] if one else []
        at = one.end if one else match.end()
    return found or _spelt(text)


def _longest(text: str, start: int) -> Seen | None:
    ends = [m.start() for m in _END.finditer(text, start + 1, min(len(text), start + 80))][:20]
    for end in reversed(ends):
        said = text[start:end]
        open_ended = said[-1:] in " .,;:!" or (" (" in said and "∪" not in said)
        open_ended = open_ended or sum(map(said.count, "([")) != sum(map(said.count, ")]"))
        # "12 in total" are no inches
        cut = pattern("cut short").search(said)
        short = cut and (" " in cut[0].strip() or re.match(r"\s+\w", text[end:]))
        # "7 out of 10 people" are seven people
        short = short or (_SHARE.search(said) and re.match(r"\s+\w", text[end:]))
        if open_ended or short or "\n" in said or re.search(r"(?<!\d)[.?!]\s+[A-Z]", said):
            continue
        value = parse(said)
        plain_ = _is_plain(value) and (value.kind == "list" or not FILLER.search(said))
        plain_ = plain_ and not (value.kind == "list" and _unlike(value.parts, text[end:]))
        plain_ = plain_ and not (value.kind == "range" and re.search(r"(?i)\bby $", text[:start]))
        plain_ = plain_ and (value.kind != "relation" or bool(_COMPARES.search(said)))
        plain_ = plain_ and not (value.kind == "formula" and _measured(said, text[end:]))
        if value.kind in _KINDS and plain_:
            whole = ("assignment", "list", "relation")
            equals = said.rfind("=") + 1 if value.kind not in whole else 0
            return Seen(end - len(said[equals:].lstrip()), end, value)
    return None


def _measured(said: str, rest: str) -> bool:
    """Whether a letter and a number are no sum but a name and a measure: "Bus b - 12 minutes"."""
    unit = _WORD.match(rest.lstrip()) if said[0].isalpha() else None
    return bool(unit and units(unit[0])) or bool(said[0].isalpha() and parse(said).dimension)


def _unlike(parts: tuple[Value, ...], rest: str) -> bool:
    """Whether values are no list but parts of a sentence: "of the 12 apples, 7 are left"."""
    first, last = parts[0], parts[-1]
    if last.kind == "assignment" != first.kind:
        return True  # 2T = 24, T = 12
    return len(parts) == 2 and bool(first.label and not last.label and re.match(r"\s+[a-z]", rest))


def _is_plain(value: Value) -> bool:
    """Whether a value can be told from the words around it: what is counted may be left out."""
    if value.kind == "list":
        return all(part.kind in _KINDS - {"list"} for part in value.parts)
    if value.kind == "assignment":
        return value.parts[0].kind in _KINDS
    return not value.label or bool(value.dimension)


def _with_bound(text: str, one: Seen) -> Seen:
    """The value with "at least" before it, which is part of what it says."""
    match = pattern("bounded").search(text[max(0, one.start - 40) : one.start])
    if match is None:
        return one
    start = max(0, one.start - 40) + match.start()
    return Seen(start, one.end, parse(text[start : one.end]))


def _spelt(text: str) -> list[Seen]:
    """Numbers in words, where there are none in digits."""
    found, at = list[Seen](), 0
    places = [m.span() for m in _WORD.finditer(text[:300])]
    while at < len(places):
        for last in range(min(len(places), at + 7), at, -1):
            said = text[places[at][0] : places[last - 1][1]]
            odd = re.search(r"\d", said) or pattern("cut short").search(said)
            value = None if odd or said.lower() in _PRONOUNS else parse(said)
            if value and value.kind in ("number", "quantity", "clock") and _is_plain(value):
                found.append(Seen(places[at][0], places[last - 1][1], value))
                at = last - 1
                break
        at += 1
    return found


def told(text: str, wanted: Value | None = None, *, only: bool = False) -> Seen | None:
    """The value that a sentence tells: the last that is neither in brackets nor a bystander.

    "She pays $12 for 3 books" tells $12: the books are what it is paid for.

    Args:
        text: one sentence or line.
        wanted: a measure of the kind that is asked for, where the question says it.
        only: take no value of another kind.
    """
    aside = pattern("aside").search(text)
    text = text[: aside.start()] if aside and seen(text[: aside.start()]) else text
    signs = [m for m in pattern("equals").finditer(text) if not _within(text, m.start())]
    equals = signs[-1] if signs else None
    result = text[equals.end() :] if equals else ""
    if equals and result.strip() and not _ONE_LETTER.search(text[: equals.start()]):
        one = told(result, wanted, only=only)  # 35 days / 7 = 5 weeks
        if one and len(_WORD.findall(result[one.end :])) <= 2:
            return Seen(equals.end() + one.start, equals.end() + one.end, one.value)
    same_length = plain(text)
    text = same_length if len(same_length) == len(text) else text
    found = seen(text)
    outside = [one for one in found if not _inside(text, one)]
    if wanted is not None:
        # 58 million km is one value
        spelt = [w for w in _spelt(text) if not any(o.start <= w.start < o.end for o in found)]
        alike = [one for one in (*found, *spelt) if _fits(one, wanted, text)]
        if not wanted.factor:  # in any unit, so in that of the sentence
            alike = [one for one in alike if not _inside(text, one)]
        outside = alike if only else alike or outside
    main = [one for one in outside if not _bystander(text, one)]
    if not main and not only:  # "of the 12 apples, 7 are left"
        main = [one for one in found if one.value.bare and not _bystander(text, one)]
    known = main or outside or ([] if only else found)
    return next((one for one in reversed(known) if not _denied(text, one)), None)


def _denied(text: str, one: Seen) -> bool:
    return bool(pattern("not so").search(text[max(0, one.start - 40) : one.start]))


def _inside(text: str, one: Seen) -> bool:
    """Whether a value is in brackets that are not its own, as those of an interval are."""
    return _within(text, one.start) or (
        text[one.start] == "("
        and one.start > 0
        and one.value.kind in ("number", "quantity", "range")
    )


def _within(text: str, place: int) -> bool:
    return text.count("(", 0, place) > text.count(")", 0, place)


def _fits(one: Seen, wanted: Value, text: str) -> bool:
    """Whether a value is of the kind asked for: its dimension, or the noun that follows it."""
    readings = (one.value, *one.value.readings)
    if wanted.kind != "quantity":
        return any(value.kind == wanted.kind for value in readings)
    if wanted.dimension:
        return any(value.dimension == wanted.dimension for value in readings)
    noun = _WORD.search(text, one.end)
    label = parse(f"1 {noun[0]}").label if noun else ""
    return one.value.bare and label == wanted.label


def _bystander(text: str, one: Seen) -> bool:
    before = text[max(0, one.start - 40) : one.start]
    said, after = text[one.start : one.end], text[one.end :]
    if _FOR.search(before) and _MONEY.search(said):
        return bool(re.search(r"(?i)\beach\b|^\s*(?:apiece|per\b|a piece)", said + after[:10]))
    known = one.value.kind in ("clock", "date", "assignment")
    return not known and bool(pattern("bystander").search(before))
