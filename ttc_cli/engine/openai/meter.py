"""Speeds of a server as they are seen from here, for estimates."""

from __future__ import annotations

import time

from ttc_cli.engine.host import Counters


class Meter:
    """Charges the time between two pieces of streams to what was going on."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters
        self._heard = 0.0

    def begun(self) -> None:
        """Requests begin while no stream is being written."""
        self._heard = time.monotonic()

    def heard(self, width: int, drawn: int, prompt: tuple[int, int] | None) -> None:
        """A piece came, of so many tokens.

        Args:
            width: streams that were being written.
            prompt: tokens of a prompt computed and reused, where they are told.
        """
        counters, now = self._counters, time.monotonic()
        since, self._heard = now - self._heard, now
        if prompt is not None:
            counters.prefilled += prompt[0]
        if width:
            n, seconds = counters.by_width.get(width, (0, 0.0))
            counters.by_width[width] = n + drawn, seconds + since
            counters.decode_seconds += since
        else:
            counters.prefill_seconds += since
        counters.steps += 1
        counters.rows += drawn
