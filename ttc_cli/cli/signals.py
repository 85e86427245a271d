"""Ctrl-C and termination: once stops drawing and answers with what there is, twice leaves."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
TERMINATED = 143


class Signals:
    """What came so far. `code` is the exit code owed to a signal, 0 without one."""

    def __init__(self) -> None:
        self.code = 0
        self._stop: Callable[[], None] | None = None

    def stops(self, stop: Callable[[], None]) -> None:
        """From now on a first signal calls `stop` instead of raising KeyboardInterrupt."""
        self._stop = stop

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """The handler itself."""
        again = bool(self.code)
        self.code = TERMINATED if number == getattr(signal, "SIGTERM", -1) else INTERRUPTED
        if again:
            os._exit(self.code)  # a second one leaves at once, whatever is under way
        if self._stop is None:
            raise KeyboardInterrupt
        self._stop()


@contextmanager
def caught() -> Iterator[Signals]:
    """Take SIGINT and SIGTERM for a while; the old handlers come back."""
    signals = Signals()
    numbers = [signal.SIGINT, signal.SIGTERM]
    old = [signal.signal(number, signals.handle) for number in numbers]
    try:
        yield signals
    finally:
        for number, handler in zip(numbers, old, strict=True):
            signal.signal(number, handler)
