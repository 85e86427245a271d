"""What a JSON string or number may hold: texts of some length, patterns, formats, bounds."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

# The parser behind `re`: private, but the same since Python 2, and the alternative is to write
# (and get wrong) a parser of regular expressions of our own.
from re import _constants as op  # type: ignore[attr-defined]  # stubs leave out what is private
from re import _parser as parser  # type: ignore[attr-defined]  # likewise
from typing import Any

from ttc_cli.answers.schema.shapes import Alt, Chars, Lit, Node, Ranges, Repeat, alt, seq

MOST = 2000  # repetitions that llama.cpp's grammars take
MOST_RANGES = 64  # of one character: an alphabet has hundreds, and the first of them will do
_ALL: Ranges = ((0x09, 0x0A), (0x20, 0x7E), (0xA0, 0xD7FF), (0xE000, 0x10FFFF))
_ESCAPED = {0x22: '\\"', 0x5C: "\\\\", 0x0A: "\\n", 0x09: "\\t"}
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)"
_DATE = (
    r"[12]\d{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))"
)
_HOST = r"[a-z0-9]{1,20}(?:-[a-z0-9]{1,20})?(?:\.[a-z0-9]{1,20}){0,3}\.[a-z]{2,8}"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
FORMATS = {
    "date": _DATE, "time": _TIME, "date-time": f"{_DATE}T{_TIME}", "hostname": _HOST,
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "ipv4": rf"{_OCTET}(?:\.{_OCTET}){{3}}",
    "email": rf"[a-z0-9]{{1,30}}(?:[._-][a-z0-9]{{1,30}}){{0,3}}@{_HOST}",
    "uri": rf"https?://{_HOST}(?:/[A-Za-z0-9._~-]{{0,60}}){{0,8}}",
}  # fmt: skip
"""Fmt: skip - formats as ECMA-262 patterns; each allows less than its RFC does, nothing else."""
UNCHECKED = ("password", "textarea", "multiline", "markdown", "html", "color")
"""Formats that say how to show a text, not what may stand in it."""


class UnsupportedError(ValueError):
    """A pattern says what a grammar cannot."""


def plain(low: int = 0, high: int | None = None) -> Node:
    """A JSON string of so many characters."""
    bounded = None if high is None else min(high, max(MOST, low))
    return seq(Lit('"'), Repeat(_encoded(_ALL), low, bounded), Lit('"'))


def matching(pattern: str, low: int = 0, high: int | None = None) -> Node:
    """A JSON string in which a search for the pattern finds something.

    Args:
        pattern: as `ecma.to_python` spells it.
        low, high: bounds of its length in characters.

    Raises UnsupportedError: the pattern looks around or back, or its length may be out of bounds.
    """
    try:
        parsed = parser.parse(pattern)
    except (ValueError, RecursionError, OverflowError) as error:
        raise UnsupportedError(f"it cannot be read: {error}") from None
    shortest, longest = parsed.getwidth()
    node = _sequence(list(parsed), first=True, last=True)
    open_end = not parsed or parsed[-1] not in ((op.AT, op.AT_END), (op.AT, op.AT_END_STRING))
    if open_end and low == 0 and high is None and not (parsed and parsed[-1][0] is op.BRANCH):
        node = seq(node, Repeat(_encoded(_ALL)))
    elif low > shortest or (high is not None and high < longest):
        raise UnsupportedError("one together with a length that it does not keep")
    return seq(Lit('"'), node, Lit('"'))


def _encoded(ranges: Ranges) -> Node:
    """One character as JSON writes it; those with an escape of their own are escaped."""
    plain = _without(_only(ranges, _ALL), tuple((code, code) for code in _ESCAPED))[:MOST_RANGES]
    escapes = [Lit(text) for code, text in _ESCAPED.items() if _holds(ranges, code)]
    options: list[Node] = [*([Chars(plain)] if plain else []), *escapes]
    if not options:
        raise UnsupportedError("a pattern asks for control characters only")
    return alt(options)


def _sequence(items: list[Any], *, first: bool, last: bool) -> Node:
    parts = []
    for at, item in enumerate(items):
        head = first and all(kind is op.AT for kind, _ in items[:at])
        tail = last and all(kind is op.AT for kind, _ in items[at + 1 :])
        parts.append(_item(item, first=head, last=tail))
    return seq(*parts)


def _item(item: tuple[Any, Any], *, first: bool, last: bool) -> Node:
    kind, value = item
    if kind is op.LITERAL:
        return _encoded(((value, value),))
    if kind in (op.NOT_LITERAL, op.IN, op.ANY):
        return _encoded(_set(kind, value))
    if kind is op.BRANCH:
        return Alt(tuple(_sequence(list(sub), first=first, last=last) for sub in value[1]))
    if kind is op.SUBPATTERN:
        return _sequence(list(value[-1]), first=first, last=last)
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT):
        low, high, sub = value
        if low > MOST:
            raise UnsupportedError(f"more than {MOST} repetitions")
        most = None if high is op.MAXREPEAT else min(high, max(low, MOST))
        once = most == 1 and low == 1
        return Repeat(_sequence(list(sub), first=first and once, last=last and once), low, most)
    start = kind is op.AT and value in (op.AT_BEGINNING, op.AT_BEGINNING_STRING) and first
    end = kind is op.AT and value in (op.AT_END, op.AT_END_STRING) and last
    if start or end:
        return Lit("")
    raise UnsupportedError(f"{str(value if kind is op.AT else kind).lower()} in a pattern")


def _set(kind: Any, value: Any) -> Ranges:
    if kind is op.ANY:
        return _without(_ALL, ((0x0A, 0x0A),))
    if kind is op.NOT_LITERAL:
        return _without(_ALL, ((value, value),))
    ranges: list[tuple[int, int]] = []
    negate = False
    for what, inner in value:
        if what is op.NEGATE:
            negate = True
        elif what is op.LITERAL:
            ranges.append((inner, inner))
        elif what is op.RANGE:
            ranges.append(inner)
        else:
            raise UnsupportedError(f"{str(inner).lower()} in a pattern")
    return _without(_ALL, tuple(ranges)) if negate else tuple(ranges)


def _holds(ranges: Ranges, code: int) -> bool:
    return any(low <= code <= high for low, high in ranges)


def _only(ranges: Ranges, within: Ranges) -> Ranges:
    cut = ((max(a, low), min(b, high)) for a, b in ranges for low, high in within)
    return tuple(sorted((a, b) for a, b in cut if a <= b))


def _without(ranges: Ranges, holes: Ranges) -> Ranges:
    for low, high in holes:
        ranges = tuple(
            (a, b)
            for start, end in ranges
            for a, b in ((start, min(end, low - 1)), (max(start, high + 1), end))
            if a <= b
        )
    return ranges


FAR = Decimal(10) ** 15
"""Where numbers end that have no bound on that side: whole numbers are exact up to here."""
_DIGIT = Chars(((0x30, 0x39),))
_DIGITS = 15
PLACES = 2  # decimal places of numbers with bounds, unless the bounds have more
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

    Raises ValueError: there is none, or none with so few decimals.
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
