"""When the process started, as well as it can be told; deadlines count from it."""

from __future__ import annotations

import time

STARTUP = 0.05
"""Seconds that the interpreter takes to come to this line, roughly."""

BEGAN = time.monotonic() - STARTUP
