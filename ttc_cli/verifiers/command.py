"""`exec:CMD`: a command of the user's judges the candidate that it gets on stdin.

Exit 0 passes; if its last line is then a number in [0, 1], that is the score. Any other exit code
fails. A command that cannot be started, is killed or takes too long has not judged. It runs with
the user's rights, in a process group of its own, without the user's secrets in its environment.
"""

from __future__ import annotations

import shlex
import shutil
import threading
from dataclasses import dataclass

from ttc_cli.core.errors import UsageError
from ttc_cli.core.options import option
from ttc_cli.core.outcome import Question
from ttc_cli.core.verify import Graded
from ttc_cli.jail import process
from ttc_cli.jail.lock import watched
from ttc_cli.verifiers.common import INPUT, NOTE_CHARS, Check, picker, require_argument

USAGE = "exec:CMD"
NOT_RUN = (126, 127)  # exit codes by which shells say that a command could not be run


@dataclass(frozen=True, slots=True)
class Options:
    """Of the verifier."""

    input: str = option("answer", **INPUT)
    seconds: float = option(10.0, "time limit for one candidate")


def build(argument: str, options: Options, *, unsafe: bool) -> Check:
    """The verifier. Raises UsageError: no command, or one that cannot be found."""
    try:
        words = shlex.split(argument)
    except ValueError as error:
        raise UsageError(
            f"cannot read the command {argument!r}: {error}", "check the quotes"
        ) from None
    require_argument(" ".join(words), USAGE)
    if shutil.which(words[0]) is None:
        raise UsageError(f"there is no command {words[0]!r}", "give its path, or sh -c '...'")

    def check(text: str, question: Question, stopped: threading.Event) -> Graded:
        return judge(words, text, options.seconds, stopped)

    return Check(f"exec:{argument}", picker(options.input), check)


def judge(words: list[str], text: str, seconds: float, stopped: threading.Event) -> Graded:
    """Run the command on one candidate."""
    data = text.encode("utf-8", "replace")
    try:
        command = [*watched(seconds), *words]
        ran = process.run(command, stdin=data, seconds=seconds, cancel=stopped)
    except OSError as error:
        return Graded(None, f"it cannot be run: {error.strerror}")
    if ran.stopped:
        return Graded(None, ran.stopped)
    said = (ran.out.strip() + "\n" + ran.err.strip()).strip()[-NOTE_CHARS:]
    if ran.code < 0 or ran.code in NOT_RUN:
        return Graded(None, f"it ended with {ran.code}: {said}".rstrip(": "))
    if ran.code:
        return Graded(0.0, said or f"exit code {ran.code}")
    return Graded(_score(ran.out))


def _score(out: str) -> float:
    """The number in [0, 1] on the last line; 1 when there is none."""
    lines = out.strip().splitlines()
    try:
        number = float(lines[-1]) if lines else 1.0
    except ValueError:
        return 1.0
    return number if 0 <= number <= 1 else 1.0
