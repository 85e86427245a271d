"""Reads what a server tells, type by type: a field of another type is refused by its name.

>>> text({"content": 5}.get("content"), "content")
Traceback (most recent call last):
ttc_cli.engine.openai.told.Senseless: content is a number, not a text
"""

from __future__ import annotations

import json
import math
from typing import Any

from ttc_cli.core.errors import EngineFailed

DEEPEST = 64
"""Levels of nesting that a reply may have."""
MOST = 2**53
"""The largest whole number that all JSON readers agree on."""
KINDS = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}


class Senseless(EngineFailed):
    """A server answers what no OpenAI-compatible server would; another attempt is no use."""


def parse(data: str | bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: it is none. Senseless: it is nested deeper than any reply is.
    """
    if isinstance(data, bytes):
        data = data.decode("utf-8-sig")
    deep = data.count("{") + data.count("[") > DEEPEST
    try:
        value = json.loads(data)
    except RecursionError:
        raise Senseless("it is nested too deep") from None
    layer = [value] if deep else []
    for _ in range(DEEPEST):
        layer = [
            inner
            for outer in layer
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    if layer:
        raise Senseless("it is nested too deep")
    return value


def table(value: Any, name: str) -> dict[str, Any]:
    """An object; an empty one for null."""
    return _typed(value, name, dict, {})  # type: ignore[no-any-return]


def rows(value: Any, name: str) -> list[dict[str, Any]]:
    """A list of objects; an empty one for null."""
    return [_typed(row, f"a row of {name}", dict, {}) for row in _typed(value, name, list, [])]


def text(value: Any, name: str) -> str:
    """A text without halves of characters; an empty one for null."""
    found: str = _typed(value, name, str, "")
    try:
        found.encode()
    except UnicodeEncodeError:
        return found.encode("utf-8", "replace").decode()
    return found


def whole(value: Any, name: str, *, low: int = 0, otherwise: int = 0) -> int:
    """A whole number of at least `low`; `otherwise` for null."""
    if value is None:
        return otherwise
    number_ = number(value, name)
    if not (number_.is_integer() and low <= number_ <= MOST):
        raise Senseless(f"{name} is {value}")
    return int(value)


def number(value: Any, name: str) -> float:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Senseless(f"{name} is {_kind(value)}, not a number")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise Senseless(f"{name} is no finite number")
    return found


def _typed(value: Any, name: str, kind: type, empty: Any) -> Any:
    if value is None:
        return empty
    if not isinstance(value, kind):
        raise Senseless(f"{name} is {_kind(value)}, not {KINDS[kind]}")
    return value


def _kind(value: Any) -> str:
    return "nothing" if value is None else KINDS.get(type(value), "a number")
