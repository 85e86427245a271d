"""Another attempt where what failed is likely to pass, and waiting for a server that is away."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from ttc_cli.engine.openai.refusal import TransientError

T = TypeVar("T")
MISSED = 1.0
"""Seconds without an answer after which a server is away: behind a gateway others answer soon."""


class Outage:
    """How long a server has been away, as all requests to it see it.

    Args:
        wait: seconds that it may be away before that is an error.
        clock: seconds, monotonic.
    """

    def __init__(self, wait: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.wait = wait
        self.why = ""
        self._clock = clock
        self._since: float | None = None

    def missed(self, lost: TransientError) -> None:
        """Nobody was there."""
        self.why = lost.message
        if self._since is None:
            self._since = self._clock()

    def ended(self) -> None:
        """Somebody answered."""
        self._since = None

    @property
    def seconds(self) -> float | None:
        """Since it was found away; None while it is there."""
        return None if self._since is None else self._clock() - self._since

    @property
    def told(self) -> str:
        """What is waited for, and how long already; empty while somebody answers."""
        if self.seconds is None or self.seconds < min(MISSED, self.wait):
            return ""
        return f"{self.why}; away for {self.seconds:.0f} of {self.wait:.0f} s"

    @property
    def over(self) -> bool:
        """Whether it has been away for longer than anybody waits."""
        return self.seconds is not None and self.seconds >= self.wait


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long a request is tried again.

    Args:
        attempts: of one request, while the server is there and has a place for it.
        pause: seconds before the second one; twice as many before each after that, and up to a
            quarter more, so that requests which failed together do not come together again.
        longest: seconds that a server may ask to wait.
        wait: seconds that a server may be away, or turn all away; attempts are not counted then.
        slowest: seconds between two looks at whether it is back, at most.
    """

    attempts: int = 5
    pause: float = 0.5
    longest: float = 120.0
    wait: float = 600.0
    slowest: float = 5.0

    async def call(
        self,
        work: Callable[[], Awaitable[T]],
        outage: Outage,
        tell: Callable[[TransientError], None],
        worth: Callable[[TransientError], bool],
        progress: Callable[[], int] = int,
    ) -> T:
        """What the work comes to in the end.

        Args:
            outage: of the server.
            tell: hears of each failure that is followed by another attempt.
            worth: whether another attempt makes sense.
            progress: how far the work is; attempts are counted anew where one came further.

        Raises:
            TransientError: of the last attempt.
        """
        attempt, furthest = 1, 0
        while True:
            try:
                return await work()
            except TransientError as lost:
                if lost.waits:
                    outage.missed(lost)
                else:
                    outage.ended()
                if (now := progress()) > furthest:
                    attempt, furthest = 1, now
                last = outage.over if lost.waits else attempt >= self.attempts
                pause = self._pause(attempt, lost)
                if last or pause > self.longest or not worth(lost):
                    raise
                tell(lost)
            await asyncio.sleep(pause)
            attempt += 1

    def _pause(self, attempt: int, lost: TransientError) -> float:
        if lost.after is not None:
            return lost.after
        more = random.uniform(1, 1.25)  # noqa: S311 - a pause, not a secret
        pause = self.pause * 2.0 ** min(attempt - 1, 20)
        return (min(pause, self.slowest) if lost.waits else pause) * more
