"""The numbers that a question gives in digits, and the forms in which a sum can use each."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection
from fractions import Fraction

from ttc_cli.answers.numbers import DIGITS, value

_GIVEN = re.compile(rf"(?<![\w.,-])-?{DIGITS}(?!(?:st|nd|rd|th)\b)")
_MOST_DIGITS, _MOST_PLACES = 30, 20
"""Of a number that is looked for, and of an n-digit number."""
_UNSAID = (0, 1)
"""Numbers that a sum can do without: nothing is multiplied by one."""
_FACTORS = (12, 60, 1000, 10**6, 10**9, 10**12)
"""Dozens, hours or minutes, and thousands, millions or more that a question writes in words."""
_UNASKED = re.compile(
    r"(?i)\A\s*(?:(?:question|problem|exercise|task|q)\s*\d{1,3}[.):]|\(?\d{1,3}[.)])\s+"
    r"|(?<![\w.,])\d{1,2}[\s-]*(?:decimals?\b|d\.?p\b|significant\b|sig\b"
    r"|(?:digits|places)\s+(?:after|behind|of\s+precision)\b)"
    r"|\bnearest\s+\d[\d.,]*"
    r"|\b(?:in|with|use|using)\s(?:at\s+most|up\s+to|under|exactly|about|(?:no\s+more|less|fewer)\s+than)?"
    r"\s?\d{1,4}\s+(?:words?|sentences?|lines?|characters?|paragraphs?)\b"
)
"""Marks of a list, and how a question is to be answered: to 2 decimals, in at most 20 words."""
_AFTERNOON = re.compile(r"(?i)\d\s*p\.?m\b|\b(?:afternoon|evening|night)\b")
_PARTS = tuple(
    (re.compile(rf"(?i)\s*-?\s*(?:{units})\b"), parts)
    for units, parts in (
        ("min(?:ute)?s?", (60,)),
        ("sec(?:ond)?s?", (60, 3600)),
        ("hours?|hrs?", (24,)),
        ("days?", (7, 30, 365)),
        ("weeks?", (52,)),
        ("months?|inch(?:es)?", (12,)),
        ("grams?|g|ml|m|mm|meters?|metres?|milliliters?|watts?", (1000,)),
        ("cm|centimeters?|centimetres?", (100,)),
    )
)
"""Units behind a number, and how many of one are a larger one: 90 minutes are 1.5 hours."""
_STEPS = {"h": 60, "m": 60, "w": 7, "d": 24, "f": 12, "y": 12}
"""By the first letter of a unit, how many of the one that follows it make one."""
_TWO = r"(\d{1,6})\s*(%s)(?:,|\s+and)?\s+(\d{1,6})\s*(?:%s)\b"


def given(question: str) -> list[tuple[str, set[Fraction]]]:
    """The numbers of a question, as they are written and as a sum that uses them may have them."""
    asked = _UNASKED.sub(lambda m: "#" * len(m[0]), question)
    afternoon = bool(_AFTERNOON.search(asked))
    wider: dict[int, set[Fraction]] = defaultdict(set)
    for form, ways_of in _FORMS:
        for match in form.finditer(asked):
            more = ways_of(match, afternoon)
            for at in range(*match.span()):
                wider[at].update(more)
    found = []
    for match in _GIVEN.finditer(asked):
        said = match[0].rstrip(".,")
        if len(said) > _MOST_DIGITS or (number := value(said.lstrip("-"))[0]) in _UNSAID:
            continue
        ways = _ways(number, asked[match.end() : match.end() + 20])
        if afternoon and 0 < number <= 12:
            ways.add(number + 12)
        found.append((said, ways | wider[match.start()]))
    return found


def _ways(number: Fraction, behind: str) -> set[Fraction]:
    """A number as it is, as percents, in another unit, or as the end of a `range`."""
    share = number / 100
    ways = {number, share, 1 - share, 1 + share, 100 - number, 100 + number}
    ways |= {number * factor for factor in _FACTORS}
    ways |= {number + 1} if number > 2 and number.denominator == 1 else set()
    parts = [part for unit, parts in _PARTS if unit.match(behind) for part in parts]
    return ways.union(*(_rounded(number / part) for part in parts))


def _rounded(number: Fraction) -> set[Fraction]:
    return {number, *(round(number, places) for places in (2, 3, 4))}


def _fraction(match: re.Match[str], afternoon: bool) -> Collection[Fraction]:
    """3/4 as 0.75, and what is left of it or comes on top."""
    if not int(match[3]):
        return ()
    part = Fraction(int(match[2]), int(match[3]))
    whole = int(match[1] or 0)
    return {n for one in (part, 1 - part, 1 + part, whole + part) for n in _rounded(one)}


def _clock(match: re.Match[str], afternoon: bool) -> Collection[Fraction]:
    """2:30 as 2.5 and 150, in the afternoon as 14.5 and 870 too."""
    hours = [int(match[1]), int(match[1]) % 12 + 12 * afternoon]
    minutes = [Fraction(60 * hour + int(match[2])) for hour in hours]
    return {n for one in minutes for n in (one, *_rounded(one / 60))}


def _two_units(match: re.Match[str], afternoon: bool) -> Collection[Fraction]:
    """2 hours 30 minutes as 2.5 and 150."""
    step = _STEPS[match[2][0].lower()]
    small = Fraction(int(match[1]) * step + int(match[3]))
    return {small, *_rounded(small / step)}


def _long(match: re.Match[str], afternoon: bool) -> Collection[Fraction]:
    """3-digit numbers as those from 100 to 999."""
    places = min(int(match[1]), _MOST_PLACES)
    return {Fraction(10 ** max(places - 1, 0)), Fraction(10**places), Fraction(10**places - 1)}


_Ways = Callable[[re.Match[str], bool], Collection[Fraction]]
_FORMS: tuple[tuple[re.Pattern[str], _Ways], ...] = (
    (re.compile(r"(?<![\w./])(?:(\d{1,9})\s+)?(\d{1,9})/(\d{1,9})(?![\w/])"), _fraction),
    (re.compile(r"(?<![\w:.])(\d{1,2}):(\d\d)(?![\w:])"), _clock),
    (re.compile(r"(?i)(?<![\w.])(\d{1,2})[\s-]digit"), _long),
    *(
        (re.compile(rf"(?i)(?<![\w.]){_TWO % units}"), _two_units)
        for units in (
            ("h|hrs?|hours?", "m|mins?|minutes?"),
            ("m|mins?|minutes?", "s|secs?|seconds?"),
            ("weeks?", "days?"),
            ("days?", "hours?"),
            ("ft|foot|feet", "in|inch|inches"),
            ("years?", "months?"),
        )
    ),
)
"""What is written with several numbers, or for several."""
