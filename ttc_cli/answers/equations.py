r"""Sums that a reply writes out, done again: `48 / 2 = 24 clips`, `\[ 3 \times \$5 = \$15 \]`.

A reply with a sum that is wrong is seldom right (docs/evidence.md). What is read is what small
models write: numbers with units and signs of money, the four operations, per cent, chains of
`=`, and LaTeX of these. An equation with a letter for a number says nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from ttc_cli.answers.chains import COMMA, TAIL, WORD, Number, Part, equations, sides_of

MOST_CHARS = 20_000
"""Of a reply that is read; the rest of a longer one is not."""
_MOST_PARTS, _MOST = 100, 10**15
"""Of a chain that is read, and of a result that is put right."""
_SHOWN_CHARS = 80
"""Of a line with a wrong sum."""
_BULLET = re.compile(r"^(?:\d+[.)]|[-*•])\s+")
_SLACK, _LAST = Fraction(1, 500), Fraction(1, 100)
"""Relative error of a sum over numbers that were rounded, and its error at least: a cent."""
_ROUGH, _CLOSE, _FEW_DIGITS = Fraction(1, 10), Fraction(1, 50), 2
"""Relative error of an approximation of few digits (19 * 21 ≈ 400), and of one of more."""
_MARK = re.compile(
    r"(?:(?<![=<>!])=(?!=)|≈|\\approx(?![a-z])|\\text\{ ?equals ?\}|\bequals\b)"
    r"(?:\s|\\?[$€£]|\\[,;]|\\boxed\s*\{)*"
)
"""A sign of equality, and what of the result behind it stays."""
_TIME = r"(?i)\b(?:second|sec|minute|min|hour|hr|day|week|month|year)s?\b"
_CONVERSIONS = tuple(
    (re.compile(unit), {*factors})
    for unit, factors in (
        (_TIME, (7, 12, 24, 30, 52, 60, 168, 365, 1000, 1440, 3600)),
        (r"(?i)\b(?:cents?|penn(?:y|ies)|pence|dimes?|nickels?|quarters?|dollars?|euros?|pounds?)\b",
         (4, 5, 10, 16, 20, 25, 100)),
        (r"(?i)\b(?:inch(?:es)?|foot|feet|ft|yards?|miles?|[kcm]?m|\w*met(?:er|re)s?)\b",
         (3, 10, 12, 36, 100, 1000, 1760, 5280, 10**6)),
        (r"(?i)\b(?:[cm]?l|\w*lit(?:er|re)s?|cups?|pints?|quarts?|gallons?|ounces?|oz|lbs?|[km]?g"
         r"|\w*grams?|tons?|tonnes?)\b", (2, 3, 4, 8, 10, 16, 100, 1000, 2000, 10**6)),
    )
)  # fmt: skip
"""Units, and how many of one make another."""
_SPANS = re.compile(r"(?i)(second|minute|hour|day|week|month|year)s?")
_COINS = re.compile(r"(?i)cents?|penn(?:y|ies)|pence|dimes?|nickels?|quarters?")


_BEGUN = (WORD, TAIL)


class Sums(NamedTuple):
    """How many of a reply's sums are right and how many wrong, and the numbers in them."""

    right: int = 0
    wrong: int = 0
    numbers: frozenset[Fraction] = frozenset()


@lru_cache(4096)
def sums(reply: str) -> Sums:
    """Do the sums of a reply again."""
    chains = [chain for chain in equations(reply[:MOST_CHARS]) if len(chain) <= _MOST_PARTS]
    verdicts = [found for chain in chains for found in _judged(chain)]
    numbers = {part.value for chain in chains for part in chain if isinstance(part, Number)}
    return Sums(verdicts.count(True), verdicts.count(False), frozenset(numbers))


def wrong_sum(reply: str) -> str:
    """The first wrong sum of a reply, for people and for the model; empty where none is wrong."""
    if not sums(reply).wrong:
        return ""
    line = _BULLET.sub("", mended(reply).rpartition("\n")[2].strip())[-_SHOWN_CHARS:]
    return f"is wrong: it is {line}" if line else "is wrong"


def mended(reply: str) -> str:
    """A reply up to its first wrong sum, with what the sum comes to; empty where none is wrong."""
    found = slip(reply)
    return reply[: found[0]] + found[1] if found else ""


def slip(reply: str) -> tuple[int, str] | None:
    """Where the first wrong side of a reply's first wrong sum begins, and what it should be."""
    at = 0
    for line in reply[:MOST_CHARS].splitlines(keepends=True):
        if sums(line).wrong:
            found = _slip(line)
            return found and (at + found[0], found[1])
        at += len(line)
    return None


def _slip(line: str) -> tuple[int, str] | None:
    """The slip of a line; None where what is right cannot be told."""
    marks = [*_MARK.finditer(line)]
    ends = [mark.start() for mark in marks[1:]] + [len(line)]
    first = bisect_left(ends, True, key=lambda end: sums(line[:end]).wrong > 0)
    if first == len(ends):
        return None
    begin, end = marks[first].end(), ends[first]
    right = _result(line[:end])
    itself = re.match(rf"{re.escape(right)}(?![.,]?\d)", line[begin:])
    told = right and not itself and not sums(line[:begin] + right).wrong
    return (begin, right) if told else None


def _result(line: str) -> str:
    """What the last but one side of a line that ends in an equation comes to; empty if unclear."""
    wrong = [chain for chain in equations(line) if False in _judged(chain)]
    side = sides_of(wrong[-1])[0][-2] if wrong else []
    found = _total(side)
    counted = sum(isinstance(part, Number) for part in side) > 1  # of 19 = 3 + 4 it is the 19
    if found is None or abs(found) > _MOST or not counted:
        return ""
    places = next((n for n in range(5) if (found * 10**n).denominator == 1), 2)
    return f"{float(found):.{places}f}"


def _judged(chain: Sequence[Part]) -> Iterator[bool]:
    """Whether the two sides of each equation in a chain are equal, where both are sums."""
    sides, marks = sides_of(chain)
    known = [_total(side) for side in sides]
    for n, mark in enumerate(marks):
        one, other = known[n], known[n + 1]
        bare = len(sides[n]) == len(sides[n + 1]) == 1
        if one is None or other is None or bare:
            continue
        first = sides[n + 1][0]
        runs_on = len(sides[n + 1]) > 1 and isinstance(first, Number) and first.value == one
        both = [part for part in sides[n] + sides[n + 1] if isinstance(part, Number)]
        if runs_on or _same(one, other, sides[n + 1], both, mark == "~"):  # 3 + 4 = 7 + 5 = 12
            yield True
        elif sides[n][0] != TAIL and not _excused(sides[n], sides[n + 1], one, other):
            yield False


def _total(side: Sequence[Part]) -> Fraction | None:
    """The value of a sum; None for what is none."""
    if len(side) > 2 and (side[0] == COMMA or (side[0] in _BEGUN and isinstance(side[1], Number))):
        side = side[1:]  # "in all 3 + 4", but not "x - 4", and not "half of 100"
    left = list(side)[::-1]
    try:
        found = _added(left)
    except (IndexError, ZeroDivisionError, RecursionError):
        return None
    return None if left else found


def _added(left: list[Part]) -> Fraction:
    total = _multiplied(left)
    while left and left[-1] in ("+", "-"):
        minus = left.pop() == "-"
        more = _multiplied(left)
        total = total - more if minus else total + more
    return total


def _multiplied(left: list[Part]) -> Fraction:
    total = _one(left)
    while left and left[-1] in ("*", "/"):
        total = total * _one(left) if left.pop() == "*" else total / _one(left)
    return total


def _one(left: list[Part]) -> Fraction:
    part = left.pop()
    if isinstance(part, Number):
        return part.value
    if part == "-":
        return -_one(left)
    if part != "(":
        raise IndexError
    inner = _added(left)
    if left.pop() != ")":
        raise IndexError
    return inner


def _same(
    one: Fraction, other: Fraction, right: Sequence[Part], both: Sequence[Number], about: bool
) -> bool:
    """Whether two sides are equal, as the last number is rounded: 12 * 0.8333 = 10, 3 / 4 = 75%."""
    off, places = abs(one - other), both[-1].places
    near = Fraction(51, 100) / 10**places if places or about else Fraction(0)
    exact = one.denominator == other.denominator == 1
    if about:
        near = max(near, _rough(right) * max(abs(one), abs(other)))
    if off <= max(near, 0 if exact else max(_SLACK * abs(one), _LAST)):
        return True
    return any(number.percent for number in both) and other in (one * 100, one / 100)


def _rough(side: Sequence[Part]) -> Fraction:
    """How far an approximation may be off, by how many digits it is given to."""
    digits = (
        abs(int(part.value * 10 ** (part.places + 2))) for part in side if isinstance(part, Number)
    )
    return _ROUGH if all(len(str(n).rstrip("0")) <= _FEW_DIGITS for n in digits) else _CLOSE


def _excused(left: Sequence[Part], right: Sequence[Part], one: Fraction, other: Fraction) -> bool:
    """Whether sides that differ may be right: units, per cent, a sign or rounding go unsaid."""
    both = [part for part in [*left, *right] if isinstance(part, Number)]
    added = not {"*", "/"} & {part for part in left if isinstance(part, str)}
    units = {number.unit.lower().rstrip("s") for number in both if number.unit}
    spans = {found[1].lower() for number in both for found in [_SPANS.search(number.unit)] if found}
    shares = {number.percent for number in both}
    coins = {bool(_COINS.fullmatch(part.unit)) for part in left if isinstance(part, Number)}
    share = other * 100 if both[-1].percent else other
    whole = one.denominator != 1 and share.denominator == 1 and abs(one - share) < 1
    mixed = added and (len(units) > 1 or len(shares) > 1 or len(coins) > 1)
    said = mixed or len(spans) > 1 or whole or one == -other
    return said or _is_converted(units, one, other) or _is_otherwise(left, right)


def _is_converted(units: Collection[str], one: Fraction, other: Fraction) -> bool:
    """Whether one side is the other in another unit of the same kind: 60 + 30 = 1.5 hours."""
    small, large = sorted((abs(one), abs(other)))
    kinds = (factors for unit, factors in _CONVERSIONS if any(map(unit.search, units)))
    return small > 0 and any(large / small in factors for factors in kinds)


def _is_otherwise(left: Sequence[Part], right: Sequence[Part]) -> bool:
    """Whether the sides are equal where points are read as commas: 1.000 + 500 = 1.500."""
    one, other = (
        _total([p._replace(value=p.otherwise) if isinstance(p, Number) else p for p in side])
        for side in (left, right)
    )
    return one == other
