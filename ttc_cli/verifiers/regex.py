"""`regex:PATTERN`: passes where the pattern is found."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import regex

from ttc_cli.core.errors import UsageError
from ttc_cli.core.options import option
from ttc_cli.core.outcome import Question
from ttc_cli.core.verify import Graded
from ttc_cli.verifiers.common import INPUT, Check, opens_nothing, picker, require_argument

USAGE = "regex:PATTERN"
opens = opens_nothing
SECONDS = 2.0  # for one search: a careless pattern can take for ever


@dataclass(frozen=True, slots=True)
class Options:
    """Of the verifier."""

    input: str = option("answer", **INPUT)


def build(argument: str, options: Options, *, unsafe: bool) -> Check:
    """The verifier. Raises UsageError: no pattern, or one that is none."""
    require_argument(argument, USAGE)
    try:
        pattern = regex.compile(argument)
    except regex.error as error:
        raise UsageError(
            f"{argument!r} is no regular expression: {error}", "Python's syntax; quote it"
        ) from None

    def check(text: str, question: Question, stopped: threading.Event) -> Graded:
        try:
            found = pattern.search(text, timeout=SECONDS, concurrent=True)
        except TimeoutError:
            return Graded(None, f"the pattern was not done after {SECONDS:g} s")
        return Graded(1.0) if found else Graded(0.0, f"it does not match {argument}")

    return Check(f"regex:{argument}", picker(options.input), check)
