"""Runs that are put in a log."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from ttc_cli.core.events import (
    Close,
    Done,
    Event,
    Note,
    Open,
    Score,
    Spent,
    Start,
    StepDone,
    Text,
    Vote,
)
from ttc_cli.store.log import Entry
from ttc_cli.store.recorder import Recorder

EVENTS: list[Event] = [
    Start({"prompt": "é\n"}, {"strategy": "direct"}, {"tokens": 3}),
    Open((0, 2)),
    Text((0, 2), "a\x1b \u2028 b", 2, 0.25),
    StepDone((0, 2), 1),
    Score((0, 2), "judge", 0.5, "fine"),
    Vote((("4", 2, 2.0), ("5", 1, 1.0)), 0.75),
    Close((0, 2), "end", 2, "4", None, 0.125),
    Spent({"sampled": 2}, 1.5),
    Note("a line"),
    Done({"choices": [{"message": {"content": "Four"}}], "ttc": {"answer": "4"}}),
]


def record(folder: Path, entry: Entry, events: list[Event] = EVENTS, code: int = 0) -> list[str]:
    said: list[str] = []
    with Recorder(folder, entry, 0.0, said.append) as recorder:
        for event in events:
            recorder(event)
        recorder.code = code
    return said


def sql(folder: Path, statement: str, *values: Any) -> Any:
    """The first value of a statement that is run beside the log."""
    with contextlib.closing(sqlite3.connect(folder / "runs.db")) as database, database:
        row = database.execute(statement, values).fetchone()
        return row and row[0]
