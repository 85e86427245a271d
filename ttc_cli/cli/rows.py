"""Where the rows of `ttc map` go, and how far it is."""

from __future__ import annotations

import heapq
import os
import stat
import sys
import time
from collections.abc import Callable, Mapping

from ttc_cli.cli import output
from ttc_cli.core.text import counted
from ttc_cli.session.mapping import Row
from ttc_cli.session.records import Reader
from ttc_cli.store.part import Part
from ttc_cli.views.plain import PlainView
from ttc_cli.views.text import span, to_json

REDRAW_SECONDS = 0.5


class Stdout:
    """Rows on stdout, in input order or as they come; `clear` is called before one is written."""

    def __init__(self, ordered: bool, clear: Callable[[], None]) -> None:
        self._ordered, self._clear = ordered, clear
        self._next = 0
        self._held: list[tuple[int, str]] = []

    def put(self, row: Row) -> None:
        """Write the row and those that waited for it, or hold it back."""
        heapq.heappush(self._held, (row.record.number, _line(row.line)))
        while self._held and (not self._ordered or self._held[0][0] == self._next):
            self._next += 1
            self._write()

    def end(self, whole: bool, ordered: bool) -> None:
        """Write what was held back, gaps or not."""
        while self._held:
            self._write()

    def _write(self) -> None:
        self._clear()
        sys.stdout.write(heapq.heappop(self._held)[1])
        sys.stdout.flush()


class Filed:
    """Rows in a file that is there when all are."""

    def __init__(self, part: Part, view: PlainView) -> None:
        self._part, self._view = part, view

    def put(self, row: Row) -> None:
        """Keep the row."""
        record = row.record
        self._part.add(record.number, record.digest, row.line, bad=row.bad, used=row.used)

    def end(self, whole: bool, ordered: bool) -> None:
        """Make the file, or say that the rows are kept, where there are some."""
        part = self._part
        if whole and part.idle and part.count:
            self._view.say(f"{part.path} is finished already")
        elif whole:
            output.write_file(part.path, map(_line, part.rows(ordered=ordered)))
            part.finish(ordered=ordered)
        elif not part.idle:
            kept = counted(part.count, "result is", "results are")
            self._view.say(f"{kept} kept; --resume goes on with them")


class Progress:
    """How far it is, on the status line.

    `done` counts finished records, earlier runs' included, and `bad` those with an error: those of
    earlier runs are tried again.
    """

    def __init__(
        self, view: PlainView, reader: Reader, part: Part | None, outage: Callable[[], str]
    ) -> None:
        self._view, self._outage = view, outage
        self._away = False
        self._reader = reader
        self._before = self.done = part.count - part.bad if part is not None else 0
        self.bad = 0
        self._began = self._drawn = time.monotonic()
        status = os.fstat(reader.file.fileno())
        self._size = status.st_size if stat.S_ISREG(status.st_mode) else None

    def __call__(self, row: Row | None) -> None:
        """Count a row; None when only time went by."""
        if row is not None:
            self.done += 1
            self.bad += row.bad
        if bool(outage := self._outage()) != self._away:
            self._away = not self._away
            self._view.say(f"waiting: {outage}" if outage else "the server is back")
        now = time.monotonic()
        if now - self._drawn >= REDRAW_SECONDS:
            self._drawn = now
            self._view.status(self.line(now - self._began))

    def line(self, seconds: float) -> str:
        """What is done, how quickly, and how long the rest will take, where that is known."""
        new = self.done - self._before
        parts = [f"{self.done} done"]
        if outage := self._outage():
            return f"{parts[0]} · waiting: {outage}"
        total = self._total
        if total is not None:
            parts[0] = f"{self.done} of {'' if self._reader.ended else '~'}{total} done"
        if self.bad:
            parts.append(f"{self.bad} failed")
        if new:
            parts.append(f"{new / seconds:.1f}/s")
            if total is not None:
                parts.append(f"{span(seconds / new * max(0, total - self.done))} left")
        return " · ".join(parts)

    @property
    def _total(self) -> int | None:
        """Records in all, guessed from the bytes read until all are; None for a pipe."""
        reader = self._reader
        if reader.ended or self._size is None or not reader.taken:
            return reader.read if reader.ended else None
        return round(reader.read * max(1.0, self._size / reader.taken))


def _line(row: Mapping[str, object]) -> str:
    return to_json(row, out=sys.stdout) + "\n"
