"""JSON, and whether it is valid under a schema: what is read strictly, by which draft."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from ttc_cli.answers.schema.facts import Json
from ttc_cli.core.errors import UsageError


def parse(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError, RecursionError: it is none; NaN and Infinity are not JSON either.
    """
    return json.loads(text, parse_constant=_no_number)


def validator(schema: Json, *, formats: bool = False) -> Any:
    """Checks values; of the schema's own draft, by default the latest, or else draft 7.

    References are never fetched.

    Args:
        formats: hold `format` against texts, too.

    Raises:
        UsageError: it is no schema.
    """
    from jsonschema import Draft7Validator, Draft202012Validator, SchemaError
    from jsonschema.validators import validator_for
    from referencing import Registry

    if not isinstance(schema, dict | bool):
        raise UsageError("not a JSON schema: that is an object", 'such as {"type": "object"}')
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
    raise UsageError(f"not a JSON schema: {problem.message}" + (f" (at {at})" if at else ""))


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")
