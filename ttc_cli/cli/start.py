"""When the process started, as well as it can be told, and its first sign of life."""

from __future__ import annotations

import os
import sys
import time

STARTUP = 0.05
"""Seconds that the interpreter takes to come to this line, roughly."""

BEGAN = time.monotonic() - STARTUP
"""Monotonic seconds; deadlines count from here."""

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
