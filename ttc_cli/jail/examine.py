"""Says whether code that a model wrote passes tests: an examiner process with the tests, and an
inmate process with the code, in a jail of its own.
"""

from __future__ import annotations

import json
import threading

from ttc_cli.core.verify import Graded
from ttc_cli.jail import process
from ttc_cli.jail.lock import SCRIPTS, START_SECONDS, Layer, Limits, command, libraries, python

NOTE_CHARS = 600  # of what failed: it may be shown to the model


def examine(
    code: str,
    tests: str,
    *,
    layer: Layer,
    limits: Limits = Limits(),
    names: tuple[str, ...] = (),
    own: bool = False,
    cancel: threading.Event | None = None,
) -> Graded:
    """Whether code passes tests: 1 or 0 with what failed; None when they could not be run.

    Args:
        code: a module, untrusted.
        tests: Python: plain asserts, functions `test*`, or test cases of unittest. They see what
            the code defines by name, and as the module `solution`.
        layer: how far the code is locked in (see `require`).
        names: of the code that the tests see even where a builtin has the same name.
        own: the tests are a file of the user's, and may do what the user may; others are locked
            in as well.
        cancel: gives up.
    """
    locked = layer in (Layer.NAMESPACES, Layer.FILTER) and not own
    task = {
        "code": code, "tests": tests, "seconds": limits.clock, "memory": limits.memory,
        "command": command(layer, limits, serve="tests"), "names": names,
        "read": libraries() if locked else None,
    }  # fmt: skip
    try:
        ran = process.run(
            [*python(), str(SCRIPTS / "examiner.py")],
            stdin=json.dumps(task).encode("utf-8", "surrogatepass"),
            seconds=limits.clock + START_SECONDS,
            cancel=cancel,
        )
    except OSError as error:
        return Graded(None, f"Python cannot be started: {error.strerror}")
    return Graded(None, ran.stopped) if cancel and cancel.is_set() else _graded(ran)


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
