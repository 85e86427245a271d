"""A sink that keeps a run in the log. A log that cannot be used costs one line, never the run."""

from __future__ import annotations

import contextlib
import json
import os
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ttc_cli.core.errors import TtcError, UsageError
from ttc_cli.core.events import Done, Event, Score, Start, Tick, encode
from ttc_cli.store import runs
from ttc_cli.store.log import Entry, Log, LogUnusable

SIGNALLED = (130, 143)
INTERRUPTED = 130


class Recorder:
    """Logs a run, as a context around it that also takes its events.

    Set `code` to the run's exit code before the context ends; an error that leaves the context
    brings its own. A run that was refused for its flags before it started is no run: of it
    nothing stays, unless another process began it and waits to be told.

    Args:
        folder: of the log; None keeps nothing. entry: the run as it begins.
        began: monotonic seconds of the process's start, from which events count.
        say: takes one line when the log cannot be used.
        days, megabytes: how much of the log is kept, None for all.
    """

    def __init__(
        self, folder: Path | None, entry: Entry, began: float, say: Callable[[str], None], *,
        days: float | None = None, megabytes: float | None = None,
    ) -> None:  # fmt: skip
        self.code = 0
        self._folder, self._entry, self._began, self._say = folder, entry, began, say
        self._limits = {"days": days, "megabytes": megabytes}
        self._log: Log | None = None
        self._ours = False
        self._packer = zlib.compressobj()
        self._packed: list[bytes] = []
        self._plan: dict[str, Any] = {}
        self._result: dict[str, Any] | None = None
        self._scores: dict[str, dict[str, float]] = {}

    def __enter__(self) -> Recorder:
        if self._folder is not None:
            try:
                self._log = Log(self._folder)
                self._ours = self._log.begin(self._entry, os.getpid())
            except LogUnusable as error:
                self._give_up(error)
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        told = ("", "")
        if isinstance(error, TtcError):
            self.code, told = error.exit_code, (error.message, error.hint)
        elif isinstance(error, KeyboardInterrupt | GeneratorExit):  # stopped, or nobody reads on
            self.code = INTERRUPTED
        elif error is not None:
            self.code, told = 1, (f"{type(error).__name__}: {error}", "")
        self.end(told)

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        if self._log is None or isinstance(event, Tick):
            return
        if isinstance(event, Start):
            self._plan = {**event.plan, "request": event.request, "estimate": event.estimate}
        elif isinstance(event, Score) and event.score is not None:
            branch = ".".join(map(str, event.branch))
            self._scores.setdefault(branch, {})[event.verifier] = event.score
        elif isinstance(event, Done):
            self._result = event.result
        line = {"t": round(time.monotonic() - self._began, 3), **encode(event)}
        self._packed.append(self._packer.compress(json.dumps(line, default=str).encode() + b"\n"))

    def leave(self, code: int) -> None:
        """Complete the run from a signal's handler, before the process ends with `code`."""
        self.code = code
        with contextlib.suppress(Exception):  # it may have come in the middle of anything
            self.end()

    def end(self, told: tuple[str, str] = ("", "")) -> None:
        """Complete the run in the log; once is enough."""
        if self._log is None:
            return
        try:
            if self._ours and not self._plan and self.code == UsageError.exit_code:
                self._log.remove([self._entry.id])
            else:
                self._finish(self._log, told)
            self._log.prune(**self._limits)
            self._log.close()
        except LogUnusable as error:
            self._give_up(error)
        self._log = None

    def _finish(self, log: Log, told: tuple[str, str]) -> None:
        state = runs.DONE if self._result is not None else runs.FAILED
        if self.code in SIGNALLED or (self.code == 0 and self._result is None):
            state = runs.INTERRUPTED  # by a signal, or by a reader that left
        events = b"".join((*self._packed, self._packer.flush()))
        log.finish(
            self._entry.id, state, self.code, plan=self._plan, result=self._result,
            scores=self._scores, error=told, events=events,
        )  # fmt: skip

    def _give_up(self, error: LogUnusable) -> None:
        self._say(f"not logged: {error}")
        if self._log is not None:
            with contextlib.suppress(LogUnusable):
                self._log.close()
            self._log = None
