"""Numbers within bounds, spelled out digit by digit."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from ttc_cli.answers.schema.shapes import Chars, Lit, Node, Repeat, alt, seq

FAR = Decimal(10) ** 15
"""Where numbers end that have no bound on that side: whole numbers are exact up to here."""
_DIGIT = Chars(((0x30, 0x39),))
_DIGITS = 15
PLACES = 2
"""Decimal places of numbers with bounds, unless the bounds have more."""
MOST_PLACES = 12


def anything(*, whole: bool) -> Node:
    """A number without bounds."""
    leading = alt([Lit("0"), seq(Chars(((0x31, 0x39),)), Repeat(_DIGIT, 0, _DIGITS - 1))])
    fraction = Repeat(seq(Lit("."), Repeat(_DIGIT, 1, _DIGITS)), 0, 1)
    return seq(Repeat(Lit("-"), 0, 1), leading, *([] if whole else [fraction]))


def between(low: Decimal | None, high: Decimal | None, *, whole: bool, strict: str = "") -> Node:
    """A number within bounds; with decimals, two of them or as many as the bounds have.

    Args:
        low, high: None for no bound; what lies beyond `FAR` is not written.
        whole: no decimals.
        strict: which of the bounds is not itself allowed: "", "low", "high" or "both".

    Raises:
        ValueError: there is none, or none with so few decimals.
    """
    if low is None and high is None:
        return anything(whole=whole)
    least, most = max(-FAR, -FAR if low is None else low), min(FAR, FAR if high is None else high)
    options = []
    for places in (0,) if whole else (0, _places(least, most)):
        unit = Decimal(1).scaleb(-places)
        first = int((least / unit).to_integral_value(ROUND_CEILING))
        last = int((most / unit).to_integral_value(ROUND_FLOOR))
        first += strict in ("low", "both") and first * unit == least
        last -= strict in ("high", "both") and last * unit == most
        options += _scaled(first, last, places)
    if not options:
        raise ValueError("no such number")
    return alt(options)


def _places(low: Decimal, high: Decimal) -> int:
    """Decimal places to write: one more than the bounds have, so that something is between."""
    exponents = [int(bound.normalize().as_tuple().exponent) for bound in (low, high)]
    return min(MOST_PLACES, max(PLACES, 1 - min(exponents)))


def _scaled(first: int, last: int, places: int) -> list[Node]:
    """Whole numbers from first to last, written with a point before the last so many digits."""
    options: list[Node] = []
    if first < 0:
        options += [seq(Lit("-"), node) for node in _naturals(max(1, -last), -first, places)]
    if last >= 0:
        options += _naturals(max(0, first), last, places)
    return options


def _naturals(low: int, high: int, places: int) -> list[Node]:
    options = []
    while low <= high:
        width = max(len(str(low)), places + 1)
        top = min(high, 10**width - 1)
        options.append(_digits(_pointed(low, width, places), _pointed(top, width, places)))
        low = top + 1
    return options


def _pointed(number: int, width: int, places: int) -> str:
    text = str(number).zfill(width)
    return f"{text[:-places]}.{text[-places:]}" if places else text


def _digits(low: str, high: str) -> Node:
    """All texts of digits from low to high, which have the same length and points."""
    if low == high:
        return Lit(low)
    if low[0] == high[0]:
        return seq(Lit(low[0]), _digits(low[1:], high[1:]))
    options: list[Node] = []
    start, end = int(low[0]), int(high[0])
    if set(low[1:]) - {"0", "."}:
        options.append(seq(Lit(low[0]), _digits(low[1:], _filled(low[1:], "9"))))
        start += 1
    if set(high[1:]) - {"9", "."}:
        options.append(seq(Lit(high[0]), _digits(_filled(high[1:], "0"), high[1:])))
        end -= 1
    if start <= end:
        rest = [Lit(".") if char == "." else _DIGIT for char in low[1:]]
        options.append(seq(Chars(((0x30 + start, 0x30 + end),)), *rest))
    return alt(options)


def _filled(text: str, digit: str) -> str:
    return "".join(digit if char.isdigit() else char for char in text)
