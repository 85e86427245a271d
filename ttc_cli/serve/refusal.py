"""Errors in the API's own form: a status, and a body with message, type, param and code."""

from __future__ import annotations

import os
import re
import traceback
from typing import Any

from ttc_cli.core.errors import (
    BranchesFailed,
    BudgetSpent,
    ContextOverflow,
    EngineFailed,
    Interrupted,
    NoAnswer,
    TtcError,
    UsageError,
    masked,
)
from ttc_cli.core.events import Done, Event
from ttc_cli.serve.fields import SAID
from ttc_cli.serve.jobs import PARTS

INVALID, REFUSED, FAILED = "invalid_request_error", "no_answer_error", "server_error"
"""Types of errors: the body is wrong, there is no answer, the server could not."""
KINDS: dict[type[TtcError], tuple[int, str, str]] = {
    ContextOverflow: (400, INVALID, "context_length_exceeded"),
    UsageError: (400, INVALID, "invalid_value"),
    NoAnswer: (422, REFUSED, "no_answer"),
    BudgetSpent: (422, REFUSED, "budget_spent"),
    EngineFailed: (503, FAILED, "engine_unavailable"),
    BranchesFailed: (503, FAILED, "engine_unavailable"),
    Interrupted: (503, FAILED, "engine_unavailable"),
}  # (status, type, code) of our own errors; others are 500
CLOSING = "the server is closing down"
FLAGS = {flag: f"ttc.{name}" for name, row in SAID.items() for flag in row.names}
"""Fields of a request that stand for flags."""
COMMANDS = re.compile(r"(?<![\w-])--?[A-Za-z][\w-]*|`ttc ")
MOST_SAID = 200  # characters of what is wrong with a value: it may say the value back
RETRY_SECONDS = 5  # what Retry-After says where nothing is known


class ApiError(Exception):
    """What a client is told instead of an answer.

    Args:
        status: of HTTP. param: the field of the body that is at fault.
        after: seconds after which another attempt makes sense.
    """

    def __init__(
        self, status: int, message: str, *, kind: str = INVALID, code: str | None = None,
        param: str | None = None, after: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.status, self.message = status, message
        self.kind, self.code, self.param = kind, code, param
        self.headers = {} if after is None else {"Retry-After": str(min(60, max(1, round(after))))}

    def body(self) -> dict[str, Any]:
        """The error as JSON has it."""
        told = {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}
        return {"error": told}


def refused(message: str, param: str | None = None, code: str = "invalid_value") -> ApiError:
    """A body that cannot be honoured as it is."""
    return ApiError(400, masked(message), code=code, param=param)


def told(error: TtcError) -> ApiError:
    """An error of ours as the API has it; of one that is the server's own affair, that it is."""
    known = foreseen(error)
    if known is None:
        return ApiError(500, "the server failed; it says why", kind=FAILED, code="internal_error")
    status, kind, code = KINDS[known]
    after = RETRY_SECONDS if status == 503 else None
    said = f"{error.message:.{MOST_SAID}}" if known is UsageError else error.message
    message = "; ".join(filter(None, (said, in_fields(error.hint))))
    return ApiError(status, message, kind=kind, code=code, after=after)


def in_fields(hint: str) -> str:
    """A hint with fields of a request for flags; empty for one that is for a command line alone."""
    said = COMMANDS.sub(lambda flag: FLAGS.get(flag[0], flag[0]), hint)
    return "" if COMMANDS.search(said) else said


def foreseen(error: TtcError) -> type[TtcError] | None:
    """The kind of an error that a client is told of; None for one that the server is."""
    return next((kind for kind in type(error).__mro__ if kind in KINDS), None)


def lacking(event: Event) -> ApiError | None:
    """Why a result is not to be passed off as an answer; None where it is one, or a part of one.

    A part is told of as the API does: its `finish_reason` is "length".
    """
    error = event.result.get("error") if isinstance(event, Done) else None
    if error is None or error["code"] in PARTS:
        return None
    assert isinstance(event, Done)
    rejected = error["code"] == NoAnswer.exit_code
    if rejected and event.result["ttc"]["stopped"] == "interrupted":  # others were to come
        return told(Interrupted(f"{CLOSING}: {error['message']}"))
    return told((NoAnswer if rejected else EngineFailed)(error["message"], error["hint"]))


def bug(error: Exception) -> TtcError:
    """What nobody foresaw, told without what a client said; its traceback with TTC_DEBUG=1."""
    if os.environ.get("TTC_DEBUG") == "1":
        traceback.print_exception(error)
    return TtcError(f"a bug in ttc: {type(error).__name__}", "TTC_DEBUG=1 shows where")
