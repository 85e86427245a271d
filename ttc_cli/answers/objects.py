"""JSON in replies and answers: what a text holds of it, and one spelling of each value."""

from __future__ import annotations

import ast
import json
import re
from contextlib import suppress
from typing import Any

_QUOTED = re.compile(r"\{\s*'\w[^{}]{0,500}\}")
MOST_PLACES = 200  # braces of a text at which an object is looked for


def loads(text: str) -> object:
    """The JSON value that the whole of a text is, None when it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def objects_in(text: str) -> list[dict[str, Any]]:
    """The JSON objects in a text, in order; those inside others are not listed.

    One as Python prints it, in single quotes, counts as the first.
    """
    decoder, at = json.JSONDecoder(), text.find("{")
    found: list[dict[str, Any]] = []
    if at >= 0 and (quoted := _QUOTED.search(text)):
        with suppress(ValueError, SyntaxError, RecursionError, MemoryError):
            found += [value for value in [ast.literal_eval(quoted[0])] if isinstance(value, dict)]
    for _ in range(MOST_PLACES):
        if at < 0:
            break
        try:
            value, end = decoder.raw_decode(text, at)
            found.append(value)
        except (ValueError, RecursionError):
            end = at + 1
        at = text.find("{", end)
    return found


def canonical_json(value: object) -> str:
    """JSON with sorted keys and one spelling of each number (1.0 is 1)."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> object:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
