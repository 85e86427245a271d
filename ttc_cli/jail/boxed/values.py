"""The schema of values that cross between processes which do not trust each other.

A plain value travels in JSON as a copy of exactly its plain type: nothing is ever unpickled,
evaluated or looked up by a name from the other side. None, booleans and texts stand for
themselves; all else is a pair of a tag and its parts. Numbers travel as hexadecimal text, exact
and of any length.
"""

from __future__ import annotations

import binascii
import keyword
import sys
from collections.abc import Callable
from typing import Any

MOST_NAME = 200
MOST_FIELDS = 100
MOST_DEPTH = 200
MOST_RECORDS = 100  # kinds of named tuples that one process makes up for another


class Nonsense(ValueError):
    """What came is no value of this schema."""


def plain_name(name: object) -> bool:
    """Whether this is an identifier as programs define them: no keyword, no dunder."""
    return (
        type(name) is str
        and len(name) <= MOST_NAME
        and name.isidentifier()
        and not name.startswith("__")
        and not keyword.iskeyword(name)
    )


# -- there ----------------------------------------------------------------------------------


def pack(value: Any, other: Callable[[Any], Any]) -> Any:
    """A value for JSON, by its plainest type.

    Args:
        other: packs what is no plain value, or raises.
    """
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return ["int", int.__format__(value, "x")]
    if isinstance(value, float):
        return ["float", float.hex(value)]
    if isinstance(value, complex):
        return ["complex", [float.hex(value.real), float.hex(value.imag)]]
    if isinstance(value, (bytes, bytearray)):
        kind = "bytes" if isinstance(value, bytes) else "bytearray"
        return [kind, bytes(memoryview(value)).hex()]
    if isinstance(value, dict):
        return ["dict", [[pack(k, other), pack(v, other)] for k, v in dict.items(value)]]
    if type(value) is range:
        return ["range", [format(n, "x") for n in (value.start, value.stop, value.step)]]
    if isinstance(value, tuple) and type(value).__bases__ == (tuple,) and hasattr(value, "_fields"):
        items = [pack(item, other) for item in tuple.__iter__(value)]
        return ["record", [type(value).__name__, list(value._fields), items]]
    for name, sequence in SEQUENCES.items():
        if isinstance(value, sequence):
            return [name, [pack(item, other) for item in sequence.__iter__(value)]]
    found = _exact_or_dated(value)
    return other(value) if found is None else found


def _exact_or_dated(value: Any) -> Any:
    """Fractions, decimals, dates and times; None for others."""
    kind = type(value)
    # Only a process that has loaded a module can hold a value of its types.
    if (module := sys.modules.get("fractions")) and kind is module.Fraction:
        return ["Fraction", [format(value.numerator, "x"), format(value.denominator, "x")]]
    if (module := sys.modules.get("decimal")) and kind is module.Decimal:
        return ["Decimal", str(value)]
    if module := sys.modules.get("datetime"):
        if kind in (module.date, module.time, module.datetime):
            return [kind.__name__, value.isoformat()]
        if kind is module.timedelta:
            parts = (value.days, value.seconds, value.microseconds)
            return ["timedelta", [format(n, "x") for n in parts]]
    return None


SEQUENCES: dict[str, type[Any]] = {
    "list": list, "tuple": tuple, "set": set, "frozenset": frozenset,
}  # fmt: skip


# -- and back -------------------------------------------------------------------------------


def unpack(data: Any, other: Callable[[str, Any], Any], depth: int = 0) -> Any:
    """The value that was packed.

    Args:
        other: makes something of the tags that are not ours, or raises `Nonsense`.

    Raises Nonsense: it was not packed by `pack`.
    """
    if data is None or type(data) in (bool, str):
        return data
    if type(data) is not list or len(data) != 2 or type(data[0]) is not str or depth > MOST_DEPTH:
        raise Nonsense("a value of no kind")
    kind, of = data
    try:
        if kind in SEQUENCES:
            return SEQUENCES[kind](unpack(item, other, depth + 1) for item in _list(of))
        if kind == "dict":
            pairs = [_list(pair, 2) for pair in _list(of)]
            return {unpack(k, other, depth + 1): unpack(v, other, depth + 1) for k, v in pairs}
        if kind == "record":
            name, fields, items = _list(of, 3)
            values = [unpack(item, other, depth + 1) for item in _list(items)]
            return _record(name, fields)(*values)
        if kind in _FROM:
            return _FROM[kind](of)
    except Nonsense:
        raise
    except (ValueError, TypeError, ArithmeticError, binascii.Error) as error:
        raise Nonsense(f"no {kind}") from error
    return other(kind, of)


def _list(data: Any, length: int | None = None) -> list[Any]:
    if type(data) is not list or length not in (None, len(data)):
        raise Nonsense("no list of that length")
    return data


def _text(data: Any) -> str:
    if type(data) is not str:
        raise Nonsense("no text")
    return data


def _ints(data: Any, length: int) -> list[int]:
    return [int(_text(part), 16) for part in _list(data, length)]


def _fraction(of: Any) -> Any:
    from fractions import Fraction

    return Fraction(*_ints(of, 2))


def _decimal(of: Any) -> Any:
    from decimal import Decimal, InvalidOperation

    try:
        return Decimal(_text(of))
    except InvalidOperation:
        raise Nonsense("no decimal") from None


def _dated(kind: str) -> Callable[[Any], Any]:
    def read(of: Any) -> Any:
        import datetime

        return getattr(datetime, kind).fromisoformat(_text(of))

    return read


def _timedelta(of: Any) -> Any:
    import datetime

    days, seconds, microseconds = _ints(of, 3)
    return datetime.timedelta(days, seconds, microseconds)


_FROM: dict[str, Callable[[Any], Any]] = {
    "int": lambda of: int(_text(of), 16), "float": lambda of: float.fromhex(_text(of)),
    "complex": lambda of: complex(*(float.fromhex(_text(part)) for part in _list(of, 2))),
    "bytes": lambda of: bytes.fromhex(_text(of)),
    "bytearray": lambda of: bytearray.fromhex(_text(of)), "range": lambda of: range(*_ints(of, 3)),
    "Fraction": _fraction, "Decimal": _decimal, "date": _dated("date"), "time": _dated("time"),
    "datetime": _dated("datetime"), "timedelta": _timedelta,
}  # fmt: skip
_records: dict[tuple[str, ...], Any] = {}


def _record(name: Any, fields: Any) -> Any:
    """A named tuple's class, one for each name and list of fields."""
    from collections import namedtuple

    known = (name, *_list(fields))
    if not all(plain_name(part) for part in known) or len(known) > MOST_FIELDS:
        raise Nonsense("no names of fields")
    if known not in _records:
        if len(_records) >= MOST_RECORDS:
            raise Nonsense("too many kinds of records")
        _records[known] = namedtuple(name, fields)
    return _records[known]
