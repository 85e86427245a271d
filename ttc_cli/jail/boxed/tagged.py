"""The schema of a program's value: JSON that says of every part what it is.

`{"type": "number", "of": "fraction", "value": "7/4"}`: numbers, dates and times as exact text. What
a program returns is written by a stranger: `untag` believes nothing but this schema.
"""

from __future__ import annotations

from typing import Any

MOST_PARTS = 20_000
MOST_DEPTH = 20
MOST_TEXT = 20_000
"""Characters of a text."""
MOST_DIGITS = 4_000
"""Digits of a number, before or behind its point."""
MOST_BITS = 13_288
"""Of a whole number of that many digits."""
EXACT = {"Fraction": "fractions", "Decimal": "decimal"}
MOMENTS = ("date", "time", "datetime")


class Unfit(ValueError):
    """A value, or what should be one, that is too long, too deep, or of no kind that is known."""


# -- there: no module is loaded for it, for a program starts often --------------------------------


def tagged(value: Any, depth: int = MOST_DEPTH) -> dict[str, Any]:
    """A plain value with the types of all its parts.

    Args:
        value: None, a boolean, number, text, date, time, duration, list or dictionary of these, by
            exact type.

    Raises:
        Unfit: it holds something else, or too much of it.
    """
    if depth < 0:
        raise Unfit("the value is too deep")
    kind = type(value)
    if value is None:
        return {"type": "nothing"}
    if kind is bool:
        return {"type": "boolean", "value": value}
    if kind in (int, float) or EXACT.get(kind.__name__) == kind.__module__:
        return {"type": "number", "of": kind.__name__.lower(), "value": _digits(value)}
    if kind is str:
        if len(value) > MOST_TEXT:
            raise Unfit(f"the text is longer than {MOST_TEXT:,} characters")
        return {"type": "text", "value": value}
    if kind is list:
        return {"type": "list", "value": [tagged(item, depth - 1) for item in value]}
    if kind is dict:
        pairs = [[tagged(k, depth - 1), tagged(v, depth - 1)] for k, v in value.items()]
        return {"type": "table", "value": pairs}
    if kind.__module__ == "datetime" and kind.__name__ in MOMENTS:
        return {"type": kind.__name__, "value": value.isoformat()}
    if kind.__module__ == "datetime" and kind.__name__ == "timedelta":
        whole = (value.days * 86_400 + value.seconds) * 10**6 + value.microseconds
        return {"type": "duration", "value": f"{whole}/1000000"}
    raise Unfit(f"a value of type {kind.__name__} is no answer")


def _digits(value: Any) -> str:
    """A number as exact text."""
    if type(value) is float:
        return repr(value)
    if type(value).__name__ == "Decimal":
        long = value.is_finite() and (
            abs(value.adjusted()) > MOST_DIGITS or len(value.as_tuple().digits) > MOST_DIGITS
        )
    else:
        long = max(value.numerator.bit_length(), value.denominator.bit_length()) > MOST_BITS
    if long:
        raise Unfit(f"the number is longer than {MOST_DIGITS:,} digits")
    return str(value)


# -- and back -------------------------------------------------------------------------------------


def untag(data: object) -> Any:
    """The value that was tagged.

    Raises:
        Unfit: no value was tagged like that.
    """
    return _untag(data, MOST_DEPTH, [MOST_PARTS])


def _untag(data: object, depth: int, left: list[int]) -> Any:
    left[0] -= 1
    if type(data) is not dict or depth < 0 or left[0] < 0:
        raise Unfit("no value, or too much of it")
    kind, of, value = data.get("type"), data.get("of"), data.get("value")
    if kind == "nothing" and set(data) == {"type"}:
        return None
    keys = {"type", "of", "value"} if kind == "number" else {"type", "value"}
    if set(data) != keys or type(kind) is not str:
        raise Unfit("no value")
    if kind == "boolean" and type(value) is bool:
        return value
    if kind == "list" and type(value) is list:
        return [_untag(item, depth - 1, left) for item in value]
    if kind == "table" and type(value) is list:
        return _table(value, depth, left)
    if type(value) is not str or len(value) > MOST_TEXT:
        raise Unfit("no value")
    if kind == "text":
        return value.encode("utf-8", "replace").decode()  # no lone surrogates
    return _number(of, value) if kind == "number" else _moment(kind, value)


def _table(pairs: list[Any], depth: int, left: list[int]) -> dict[Any, Any]:
    table = {}
    for pair in pairs:
        if type(pair) is not list or len(pair) != 2:
            raise Unfit("no table")
        key = _untag(pair[0], depth - 1, left)
        if isinstance(key, (list, dict)):
            raise Unfit("no key")
        table[key] = _untag(pair[1], depth - 1, left)
    return table


def _number(of: object, text: str) -> Any:
    import re
    from decimal import Decimal
    from fractions import Fraction

    whole = rf"-?[0-9]{{1,{MOST_DIGITS}}}"
    forms: dict[object, tuple[str, Any]] = {
        "int": (whole, int),
        "fraction": (rf"{whole}(/{whole[2:]})?", Fraction),
        "float": (r"-?(inf|nan|[0-9]{1,400}(\.[0-9]{1,400})?(e[+-]?[0-9]{1,3})?)", float),
        "decimal": (
            rf"-?(Infinity|s?NaN[0-9]*|{whole[2:]}(\.{whole[2:]})?(E[+-]?[0-9]{{1,4}})?)", Decimal,
        ),
    }  # fmt: skip
    form, read = forms.get(of, ("(?!)", str)) if type(of) is str else ("(?!)", str)
    if not re.fullmatch(form, text):
        raise Unfit("no number")
    try:
        return read(text)
    except ZeroDivisionError:
        raise Unfit("no number") from None


def _moment(kind: str, text: str) -> Any:
    import datetime

    try:
        if kind == "duration":
            part = datetime.timedelta.resolution
            return _number("fraction", text) * 10**6 // 1 * part
        if kind in MOMENTS:
            return getattr(datetime, kind).fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise Unfit(f"no {kind}") from error
    raise Unfit("no value")
