"""This process: when it began, its first sign of life, and how signals end it.

Ctrl-C and termination: once stops drawing and answers with what there is, twice leaves."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

STARTUP = 0.05  # seconds that the interpreter takes to come to this line, roughly

BEGAN = time.monotonic() - STARTUP  # monotonic seconds; deadlines count from here

CLEAR = "\r\x1b[K"
_begun = False


def draws() -> bool:
    """Whether stderr is a terminal on which a line can be drawn over."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def clearing() -> str:
    """What takes away the line that is drawn over; empty where none was ever drawn."""
    return CLEAR if _begun else ""


def hello() -> None:
    """Show something before the imports that take a while; what comes next draws over it."""
    global _begun
    if draws():
        _begun = True
        sys.stderr.write(f"{CLEAR}starting")
        sys.stderr.flush()


INTERRUPTED = 130
TERMINATED = 143
SHOW_CURSOR = "\x1b[?25h"


class Signals:
    """What came so far. `code` is the exit code owed to a signal, 0 without one.

    A first signal leaves at once, unless there is something to stop (`stops`) or to clean up
    (`raising`). Raising KeyboardInterrupt is not the rule, since an exception that comes up in
    the middle of an import can get lost in it.
    """

    def __init__(self) -> None:
        self.code = 0
        self.patient = False
        """A second Ctrl-C is like a first: it does not leave where there is something to stop."""
        self.last_words: Callable[[int], None] = lambda _code: None
        """Called with the exit code when the first signal ends the process."""
        self.erasure: Callable[[], str] = lambda: CLEAR
        """What takes the view's lines off the screen."""
        self.resumed: Callable[[], None] = lambda: None
        """Called when the process goes on after Ctrl-Z: the screen may hold anything."""
        self.restore: Callable[[], None] = lambda: None
        """Gives the terminal back as it was, where the process ends at once."""
        self._stop: Callable[[], None] | None = None

    def stops(self, stop: Callable[[], None] | None) -> None:
        """From now on a first signal calls `stop`; None: it leaves."""
        self._stop = stop

    @contextmanager
    def raising(self) -> Iterator[None]:
        """For a while a first signal raises KeyboardInterrupt."""
        self._stop = _interrupt
        try:
            yield
        finally:
            self._stop = None

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """The handler itself."""
        terminates = number != signal.SIGINT
        again = bool(self.code) and (terminates or not self.patient)
        self.code = TERMINATED if terminates else INTERRUPTED
        if again or self._stop is None:
            if not again:
                self.last_words(self.code)
            self._leave()
        else:
            self._stop()

    def _leave(self) -> NoReturn:
        """End the process where it stands, with nothing drawn on and the cursor shown."""
        with suppress(Exception):  # the terminal may be gone
            self.restore()
        with suppress(OSError):
            if draws():
                os.write(2, f"{self.erasure()}{SHOW_CURSOR}".encode())
        os._exit(self.code)


def _interrupt() -> None:
    raise KeyboardInterrupt


@contextmanager
def caught() -> Iterator[Signals]:
    """Take SIGINT, SIGTERM and SIGHUP for a while; the old handlers come back."""
    signals = Signals()
    numbers = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup
        numbers.append(signal.SIGHUP)
    old = {number: signal.signal(number, signals.handle) for number in numbers}
    if hasattr(signal, "SIGCONT"):
        old[signal.SIGCONT] = signal.signal(signal.SIGCONT, lambda *_: signals.resumed())
    try:
        yield signals
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
