"""Programs as evidence for one question: whether they are, and who runs them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from ttc_cli.core.errors import UsageError
from ttc_cli.core.programs import Ran, Runner
from ttc_cli.jail import available, run_program, tagged
from ttc_cli.programs.imports import completed
from ttc_cli.programs.reliability import measured
from ttc_cli.programs.values import answer

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


def runner(question: str, *, unsafe: bool, data: Sequence[Path] = ()) -> Runner:
    """Runs programs for a question, locked in.

    Args:
        question: says how a value is to be rounded.
        unsafe: run them with limits alone where they cannot be locked in.
        data: files that they may read.
    """

    def run(code: str, cancel: threading.Event) -> Ran:
        ran = run_program(completed(code), data=data, unsafe=unsafe, cancel=cancel)
        value = ran.printed if ran.value is None else ran.value
        said = "" if ran.error else answer(value, question)
        error = ran.error or ("" if said else NO_VALUE)
        return Ran(said, tagged(value) if said else None, error, ran.seconds)

    return run
