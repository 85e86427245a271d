"""JSON read strictly, schemas of a bearable size, and whether one is valid under the other.

A schema may be said in a few words too: `name, age int, bio: one sentence`, as the llm tool has it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn
from urllib.parse import unquote

from ttc_cli.answers.schema.ecma import Json, PatternError, schema_to_python
from ttc_cli.core.errors import UsageError


def parse(text: str) -> Any:
    """The value of a JSON text.

    Raises ValueError, RecursionError: it is none; NaN and Infinity are not JSON either.
    """
    return json.loads(text, parse_constant=_no_number)


def ready(schema: Json) -> Json:
    """The schema as it is worked with: of a bearable size, its patterns in Python's spelling.

    Raises UsageError: it is no schema, too large, or has a pattern that is none; says which.
    """
    if not isinstance(schema, dict | bool):
        raise UsageError("not a JSON schema: that is an object", 'such as {"type": "object"}')
    if isinstance(schema, dict) and not isinstance(schema.get("$schema", ""), str):
        raise UsageError("not a JSON schema: its $schema is no text", "name a draft, or leave it")
    try:
        json.dumps(schema, ensure_ascii=False).encode()
        check(schema)
        return schema_to_python(schema)
    except TooLargeError as error:
        raise UsageError(f"the schema {error}", "ask for less at once") from None
    except UnicodeEncodeError:
        raise UsageError("the schema holds half a character (a lone surrogate)") from None
    except RecursionError:
        raise UsageError("the schema's references go too far", "say it in fewer steps") from None
    except PatternError as error:
        hint = "patterns are those of ECMA-262, with its u flag"
        raise UsageError(f"the schema's pattern {error}", hint) from None


def validator(schema: Json, *, formats: bool = False) -> Any:
    """Checks values under a `ready` schema, by its own draft, else the latest, else draft 7.

    References are never fetched.

    Args:
        formats: hold `format` against texts, too.

    Raises UsageError: it is no schema.
    """
    from jsonschema import Draft7Validator, Draft202012Validator, SchemaError
    from jsonschema.validators import validator_for
    from referencing import Registry

    latest = validator_for(schema, default=Draft202012Validator)
    own = isinstance(schema, dict) and "$schema" in schema
    problems = []
    nothing: Any = Registry()
    for draft in (latest,) if own else (latest, Draft7Validator):
        try:
            draft.check_schema(schema)
        except SchemaError as error:
            problems.append(error)
        else:
            checker = draft.FORMAT_CHECKER if formats else None
            return draft(schema, registry=nothing, format_checker=checker)
    problem = problems[0]
    at = "/".join(map(str, problem.absolute_path))
    raise UsageError(f"not a JSON schema: {problem.message!s:.200}" + (f" (at {at})" if at else ""))


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


MOST_DEPTH = 64  # objects and lists inside one another
MOST_PARTS = 20_000  # objects, lists and values of the whole document
MOST_APPLIED = 5_000  # schemas that one value is held against, once references are followed
MOST_ENTRIES = {
    "enum": 1000, "properties": 500, "required": 500, "prefixItems": 200, "items": 200,
    "patternProperties": 100, "allOf": 64, "anyOf": 64, "oneOf": 64,
}  # fmt: skip


class TooLargeError(ValueError):
    """What is too large, and both numbers."""


def check(schema: Json) -> None:
    """Refuse a schema that would take too much time or memory. Raises TooLargeError: as it says."""
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
    within = [schema[word] for word in ("not", "if", "then", "else") if word in schema]
    lists = [schema.get(word) for word in ("allOf", "anyOf", "oneOf")]
    within += [part for parts in lists if isinstance(parts, list) for part in parts]
    within += [target(root, schema["$ref"])] if "$ref" in schema else []
    total = 1 + sum(_applied(part, root, costs) for part in within)
    costs[id(schema)] = min(total, MOST_APPLIED + 1)
    return costs[id(schema)]


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


_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
_FIELD = re.compile(r"(?P<name>\w+)(?:\s+(?P<type>str|int|float|bool))?(?:\s*:\s*(?P<about>.+))?")


def schema_of(text: str) -> dict[str, Any] | None:
    """An object with these fields, all of them required; None when the text is no list of fields.

    Fields stand between commas, or a line each where a description may hold commas.
    """
    parts = text.strip().split("\n" if "\n" in text.strip() else ",")
    found = [_FIELD.fullmatch(part.strip()) for part in parts if part.strip()]
    if not found or None in found:
        return None
    fields = {field["name"]: _property(field) for field in found if field}
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def _property(field: re.Match[str]) -> dict[str, str]:
    about = {"description": field["about"]} if field["about"] else {}
    return {"type": _TYPES[field["type"] or "str"], **about}
