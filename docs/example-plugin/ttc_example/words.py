"""`-V words:N`: passes replies of at most N words."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from ttc_cli.core.errors import UsageError
from ttc_cli.core.outcome import Question
from ttc_cli.core.verify import Graded
from ttc_cli.verifiers.common import INPUT, Check, picker

USAGE = "words:N"


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the verifier: `-O input=answer`."""

    input: str = field(default="reply", metadata=INPUT)


def build(argument: str, options: Options, *, unsafe: bool) -> Check:
    """The verifier; `unsafe` is for those that run what a model wrote.

    Raises:
        UsageError: no number.
    """
    if not argument.isdecimal():
        raise UsageError(f"words takes a number, not {argument!r}", f"write {USAGE}")
    most = int(argument)

    def check(text: str, question: Question, stopped: threading.Event) -> Graded:
        count = len(text.split())
        return Graded(1.0) if count <= most else Graded(0.0, f"{count} words; at most {most}")

    return Check(f"words:{most}", picker(options.input), check)
