"""Running code that a model wrote: locked in where the kernel can, refused where it cannot.

What is isolated on which platform stands in docs/sandbox.md. The pieces are in `boxed`: an
examiner process with the tests, and an inmate process with the code, in a jail.
"""

from __future__ import annotations

import functools
import json
import math
import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ttc_cli.core.errors import UsageError
from ttc_cli.core.verify import Graded
from ttc_cli.verifiers import process
from ttc_cli.verifiers.common import NOTE_CHARS

SCRIPTS = Path(__file__).parent / "boxed"
START_SECONDS = 5.0
"""On top of a time limit, for interpreters to start on a busy machine."""
HINT = "add --unsafe-exec to run it with your own rights, best in a container"


@dataclass(frozen=True, slots=True)
class Limits:
    """What code may use up.

    Args:
        seconds: of processor time, for each of its processes; twice as many of the clock, since
            the machine may be busy.
        memory: bytes, of each process, and where it is locked in of all together.
        file, folder: bytes of one file, and of the only folder where it can write.
        files, processes: open at once, and alive at once (threads included).
    """

    seconds: float = 5.0
    memory: int = 512 << 20
    file: int = 8 << 20
    folder: int = 16 << 20
    files: int = 32
    processes: int = 8

    @property
    def clock(self) -> float:
        """Seconds on the clock, for all of it."""
        return 2 * self.seconds

    def config(self, *, isolate: bool) -> dict[str, Any]:
        """As `boxed/jail.py` takes them, with the command that serves the code."""
        return {
            "isolate": isolate,
            "read": [sys.base_prefix, os.path.realpath(SCRIPTS)],
            "cpu": math.ceil(self.seconds),
            "memory": self.memory,
            "file": self.file,
            "folder": self.folder,
            "files": self.files,
            "processes": self.processes,
            "command": [*python(), os.path.realpath(SCRIPTS / "inmate.py")],
        }


def python() -> list[str]:
    """An interpreter that knows nothing of this environment, and the packages in it."""
    return [os.path.realpath(sys.executable), "-I", "-S", "-B"]


@functools.cache
def trouble() -> str:
    """Why code cannot be locked in here; empty when it can. Found out by trying, once."""
    if sys.platform != "linux":
        return f"{sys.platform} has no namespaces"
    graded = examine("def one():\n    return 1\n", "assert one() == 1", isolate=True)
    return "" if graded.score is not None else graded.note


def require(*, unsafe: bool) -> bool:
    """Whether code is locked in (True), or runs with the user's rights, since they said so.

    Raises:
        UsageError: it cannot be locked in, and nobody said that it may run nevertheless.
    """
    why = trouble()
    if why and not unsafe:
        raise UsageError(f"the model's code cannot be locked in here: {why}", HINT)
    return not why


def examine(
    code: str,
    tests: str,
    *,
    isolate: bool,
    limits: Limits = Limits(),
    names: tuple[str, ...] = (),
    cancel: threading.Event | None = None,
) -> Graded:
    """Whether code passes tests: 1 or 0 with what failed; None when they could not be run.

    Args:
        code: a module, untrusted.
        tests: Python, trusted: plain asserts, functions `test*`, or test cases of unittest. They
            see what the code defines by name, and as the module `solution`.
        isolate: lock the code in (see `trouble`).
        names: of the code that the tests see even where a builtin has the same name.
        cancel: gives up.
    """
    jail = [*python(), str(SCRIPTS / "jail.py"), json.dumps(limits.config(isolate=isolate))]
    task = {
        "code": code, "tests": tests, "seconds": limits.clock, "memory": limits.memory,
        "command": jail, "names": names,
    }  # fmt: skip
    try:
        ran = process.run(
            [*python(), str(SCRIPTS / "examiner.py")],
            stdin=json.dumps(task).encode("utf-8", "surrogatepass"),
            seconds=limits.clock + START_SECONDS,
            cancel=cancel or threading.Event(),
            gently=True,
        )
    except OSError as error:
        return Graded(None, f"Python cannot be started: {error.strerror}")
    if cancel and cancel.is_set():
        return Graded(None, ran.stopped)
    return _graded(ran)


def _graded(ran: process.Ran) -> Graded:
    """What an examiner's last words mean: only its explicit word that the tests passed is a pass.

    An examiner without last words was brought down by the code: that is no pass.
    """
    try:
        verdict = json.loads(ran.out)
    except ValueError:
        last = ran.stopped or next(iter(ran.err.strip().splitlines()[-1:]), f"exit code {ran.code}")
        return Graded(0.0, f"the tests broke off: {last}"[:NOTE_CHARS])
    if "broken" in verdict:
        return Graded(None, verdict["broken"][:NOTE_CHARS])
    if verdict["passed"] is True:
        return Graded(1.0)
    return Graded(0.0, verdict["note"][:NOTE_CHARS])
