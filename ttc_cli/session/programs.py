"""Programs as evidence for one question: whether they are, and who runs them."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from ttc_cli.core.errors import UsageError
from ttc_cli.core.programs import Ran, Runner
from ttc_cli.data.profile import Profile
from ttc_cli.data.program import above
from ttc_cli.jail import Limits, available, run_program
from ttc_cli.programs.imports import completed
from ttc_cli.programs.reliability import measured
from ttc_cli.programs.values import answer

DATA_SECONDS = 30.0
"""Of processor time, for a program that reads files: 200 MB of CSV take 8."""
NO_VALUE = "it returned nothing"


def trusted(model: str, *, wanted: str, named: bool, unsafe: bool) -> tuple[bool, str]:
    """Whether a model's programs are run as evidence, and what a person should know of it.

    Args:
        model: its name.
        wanted: the setting: auto, off or only.
        named: the strategy is `program`, whatever the setting.
        unsafe: run them with limits alone where they cannot be locked in.

    Raises:
        UsageError: programs are asked for, and none can be run here.
    """
    asked = named or wanted == "only"
    if not asked and (wanted == "off" or measured(model) is None):
        return False, ""
    why = available()
    if not why or unsafe:
        return True, ""
    line = f"programs cannot be locked in here: {why}"
    if asked:
        raise UsageError(line, "--unsafe-exec runs them with your own rights")
    return False, f"{line}; going on without them (--programs off)"


def runnable(unsafe: bool) -> bool:
    """Whether programs can be run here, locked in or with the user's word for it."""
    return unsafe or available() is None


def runner(question: str, *, unsafe: bool, data: Sequence[Profile] = ()) -> Runner:
    """Runs programs for a question, locked in.

    Args:
        question: says how a value is to be rounded.
        unsafe: run them with limits alone where they cannot be locked in.
        data: files that they may read.
    """

    limits = Limits(seconds=DATA_SECONDS) if data else Limits()

    def run(code: str, cancel: threading.Event) -> Ran:
        whole = above(data, code) + completed(code) if data else completed(code)
        paths = [one.path for one in data]
        ran = run_program(whole, data=paths, limits=limits, unsafe=unsafe, cancel=cancel)
        value = ran.printed if ran.value is None else ran.value
        said = "" if ran.error else answer(value, question)
        error = ran.error or ("" if said else NO_VALUE)
        return Ran(said, error, ran.seconds)

    return run
