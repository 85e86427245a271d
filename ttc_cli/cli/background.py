"""`ttc ask --detach`: a run in a process of its own, without a terminal, found in the log."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from ttc_cli.cli.logged import Known, asked_before
from ttc_cli.cli.options import Given
from ttc_cli.core.errors import TtcError, UsageError
from ttc_cli.settings import Flags, Settings, log_dir
from ttc_cli.store.log import Log
from ttc_cli.store.processes import start_apart
from ttc_cli.store.runs import FAILED, Entry, Run


def detach(settings: Settings, begun: Entry, flags: Flags) -> None:
    """Begin a run in the log and start a process that works on it.

    Raises:
        UsageError: nothing is logged, or the answer is wanted here.
        LogUnusable: the log cannot be written.
    """
    if not settings.log:
        raise UsageError("--detach needs the log", "leave --no-log out, or set log = true")
    if flags.as_json or flags.jsonl or flags.extract or flags.dry_run:
        raise UsageError(
            "--detach prints the run's id and nothing else",
            "give --json or -x to `ttc logs wait`",
        )
    output = {
        "output": flags.output and str(flags.output.absolute()),
        "min_agreement": flags.min_agreement,
        "min_confidence": flags.min_confidence,
        "allow_rejected": flags.allow_rejected,
        "refresh": flags.refresh,
    }
    with Log(log_dir()) as log:
        log.begin(replace(begun, request={**begun.request, "flags": output}), os.getpid())
        try:
            log.begin(begun, start_apart(["logs", "work", begun.id]).pid)
        except OSError as error:
            why = f"cannot start a process: {error.strerror or error}"
            log.finish(begun.id, FAILED, 1, error=(why, ""))
            raise TtcError(why, "run without --detach") from error


def taken_up(log: Log, run: Run) -> tuple[Given, Known]:
    """A run that was begun by `detach`: settings and flags, and the question."""
    settings, known = asked_before(log, run)
    return Given(settings, wanted(run)), replace(known, run=run.id)


def wanted(run: Run) -> Flags:
    """How the result of a run in the background was wanted."""
    kept = run.request.get("flags", {})
    file = kept.get("output")
    return Flags(**{**kept, "output": Path(file) if file else None})
