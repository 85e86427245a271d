"""How far a bench is, on stderr: one line that is overwritten, or one a minute into a file."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

from ttc_cli.bench.deck import Deck

TERMINAL_SECONDS = 0.5
FILE_SECONDS = 60.0


class Progress:
    """Called again and again by a runner; writes now and then.

    Args:
        err: where to; None for nowhere.
        before: answers that an earlier run has already given.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        err: TextIO | None = None,
        *,
        before: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._err = err
        self._before = before
        self._clock = clock
        self._began = clock()
        self._last = self._began
        self._terminal = bool(err and err.isatty())
        self._shown = False

    def __call__(self, done: int, total: int, deck: Deck) -> None:
        """Tell, if it is time to."""
        now = self._clock()
        every = TERMINAL_SECONDS if self._terminal else FILE_SECONDS
        if self._err is None or now - self._last < every:
            return
        self._last = now
        line = self.line(done, total, deck)
        self._err.write(f"\r\x1b[K{line}" if self._terminal else line + "\n")
        self._err.flush()
        self._shown = self._terminal

    def line(self, done: int, total: int, deck: Deck) -> str:
        """How far it is, how quick, how long it will probably take."""
        passed = self._clock() - self._began
        left = f"{span(passed / done * (total - done))} left" if done else "time left not known yet"
        speed = deck.drawn / deck.seconds if deck.seconds else 0.0
        return (
            f"bench: {self._before + done} of {self._before + total} answers, "
            f"{deck.outstanding} samples under way, {speed:.1f} tok/s, {left}"
        )

    def end(self) -> None:
        """Leave the line."""
        if self._shown and self._err is not None:
            self._err.write("\r\x1b[K")
            self._err.flush()
            self._shown = False


def stderr(*, quiet: bool) -> TextIO | None:
    """Where progress goes."""
    return None if quiet else sys.stderr


def span(seconds: float) -> str:
    """Seconds as people say them: `40 s`, `12 min`, `3 h 20 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
