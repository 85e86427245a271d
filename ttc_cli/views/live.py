"""A run while it goes on: a small panel on a terminal, or lines for one that cannot draw.

Both are sinks of events and take the time from the clock they are given. What the panel leaves
on the screen when the run is over does not depend on that clock, so the events of a run, replayed
at any speed, leave the same screen as the run did.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from ttc_cli.core.events import Close, Done, Event, Score, Start, Vote
from ttc_cli.views import panel
from ttc_cli.views.board import Board
from ttc_cli.views.plain import Look, PlainView
from ttc_cli.views.text import head, plain

REDRAW_SECONDS = 0.1
SPEAK_SECONDS = 10.0  # between two lines on how far a run is, where lines are read out
VOTE_SECONDS = 3.0


class _Watching(PlainView):
    """What both views have: the board, and a line for each branch that has finished."""

    def __init__(self, look: Look, out: IO[str], err: IO[str], clock: Callable[[], float]) -> None:
        super().__init__(look, out, err)
        self._clock = clock
        self._board = Board(clock)
        self._alone = False
        encoding = (getattr(err, "encoding", None) or "utf-8").lower()
        self._marks = panel.Marks() if encoding.startswith("utf") else panel.ASCII

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        lane = self._board.see(event)
        super().__call__(event)
        if isinstance(event, Start):
            # of one sample that nobody judges, the reply says all
            self._alone = event.plan.get("samples") == 1 and not event.plan.get("verifier")
        if self._streams or self._alone:
            return
        if lane is not None and isinstance(event, Close):
            self._append(panel.finished(lane, event, self._marks))
        elif isinstance(event, Score) and event.branch not in self._board.lanes:
            self._append(panel.scored(event))

    def _append(self, line: panel.Line) -> None:
        self.say(panel.paint(line, False))


class LiveView(_Watching):
    """Draws a panel at the bottom of the terminal, ten times a second at most."""

    _drawn = float("-inf")

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        super().__call__(event)
        if not isinstance(event, Done):
            self._redraw(now=isinstance(event, Start))

    def _append(self, line: panel.Line) -> None:
        shown = panel.cut(line, max(1, self._columns() - 1))
        self._frame.above(panel.paint(shown, self._look.color))

    def _redraw(self, *, now: bool = False) -> None:
        at = self._clock()
        if not now and at - self._drawn < REDRAW_SECONDS:
            return
        seen = self._look.onto_terminal or self._look.onto_pipe
        if self._mid_thought or (self._reply.mid_line and seen):
            return  # what is being written is the progress
        self._drawn = at
        columns, rows = self._frame.size()
        lines = panel.panel(
            self._board, at, columns, rows, thoughts=self._look.thoughts != "none",
            marks=self._marks, preview=self._preview(columns),
        )  # fmt: skip
        bare = [panel.paint(line, False) for line in lines]
        self._frame.draw([panel.paint(line, self._look.color) for line in lines], bare)

    def _preview(self, columns: int) -> list[str] | None:
        if not (self._look.answer and self._look.stream):
            return None
        pending = self._reply.pending.rstrip("\n").split("\n")
        return [head(plain(line).expandtabs(4), columns - 1) for line in pending if any(pending)]


class SpokenView(_Watching):
    """Says in lines what the panel shows: each branch that ends, the vote, how far it is."""

    def __init__(self, look: Look, out: IO[str], err: IO[str], clock: Callable[[], float]) -> None:
        super().__init__(look, out, err, clock)
        self._spoken = self._voted = clock()
        self._last_vote = ""

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        super().__call__(event)
        now = self._clock()
        if isinstance(event, Start):
            self._append(panel.why(self._board))
        elif isinstance(event, Vote) and now - self._voted >= VOTE_SECONDS:
            if (said := panel.tally(self._board)) != self._last_vote:
                self._voted, self._last_vote = now, said
                self.say(said)
        elif isinstance(event, Done):
            return
        if now - self._spoken >= SPEAK_SECONDS and not self._reply.mid_line:
            self._spoken = now
            self._append(panel.status(self._board, now))

    def status(self, line: str) -> None:
        """Say it once."""
        self.say(line)
