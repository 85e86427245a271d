"""References, allOf, anyOf and oneOf: a schema as alternatives of facts, or a refusal."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

from ttc_cli.answers.objects import canonical_json
from ttc_cli.answers.schema.facts import KINDS, Facts, Json, merged, own, trouble
from ttc_cli.answers.schema.validation import target

NOTES = frozenset(
    {
        "$schema", "$comment", "$defs", "definitions", "title", "description", "default",
        "examples", "readOnly", "writeOnly", "deprecated", "$anchor", "$vocabulary",
        "contentMediaType", "contentEncoding", "contentSchema",  # annotations since 2019-09
        "discriminator", "example", "externalDocs", "xml", "nullable",  # OpenAPI's
        "enumNames", "enumDescriptions", "markdownDescription", "errorMessage",  # editors'
        "propertyOrdering", "propertyOrder", "strict",  # model APIs'
    }
)  # fmt: skip
"""Keywords that no value is measured by."""
COMBINING = ("type", "enum", "const", "$ref", "allOf", "anyOf", "oneOf")
MOST_ALTERNATIVES = 64


class RefusedError(ValueError):
    """A keyword that a grammar cannot guarantee; the text names it."""


class Reader:
    """Reads the schemas of one document.

    Args:
        root: the document that references point into.
    """

    def __init__(self, root: Json) -> None:
        self._root = root

    def all_of(self, schemas: Sequence[Json], following: tuple[str, ...] = ()) -> list[Facts]:
        """The alternatives of meeting all of some schemas.

        Raises RefusedError: a keyword that no grammar guarantees; it is named.
        """
        return _product([self.alternatives(schema, following) for schema in schemas])

    def alternatives(self, schema: Json, following: tuple[str, ...] = ()) -> list[Facts]:
        """The alternatives of one schema; none when it allows nothing."""
        if isinstance(schema, bool):
            return [Facts()] if schema else []
        if not isinstance(schema, dict):  # by an older draft, a newer one's keyword holds anything
            raise RefusedError(f"{schema!r:.40}, where a schema belongs")
        _check(schema, nested=schema is not self._root)
        both = [[own(schema)]]
        if "$ref" in schema:
            both.append(self._referred(schema["$ref"], following))
        if "allOf" in schema:
            both.append(self.all_of(schema["allOf"], following))
        if "anyOf" in schema:
            options = [self.alternatives(option, following) for option in schema["anyOf"]]
            both.append(list(itertools.chain(*options)))
        found = _product(both)
        if "oneOf" not in schema:
            return found
        branches = [
            _product([found, self.alternatives(option, following)]) for option in schema["oneOf"]
        ]
        for one, other in itertools.combinations(branches, 2):
            if not all(apart(a, b) for a in one for b in other):
                raise RefusedError("oneOf, of alternatives that a value could meet both")
        return list(itertools.chain(*branches))

    def _referred(self, reference: Json, following: tuple[str, ...]) -> list[Facts]:
        if not isinstance(reference, str) or reference[:2] not in ("#", "#/"):
            raise RefusedError(f"$ref {reference!r}, which is not within the schema")
        if reference in following:
            raise RefusedError(f"$ref {reference!r}, which refers to itself")
        found = target(self._root, reference)
        if not isinstance(found, dict | bool):
            raise RefusedError(f"$ref {reference!r}, which leads nowhere")
        return self.alternatives(found, (*following, reference))


def apart(a: Facts, b: Facts) -> bool:
    """Whether no value that is written for one can meet the other, and the reverse."""
    if not (_overlap(a.written, b.types) or _overlap(b.written, a.types)):
        return True
    if a.values is not None and b.values is not None:
        return not {canonical_json(v) for v in a.values} & {canonical_json(v) for v in b.values}
    if not a.written == b.written == {"object"}:
        return False
    return (
        _forbids(a, b.required)
        or _forbids(b, a.required)
        or any(
            (mine := _fixed(a, name)) and (theirs := _fixed(b, name)) and not mine & theirs
            for name in a.required & b.required
        )
    )


def _forbids(facts: Facts, names: Iterable[str]) -> bool:
    """Whether an object cannot have one of some properties."""
    return any(fields.of(name) == [False] for fields in facts.fields for name in names)


def _fixed(facts: Facts, name: str) -> set[str]:
    """The values that a property may have, where they are named."""
    found = []
    for fields in facts.fields:
        schema = fields.named.get(name)
        if isinstance(schema, dict) and ("const" in schema or isinstance(schema.get("enum"), list)):
            values = [schema["const"]] if "const" in schema else schema["enum"]
            found.append({canonical_json(value) for value in values})
    return set.intersection(*found) if found else set()


def _overlap(written: frozenset[str], allowed: frozenset[str] | None) -> bool:
    if allowed is None or written & allowed:
        return True
    numbers = {"integer", "number"}
    return bool(written & numbers and allowed & numbers)


def _product(parts: Sequence[list[Facts]]) -> list[Facts]:
    if (count := math.prod(map(len, parts))) > MOST_ALTERNATIVES:
        raise RefusedError(f"{count} alternatives in anyOf and allOf together")
    found = [merged(combination) for combination in itertools.product(*parts)]
    return [facts for facts in found if facts.types is None or facts.types]


def _check(schema: dict[str, Json], *, nested: bool) -> None:
    known = NOTES.union(COMBINING, *KINDS.values(), () if nested else ("$id", "id"))
    for keyword in schema:
        if keyword not in known and not keyword.startswith("x-"):
            raise RefusedError(keyword)
    if wrong := trouble(schema):
        raise RefusedError(wrong)
    if schema.get("uniqueItems"):
        raise RefusedError("uniqueItems")
    if schema.get("multipleOf", 1) != 1:
        raise RefusedError("multipleOf")
