"""A logged run shown once more, at a speed of one's own."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from ttc_cli.cli.asking import look
from ttc_cli.core.errors import UsageError
from ttc_cli.settings import Flags, load
from ttc_cli.store.log import Log
from ttc_cli.store.runs import Run
from ttc_cli.views.live import make


def replay(log: Log, run: Run, speed: float) -> None:
    """Feed a run's events to the view that it had, or would have had on this terminal.

    Args:
        speed: times as fast as it was; 0 for no waiting.

    Raises:
        UsageError: the run has no events: it is under way, or was lost.
    """
    events = list(log.events(run))
    if not events:
        raise UsageError(f"{run.id} has no events", f"it is {run.standing}")
    settings = load({}, cwd=Path.cwd(), environ=os.environ)
    before = events[0][0]
    view = make(look(settings, Flags()), sys.stdout, sys.stderr, lambda: before)
    try:
        for seconds, event in events:
            if speed and seconds > before:
                time.sleep((seconds - before) / speed)
            before = seconds
            view(event)
    finally:
        view.end()
