"""What a JSON string may hold: plain text of some length, a pattern, a format."""

from __future__ import annotations

# The parser behind `re`: private, but the same since Python 2, and the alternative is to write
# (and get wrong) a parser of regular expressions of our own.
from re import _constants as op  # type: ignore[attr-defined]  # stubs leave out what is private
from re import _parser as parser  # type: ignore[attr-defined]  # likewise
from typing import Any

from ttc_cli.answers.schema.shapes import Alt, Chars, Lit, Node, Ranges, Repeat, alt, seq

MOST = 2000
"""Repetitions that llama.cpp's grammars take."""
MOST_RANGES = 64
"""Of one character: an alphabet has hundreds, and the first of them will do."""
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
    "date": _DATE,
    "time": _TIME,
    "date-time": f"{_DATE}T{_TIME}",
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "ipv4": rf"{_OCTET}(?:\.{_OCTET}){{3}}",
    "hostname": _HOST,
    "email": rf"[a-z0-9]{{1,30}}(?:[._-][a-z0-9]{{1,30}}){{0,3}}@{_HOST}",
    "uri": rf"https?://{_HOST}(?:/[A-Za-z0-9._~-]{{0,60}}){{0,8}}",
}
"""Formats as ECMA-262 patterns; each allows less than its RFC does, and nothing else."""


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

    Raises:
        UnsupportedError: the pattern looks around or back, or its length may be out of bounds.
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
