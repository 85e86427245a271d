"""What one alternative of a JSON schema says of a value, keyword by keyword."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ttc_cli.answers.objects import canonical_json

Json = Any
TYPES = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
KINDS = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": ("items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems"),
    "object": (
        "properties", "patternProperties", "additionalProperties", "required", "propertyNames",
        "minProperties", "maxProperties",
    ),
}  # fmt: skip
"""Keywords by the type that they speak of."""
HIGHEST = ("minLength", "minItems", "minProperties")
LOWEST = ("maxLength", "maxItems", "maxProperties")


_KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("minimum", "maximum", "multipleOf"), (int, float)),
    **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum"), (int, float, bool)),
    **dict.fromkeys((*HIGHEST, *LOWEST), (int, float)),
    **dict.fromkeys(("pattern", "format"), (str,)),
    **dict.fromkeys(("properties", "patternProperties"), (dict,)),
    **dict.fromkeys(("required", "enum", "prefixItems", "allOf", "anyOf", "oneOf"), (list,)),
    **dict.fromkeys(("additionalProperties", "propertyNames", "additionalItems"), (dict, bool)),
    "items": (dict, bool, list),
    "type": (str, list),
}


def trouble(schema: dict[str, Json]) -> str:
    """Which keyword has a value of a kind that it cannot have; empty when none has.

    A draft's own check passes over keywords that the draft does not know.
    """
    for word, value in schema.items():
        kinds = _KINDS.get(word)
        number = kinds is not None and kinds[0] is int
        fits = kinds is None or (isinstance(value, kinds) and (value not in (True, False)
                                 or bool in kinds or type(value) is not bool))  # fmt: skip
        whole = word in (*HIGHEST, *LOWEST)
        if fits and number and not isinstance(value, bool):
            fits = math.isfinite(value) and (not whole or value == int(value) >= 0)
        if not fits:
            return f"{word} {json.dumps(value)[:40]}, which is of the wrong kind"
    return ""


@dataclass(frozen=True)
class Fields:
    """What one schema says of an object's properties."""

    named: dict[str, Json]
    matched: dict[str, Json]
    rest: Json

    def of(self, name: str) -> list[Json]:
        """The schemas that a property of that name must meet."""
        found = [self.named[name]] if name in self.named else []
        found += [schema for key, schema in self.matched.items() if re.search(key, name)]
        return found or [self.rest]


@dataclass(frozen=True)
class Items:
    """What one schema says of an array's items."""

    first: tuple[Json, ...]
    rest: Json

    def of(self, index: int) -> Json:
        """The schema that the item there must meet."""
        return self.first[index] if index < len(self.first) else self.rest


@dataclass(frozen=True)
class Facts:
    """What a value must be, without alternatives.

    Args:
        types: allowed ones; None for all.
        speaks: the types that keywords speak of: these are written when `types` is None.
        values: the only ones allowed, or None.
        sizes: minLength, maxItems and their like.
        low, high: bounds of a number, each with whether it is itself excluded.
        texts: ("pattern" or "format", which).
        names: what the names of properties must be.
    """

    types: frozenset[str] | None = None
    speaks: frozenset[str] = frozenset()
    values: tuple[Json, ...] | None = None
    sizes: dict[str, int] = field(default_factory=dict)
    low: tuple[Decimal, bool] | None = None
    high: tuple[Decimal, bool] | None = None
    texts: frozenset[tuple[str, str]] = frozenset()
    required: frozenset[str] = frozenset()
    fields: tuple[Fields, ...] = ()
    items: tuple[Items, ...] = ()
    names: tuple[Json, ...] = ()

    @property
    def written(self) -> frozenset[str]:
        """The types that the grammar will write."""
        return self.types if self.types is not None else self.speaks or TYPES


def own(schema: dict[str, Json]) -> Facts:
    """The facts that a schema states itself."""
    types = schema.get("type")
    allowed = None if types is None else frozenset([types] if isinstance(types, str) else types)
    if allowed is not None and "number" in allowed:
        allowed -= {"integer"}
    if "multipleOf" in schema and allowed is not None:
        allowed = frozenset("integer" if kind == "number" else kind for kind in allowed)
    speaks = frozenset(kind for kind, words in KINDS.items() if any(w in schema for w in words))
    if "multipleOf" in schema:
        speaks = speaks - {"number"} | {"integer"}
    values = [tuple(schema["enum"])] if "enum" in schema else []
    values += [(schema["const"],)] if "const" in schema else []
    names = [word for word in ("pattern", "format") if word in schema]
    return Facts(
        allowed, speaks, _common(values),
        {word: int(schema[word]) for word in (*HIGHEST, *LOWEST) if word in schema},
        _bound(schema, "minimum", "exclusiveMinimum", max),
        _bound(schema, "maximum", "exclusiveMaximum", min),
        frozenset((word, schema[word]) for word in names), frozenset(schema.get("required", ())),
        _fields(schema), _items(schema),
        (schema["propertyNames"],) if "propertyNames" in schema else (),
    )  # fmt: skip


def _fields(schema: dict[str, Json]) -> tuple[Fields, ...]:
    words = ("properties", "patternProperties", "additionalProperties")
    if not any(word in schema for word in words):
        return ()
    named, matched = schema.get("properties", {}), schema.get("patternProperties", {})
    return (Fields(named, matched, schema.get("additionalProperties", True)),)


def _items(schema: dict[str, Json]) -> tuple[Items, ...]:
    if "items" not in schema and "prefixItems" not in schema:
        return ()
    items = schema.get("items", True)
    if isinstance(items, list):
        return (Items(tuple(items), schema.get("additionalItems", True)),)
    return (Items(tuple(schema.get("prefixItems", ())), items),)


def _bound(
    schema: dict[str, Json], word: str, strict: str, pick: Any
) -> tuple[Decimal, bool] | None:
    found = []
    if word in schema:  # in draft 4 the strict keyword says so of the other one
        found.append((Decimal(str(schema[word])), schema.get(strict) is True))
    if not isinstance(schema.get(strict, False), bool):
        found.append((Decimal(str(schema[strict])), True))
    return _tightest(found, pick)


def _tightest(bounds: Sequence[tuple[Decimal, bool]], pick: Any) -> tuple[Decimal, bool] | None:
    if not bounds:
        return None
    limit = pick(bound for bound, _ in bounds)
    return limit, any(strict for bound, strict in bounds if bound == limit)


def merged(parts: Sequence[Facts]) -> Facts:
    """Facts that hold all at once."""
    if len(parts) == 1:
        return parts[0]
    sizes: dict[str, int] = {}
    for part in parts:
        for word, size in part.sizes.items():
            pick = max if word in HIGHEST else min
            sizes[word] = pick(size, sizes.get(word, size))
    types = None
    for part in parts:
        types = part.types if types is None else _both(types, part.types)
    return Facts(
        types,
        frozenset().union(*(part.speaks for part in parts)),
        _common([part.values for part in parts if part.values is not None]),
        sizes,
        _tightest([part.low for part in parts if part.low], max),
        _tightest([part.high for part in parts if part.high], min),
        frozenset().union(*(part.texts for part in parts)),
        frozenset().union(*(part.required for part in parts)),
        tuple(itertools.chain(*(part.fields for part in parts))),
        tuple(itertools.chain(*(part.items for part in parts))),
        tuple(itertools.chain(*(part.names for part in parts))),
    )


def _both(a: frozenset[str], b: frozenset[str] | None) -> frozenset[str]:
    if b is None:
        return a
    whole = ("integer" in a and "number" in b) or ("integer" in b and "number" in a)
    return (a & b) | ({"integer"} if whole else set())


def _common(lists: Sequence[tuple[Json, ...]]) -> tuple[Json, ...] | None:
    if not lists:
        return None
    keys = [{canonical_json(value) for value in values} for values in lists]
    shared = set.intersection(*keys)
    return tuple(value for value in lists[0] if canonical_json(value) in shared)
