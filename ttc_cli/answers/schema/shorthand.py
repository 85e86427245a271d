"""A JSON schema in a few words: `name, age int, bio: one sentence`, as the llm tool has it."""

from __future__ import annotations

import re
from typing import Any

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
