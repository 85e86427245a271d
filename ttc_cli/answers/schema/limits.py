"""How large a JSON schema may be: checked before anything else looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

Json = Any
MOST_DEPTH = 64
"""Objects and lists inside one another."""
MOST_PARTS = 20_000
"""Objects, lists and values of the whole document."""
MOST_APPLIED = 5_000
"""Schemas that one value is held against, once references are followed."""
MOST_ENTRIES = {
    "enum": 1000, "properties": 500, "required": 500, "prefixItems": 200, "items": 200,
    "patternProperties": 100, "allOf": 64, "anyOf": 64, "oneOf": 64,
}  # fmt: skip
_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLE = ("not", "if", "then", "else")


class TooLargeError(ValueError):
    """What is too large, and both numbers."""


def check(schema: Json) -> None:
    """Refuse a schema that would take too much time or memory.

    Raises:
        TooLargeError: as it says.
    """
    for parts, (depth, word, value) in enumerate(_walk(schema)):
        if depth > MOST_DEPTH:
            raise TooLargeError(f"has more than {MOST_DEPTH} levels inside one another")
        most = MOST_ENTRIES.get(word, MOST_PARTS)
        named = word.lower().endswith("properties")
        if isinstance(value, dict if named else list) and len(value) > most:
            raise TooLargeError(f"has {len(value):,} entries in {word}, and {most:,} are allowed")
        if parts > MOST_PARTS:
            raise TooLargeError(f"has more than {MOST_PARTS:,} parts")
    costs: dict[int, int] = {}
    for _, _, value in _walk(schema):
        if isinstance(value, dict) and _applied(value, schema, costs) > MOST_APPLIED:
            raise TooLargeError(
                f"holds a value against more than {MOST_APPLIED:,} schemas once $ref is followed"
            )


def _walk(schema: Json) -> Iterator[tuple[int, str, Json]]:
    """(depth, keyword, value) of all parts, without recursion."""
    todo: list[tuple[int, str, Json]] = [(0, "the document", schema)]
    while todo:
        depth, word, value = todo.pop()
        yield depth, word, value
        if isinstance(value, dict):
            todo += [(depth + 1, str(key), part) for key, part in value.items()]
        elif isinstance(value, list):
            todo += [(depth + 1, "", part) for part in value]


def _applied(schema: Json, root: Json, costs: dict[int, int]) -> int:
    """How many schemas a value is held against in one place; what refers to itself counts once."""
    if not isinstance(schema, dict) or id(schema) in costs:
        return costs.get(id(schema), 1)
    costs[id(schema)] = 1
    within = [schema[word] for word in _SINGLE if word in schema]
    within += [part for word in _LISTS for part in _list(schema.get(word))]
    within += [] if "$ref" not in schema else [target(root, schema["$ref"])]
    total = 1 + sum(_applied(part, root, costs) for part in within)
    costs[id(schema)] = min(total, MOST_APPLIED + 1)
    return costs[id(schema)]


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def target(root: Json, reference: Json) -> Json:
    """What a reference within the document points to; None when it leads nowhere."""
    if not isinstance(reference, str) or reference[:2] not in ("#", "#/"):
        return None
    found = root
    for part in reference.split("/")[1:]:
        key = unquote(part).replace("~1", "/").replace("~0", "~")
        try:
            found = found[int(key)] if isinstance(found, list) else found[key]
        except (KeyError, IndexError, ValueError, TypeError):
            return None
    return found
