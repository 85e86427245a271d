"""`ttc ask --detach`: a run in a process of its own, without a terminal, found in the log."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ttc_cli.cli.asking import Flags, Output
from ttc_cli.cli.logged import asked_before, entry
from ttc_cli.core.errors import TtcError, UsageError
from ttc_cli.settings import Settings, log_dir
from ttc_cli.store.log import Log
from ttc_cli.store.runs import FAILED, Run

if TYPE_CHECKING:
    from ttc_cli.session.loaded import Ask


def detach(
    settings: Settings, ask: Ask, flags: Mapping[str, object], asked: Flags, how: Output
) -> None:
    """Begin a run in the log and start a process that works on it.

    Raises:
        UsageError: nothing is logged, or the answer is wanted here.
        LogUnusable: the log cannot be written.
    """
    if not settings.log:
        raise UsageError("--detach needs the log", "leave --no-log out, or set log = true")
    if how.json or how.jsonl or how.extract or asked.dry_run:
        raise UsageError(
            "--detach prints the run's id and nothing else",
            "give --json or -x to `ttc logs wait`",
        )
    begun = entry(settings, ask, flags, asked)
    output = {
        "file": how.file and str(how.file.absolute()),
        "min_agreement": how.min_agreement,
        "allow_rejected": how.allow_rejected,
    }
    with Log(log_dir()) as log:
        log.begin(replace(begun, request={**begun.request, "output": output}), os.getpid())
        try:
            log.begin(begun, _start(ask.id).pid)
        except OSError as error:
            why = f"cannot start a process: {error.strerror or error}"
            log.finish(ask.id, FAILED, 1, error=(why, ""))
            raise TtcError(why, "run without --detach") from error


def _start(run_id: str) -> subprocess.Popen[bytes]:
    """A process with a session of its own: closing the terminal does not end it."""
    windows = 0
    for name in ("DETACHED_PROCESS", "CREATE_NEW_PROCESS_GROUP"):  # none elsewhere
        windows |= getattr(subprocess, name, 0)
    return subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", "ttc_cli", "logs", "work", run_id],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        creationflags=windows,
    )


def taken_up(log: Log, run: Run) -> tuple[dict[str, Any], Flags, Output]:
    """(settings, flags, output) of a run that was begun by `detach`."""
    settings, flags = asked_before(log, run)
    return settings, replace(flags, run=run.id), wanted(run)


def wanted(run: Run) -> Output:
    """How the result of a run in the background was wanted."""
    kept = dict(run.request.get("output", {}))
    file = kept.pop("file", None)
    return Output(file=Path(file) if file else None, **kept)
