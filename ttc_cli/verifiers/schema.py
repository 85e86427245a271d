"""`schema:FILE`: passes where the reply's JSON is valid under a JSON Schema."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from ttc_cli.answers import extract
from ttc_cli.core.branch import Branch
from ttc_cli.core.errors import UnreadableFile, UsageError
from ttc_cli.core.outcome import Question
from ttc_cli.core.verify import Graded
from ttc_cli.strategies.common import NoOptions as Options
from ttc_cli.strategies.common import reply
from ttc_cli.verifiers.common import NOTE_CHARS, Check, lacking

__all__ = ["USAGE", "Options", "build"]
USAGE = "schema:FILE"


def build(argument: str, options: Options, *, unsafe: bool) -> Check:
    """The verifier.

    Raises:
        UnreadableFile: the file cannot be read. UsageError: it holds no JSON Schema.
    """
    lacking(argument, USAGE)
    validator = _validator(argument)

    def check(text: str, stopped: threading.Event) -> Graded:
        from jsonschema.exceptions import best_match
        from referencing.exceptions import Unresolvable

        try:
            value = json.loads(text, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            return Graded(0.0, f"it is not JSON: {error}"[:NOTE_CHARS])
        try:
            wrong = best_match(validator.iter_errors(value))
        except (Unresolvable, RecursionError) as reason:
            return Graded(None, f"the schema cannot be applied: {reason}"[:NOTE_CHARS])
        if wrong is None:
            return Graded(1.0)
        return Graded(0.0, f"{wrong.json_path}: {wrong.message}"[:NOTE_CHARS])

    return Check(f"schema:{argument}", _json, check)


def _json(branch: Branch, question: Question) -> str:
    said = reply(branch)[1].strip()
    found = extract(said, "json") if not said.startswith(("{", "[")) else None
    return found.text if found else said


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _validator(path: str) -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import validator_for
    from referencing import Registry

    try:
        schema = json.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise UnreadableFile(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}") from None
    kind = validator_for(schema, default=Draft202012Validator)
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        raise UsageError(
            f"{path} is no JSON Schema: {error.message}", str(error.json_path)
        ) from None
    registry: Any = Registry()  # an empty one of our own: a reference is never fetched
    return kind(schema, registry=registry, format_checker=kind.FORMAT_CHECKER)
