"""The form that an answer must have, given as a JSON schema."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path

from referencing.exceptions import Unresolvable

from ttc_cli.answers.objects import canonical_json
from ttc_cli.answers.schema.compiler import compile_schema
from ttc_cli.answers.schema.facts import Json
from ttc_cli.answers.schema.reader import NOTES, RefusedError
from ttc_cli.answers.schema.shapes import TooLongError
from ttc_cli.answers.schema.validation import parse, ready, schema_of, validator
from ttc_cli.core.errors import UnreadableFile, UsageError

HINT = "leave it out, or say it otherwise: ttc only takes what a grammar can guarantee"


class AnswerSchema:
    """A JSON schema as a strategy needs it: a grammar to draw under, a check, an end for cut texts.

    Args:
        schema: the parsed document.

    Raises UsageError: not a schema; a keyword that cannot be guaranteed, by name; no value fits.
    """

    def __init__(self, schema: Json) -> None:
        usable = ready(schema)
        self._validator = validator(usable)
        self.source = json.dumps(schema, ensure_ascii=False)
        self.text = json.dumps(_bare(schema), ensure_ascii=False)
        try:
            self._grammar = compile_schema(usable, self._fits)
        except RefusedError as error:
            raise UsageError(f"the schema uses {error}", HINT) from None
        except RecursionError:
            raise UsageError("the schema's references go too far", HINT) from None
        except Unresolvable:
            raise UsageError("a reference of the schema leads nowhere", HINT) from None
        except TooLongError:
            raise UsageError("the shortest answer under the schema is too long", HINT) from None
        except ValueError:
            raise UsageError("no value can satisfy the schema", "check its bounds") from None

    @classmethod
    def read(cls, source: str) -> AnswerSchema:
        """From JSON, from a file of it, or from names of fields (see `shorthand`).

        Raises:
            UnreadableFile: there is no such file.
            UsageError: as for the class; or it is not JSON.
        """
        text, name = source, "the schema"
        if not source.lstrip().startswith(("{", "[")) and source.strip() not in ("true", "false"):
            name = source
            try:
                text = Path(source).read_text(encoding="utf-8-sig")
            except (OSError, ValueError) as error:
                fields = schema_of(source) if re.search(r"[,:\s]", source) else None
                if fields is not None:
                    return cls(fields)
                reason = getattr(error, "strerror", None) or str(error)
                raise UnreadableFile(
                    f"cannot read the schema {source}: {reason.lower()}",
                    "a file, JSON, or fields such as 'name, age int'",
                ) from None
        try:
            parse(text)
        except (ValueError, RecursionError) as error:
            raise UsageError(
                f"{name} is not JSON: {error}", "check it with python -m json.tool"
            ) from None
        return _compiled(text)

    def grammar(self, said: str = "") -> str:
        """The grammar of what may follow the start of an answer, for an engine."""
        return self._grammar.gbnf(said)

    def valid(self, text: str) -> str | None:
        """The answer in canonical JSON; None when it is not valid."""
        try:
            value = parse(text)
            valid = self._validator.is_valid(value)
        except (ValueError, RecursionError, Unresolvable):
            return None
        return canonical_json(value) if valid else None

    def closing(self, text: str) -> str | None:
        """The shortest rest that makes a cut-off answer valid; None when it cannot become so."""
        return self._grammar.closing(text)

    def _fits(self, schema: Json, value: Json) -> bool:
        return bool(self._validator.evolve(schema=schema).is_valid(value))


@lru_cache(8)
def _compiled(text: str) -> AnswerSchema:
    """The schema of a JSON text: it is checked with a request, and needed by each of its runs."""
    return AnswerSchema(parse(text))


def _bare(schema: Json) -> Json:
    """The schema as the model is shown it: without what says nothing of the answer."""
    dropped = NOTES - {"$defs", "definitions", "title", "description", "examples"}
    if not isinstance(schema, dict):
        return schema
    return {key: value for key, value in schema.items() if key not in dropped}
