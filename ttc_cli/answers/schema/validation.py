"""JSON, and whether it is valid under a schema: what is read strictly, by which draft."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from ttc_cli.answers.schema import limits
from ttc_cli.answers.schema.ecma import PatternError, schema_to_python
from ttc_cli.answers.schema.facts import Json
from ttc_cli.core.errors import UsageError


def parse(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError, RecursionError: it is none; NaN and Infinity are not JSON either.
    """
    return json.loads(text, parse_constant=_no_number)


def ready(schema: Json) -> Json:
    """The schema as it is worked with: of a bearable size, its patterns in Python's spelling.

    Raises:
        UsageError: it is no schema, too large, or has a pattern that is none; says which.
    """
    if not isinstance(schema, dict | bool):
        raise UsageError("not a JSON schema: that is an object", 'such as {"type": "object"}')
    if isinstance(schema, dict) and not isinstance(schema.get("$schema", ""), str):
        raise UsageError("not a JSON schema: its $schema is no text", "name a draft, or leave it")
    try:
        json.dumps(schema, ensure_ascii=False).encode()
        limits.check(schema)
        return schema_to_python(schema)
    except limits.TooLargeError as error:
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

    Raises:
        UsageError: it is no schema.
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
