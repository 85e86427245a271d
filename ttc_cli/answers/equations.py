r"""Sums that a reply writes out, done again: `48 / 2 = 24 clips`, `\[ 3 \times \$5 = \$15 \]`.

A reply with a sum that is wrong is seldom right (docs/evidence.md). What is read is what small
models write: numbers with units and signs of money, the four operations, per cent, chains of
`=`, and LaTeX of these. An equation with a letter for a number says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from ttc_cli.answers.numbers import DIGITS, value

MOST_CHARS = 20_000
"""Of a reply that is read; the rest of a longer one is not."""
_MOST_DIGITS, _MOST_PARTS, _MOST = 20, 100, 10**15
"""Of a number that is read, of a chain that is, and of a result that is put right."""
_SHOWN_CHARS = 80
"""Of a line with a wrong sum."""
_SLACK, _LAST = Fraction(1, 500), Fraction(1, 100)
"""Relative error of a sum over numbers that were rounded, and its error at least: a cent."""
_WRITTEN = (
    (r"\\(?=[$%#&_])|[$€£]|\*\*|\\(?:left|right|displaystyle)(?![a-z])|\\[,;! ()\[\]]", ""),
    (r"\\(?:text|textbf|mathrm|mathbf)\s*\{[^{}]*?([^\W\d_]*)[^{}\w]*\}", r" \1 "),
    (r"\\boxed\s*\{([^{}]*)\}", r"\1"),
    (r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"((\1)/(\2))"),
    (r"\\(?:times|cdot)(?![a-z])|[×·∗]", "*"),
    (r"\\div(?![a-z])|÷", "/"),
    (r"\\approx(?![a-z])|≈", "~"),
    (r"\bequals\b|==", "="),
    (r"(?<=\d)(\s*)[xX](?=\s*\d)", r"\1*"),
    (r"(?<=%)\s+of\s+(?=\d)", "*"),
    (r"[−–]", "-"),
    (r"\(\s*[^\W\d_][^()\d]{0,60}\)", ""),
    (r"\{,\}", ","),
    (r"(?m)^\s*(?:[-*•]|\d{1,2}[.)])\s+", ""),
)
_RULES = tuple((re.compile(pattern), with_) for pattern, with_ in _WRITTEN)
_RESULT = re.compile(
    rf"(?:=|≈|\\approx|\\text\{{ ?equals ?\}})(?:\s|\\?[$€£]|\\,)*(?P<number>-?{DIGITS})"
)
_TOKEN = re.compile(
    rf"\s*(?:(?P<number>(?<![\w.])(?<!\d:){DIGITS}(?!:\d)(?P<percent>\s*%)?(?P<letter>[^\W\d_](?![^\W\d_]))?)"
    r"|(?P<sign>[-+*/()=~])|(?P<unit>/?\s*[^\W\d_]+(?:/[^\W\d_]+)*\.?)|(?P<other>\S))"
)


_WORD, _UNKNOWN = "word", "?"
"""Begin a chain that follows a word, and one that goes on from what is not read."""
_STOPS = ",;:.→"
_SCALES = re.compile(r"(?i)(?:hundred|thousand|million|billion|trillion|dozen|k)s?")
_SPANS = re.compile(r"(?i)(second|minute|hour|day|week|month|year)s?")


class _Number(NamedTuple):
    value: Fraction
    places: int
    percent: bool
    unit: str = ""


_Part = _Number | str


class Sums(NamedTuple):
    """How many of a reply's sums are right and how many wrong, and the numbers in them."""

    right: int = 0
    wrong: int = 0
    numbers: frozenset[Fraction] = frozenset()


def _plain(text: str) -> str:
    for rule, with_ in _RULES:
        text = rule.sub(with_, text)
    return text


@lru_cache(4096)
def sums(reply: str) -> Sums:
    """Do the sums of a reply again."""
    chains = [chain for chain in _equations(reply[:MOST_CHARS]) if len(chain) <= _MOST_PARTS]
    verdicts = [found for chain in chains for found in _judged(chain)]
    numbers = {part.value for chain in chains for part in chain if isinstance(part, _Number)}
    return Sums(verdicts.count(True), verdicts.count(False), frozenset(numbers))


def wrong_sum(reply: str) -> str:
    """The first wrong sum of a reply, for people and for the model; empty where none is wrong."""
    if not sums(reply).wrong:
        return ""
    line = mended(reply).rpartition("\n")[2].strip()[-_SHOWN_CHARS:]
    return f"is wrong: it is {line}" if line else "is wrong"


def mended(reply: str) -> str:
    """A reply up to its first wrong sum, with what the sum comes to; empty where none is wrong."""
    found = slip(reply)
    return reply[: found[0]] + found[1] if found else ""


def slip(reply: str) -> tuple[int, str] | None:
    """Where the result of a reply's first wrong sum begins, and what it should be."""
    at = 0
    for line in reply[:MOST_CHARS].splitlines(keepends=True):
        if sums(line).wrong:
            for result in _RESULT.finditer(line):
                head = line[: result.end()]
                if sums(head).wrong and (right := _result(head)):
                    return at + result.start("number"), right
        at += len(line)
    return None


def _result(line: str) -> str:
    """What the last but one side of a line that ends in an equation comes to; empty if unclear."""
    found = _total(_sides(_equations(line)[-1])[0][-2])
    if found is None or abs(found) > _MOST:
        return ""
    places = next((n for n in range(5) if (found * 10**n).denominator == 1), 2)
    return f"{float(found):.{places}f}"


def _equations(text: str) -> list[list[_Part]]:
    """The chains of a text that have a sign of equality."""
    lines = (line for line in _plain(text).splitlines() if "=" in line or "~" in line)
    return [chain for line in lines for chain in _chains(line) if {"=", "~"} & {*chain}]


def _judged(chain: Sequence[_Part]) -> Iterator[bool]:
    """Whether the two sides of each equation in a chain are equal, where both are sums."""
    sides, marks = _sides(chain)
    known = [_total(side) for side in sides]
    for n, mark in enumerate(marks):
        one, other = known[n], known[n + 1]
        bare = len(sides[n]) == len(sides[n + 1]) == 1
        if one is None or other is None or bare:
            continue
        first = sides[n + 1][0]
        runs_on = len(sides[n + 1]) > 1 and isinstance(first, _Number) and first.value == one
        both = [part for part in sides[n] + sides[n + 1] if isinstance(part, _Number)]
        if runs_on or _same(one, other, both, mark == "~"):  # 3 + 4 = 7 + 5 = 12 runs on
            yield True
        elif not _excused(sides[n], both, one, other):
            yield False


def _chains(line: str) -> Iterator[list[_Part]]:
    """The stretches of a line that are numbers, signs, and words that can be units."""
    chain: list[_Part] = []
    for match in _TOKEN.finditer(line):
        ended = bool(chain) and (isinstance(chain[-1], _Number) or chain[-1] == ")")
        part = _number(match) if match["number"] else match["sign"]
        if isinstance(part, _Number) and ended:
            yield chain
            chain = [part]
        elif part is not None:
            chain.append(part)
        elif match["unit"] and ended and _is_unit(match["unit"]):
            if isinstance(last := chain[-1], _Number):
                chain[-1] = last._replace(unit=last.unit or match["unit"].strip("/ ."))
        else:
            yield chain
            called = line[match.end() :].startswith("(")  # sqrt(16)
            start = _WORD if match["unit"] and not called else _UNKNOWN
            chain = [] if match["other"] in [*_STOPS] else [start]
    yield chain


def _is_unit(word: str) -> bool:
    """Whether a word behind a number can be its unit: not x, and not million."""
    word = word.strip("/ .")
    return len(word) > 1 and not _SCALES.fullmatch(word)


def _number(match: re.Match[str]) -> _Number | None:
    """The number of a token; None for one with a letter, as in 4x, and for endless ones."""
    digits = match["number"].removesuffix(match["letter"] or "")
    digits = digits.removesuffix(match["percent"] or "").rstrip(".")
    if match["letter"] or sum(map(str.isdigit, digits)) > _MOST_DIGITS:
        return None
    exact = value(digits)[0] / (100 if match["percent"] else 1)
    return _Number(exact, len(digits.partition(".")[2]), bool(match["percent"]))


def _sides(chain: Sequence[_Part]) -> tuple[list[list[_Part]], list[str]]:
    """The parts of a chain between its signs of equality, and these."""
    sides: list[list[_Part]] = [[]]
    marks = []
    for part in chain:
        if part in ("=", "~"):
            marks.append(str(part))
            sides.append([])
        else:
            sides[-1].append(part)
    return sides, marks


def _total(side: Sequence[_Part]) -> Fraction | None:
    """The value of a sum; None for what is none."""
    if side[:1] == [_WORD] and len(side) > 2 and isinstance(side[1], _Number):
        side = side[1:]  # "in all 3 + 4", but not "x - 4", and not "half of 100"
    left = list(side)[::-1]
    try:
        found = _added(left)
    except (IndexError, ZeroDivisionError, RecursionError):
        return None
    return None if left else found


def _added(left: list[_Part]) -> Fraction:
    total = _multiplied(left)
    while left and left[-1] in ("+", "-"):
        minus = left.pop() == "-"
        more = _multiplied(left)
        total = total - more if minus else total + more
    return total


def _multiplied(left: list[_Part]) -> Fraction:
    total = _one(left)
    while left and left[-1] in ("*", "/"):
        total = total * _one(left) if left.pop() == "*" else total / _one(left)
    return total


def _one(left: list[_Part]) -> Fraction:
    part = left.pop()
    if isinstance(part, _Number):
        return part.value
    if part == "-":
        return -_one(left)
    if part != "(":
        raise IndexError
    inner = _added(left)
    if left.pop() != ")":
        raise IndexError
    return inner


def _same(one: Fraction, other: Fraction, both: Sequence[_Number], about: bool) -> bool:
    """Whether two sides are equal, as the last number is rounded: 12 * 0.8333 = 10, 3 / 4 = 75%."""
    off, places = abs(one - other), both[-1].places
    near = Fraction(51, 100) / 10**places if places or about else Fraction(0)
    exact = one.denominator == other.denominator == 1
    if off <= max(near, 0 if exact else max(_SLACK * abs(one), _LAST)):
        return True
    return any(number.percent for number in both) and other in (one * 100, one / 100)


def _excused(
    left: Sequence[_Part], both: Sequence[_Number], one: Fraction, other: Fraction
) -> bool:
    """Whether sides that differ may be right: units, per cent, a sign or rounding go unsaid."""
    added = not {"*", "/"} & {part for part in left if isinstance(part, str)}
    units = {number.unit.lower().rstrip("s") for number in both if number.unit}
    spans = {found[1].lower() for number in both for found in [_SPANS.search(number.unit)] if found}
    shares = {number.percent for number in both}
    whole = one.denominator != 1 and other.denominator == 1 and abs(one - other) < 1
    mixed = added and (len(units) > 1 or len(shares) > 1)
    return mixed or len(spans) > 1 or whole or one == -other
