"""`schema:FILE`: passes where the reply's JSON is valid under a JSON Schema."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from ttc_cli.answers import extract
from ttc_cli.answers.schema.validation import parse, ready, validator
from ttc_cli.core.branch import Branch
from ttc_cli.core.errors import UnreadableFile, UsageError
from ttc_cli.core.options import NoOptions
from ttc_cli.core.outcome import Question
from ttc_cli.core.verify import Graded
from ttc_cli.drawing.replies import reply
from ttc_cli.verifiers.common import NOTE_CHARS, Check, require_argument

USAGE = "schema:FILE"


def opens(argument: str) -> tuple[Path, ...]:
    """The schema's file."""
    return (Path(argument),)


def build(argument: str, options: NoOptions, *, unsafe: bool) -> Check:
    """The verifier.

    Raises UnreadableFile: the file cannot be read. UsageError: it holds no JSON Schema.
    """
    require_argument(argument, USAGE)
    checker = _validator(argument)

    def check(text: str, question: Question, stopped: threading.Event) -> Graded:
        from jsonschema.exceptions import best_match
        from referencing.exceptions import Unresolvable

        try:
            value = parse(text)
        except (ValueError, RecursionError) as error:
            return Graded(0.0, f"it is not JSON: {error}"[:NOTE_CHARS])
        try:
            wrong = best_match(checker.iter_errors(value))
        except (Unresolvable, RecursionError) as reason:
            return Graded(None, f"the schema cannot be applied: {reason}"[:NOTE_CHARS])
        if wrong is None:
            return Graded(1.0)
        return Graded(0.0, f"{wrong.json_path}: {wrong.message}"[:NOTE_CHARS])

    return Check(f"schema:{argument}", _json, check)


def _json(branch: Branch, question: Question) -> str:
    said = reply(branch)[1].strip()
    found = None if said.startswith(("{", "[")) else extract(said, "json")
    return found.text if found else said


def _validator(path: str) -> Any:
    try:
        schema = parse(Path(path).read_text("utf-8-sig"))
    except OSError as error:
        raise UnreadableFile(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON: {error}") from None
    try:
        return validator(ready(schema), formats=True)
    except UsageError as error:
        raise UsageError(f"{path} is {error.message}", error.hint) from None
