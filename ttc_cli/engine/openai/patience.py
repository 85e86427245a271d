"""Another attempt where what failed is likely to pass."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from ttc_cli.engine.openai.api import Lost

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """With a server that fails for the time being.

    Args:
        attempts: of one request.
        pause: seconds before the second one; twice as many before each after that, and up to a
            quarter more, so that requests which failed together do not come together again.
        longest: seconds that a server may ask to wait.
    """

    attempts: int = 5
    pause: float = 0.5
    longest: float = 120.0

    async def insist(
        self,
        work: Callable[[], Awaitable[T]],
        tell: Callable[[Lost, float], None],
        worth: Callable[[Lost], bool],
    ) -> T:
        """What the work comes to in the end.

        Args:
            tell: hears of each failure, and after how many seconds comes the next attempt.
            worth: whether another attempt makes sense.

        Raises:
            Lost: of the last attempt.
        """
        attempt = 1
        while True:
            try:
                return await work()
            except Lost as lost:
                more = random.uniform(1, 1.25)  # noqa: S311 - a pause, not a secret
                pause = self.pause * 2 ** (attempt - 1) * more
                pause = pause if lost.after is None else lost.after
                if attempt == self.attempts or pause > self.longest or not worth(lost):
                    raise
                tell(lost, pause)
            await asyncio.sleep(pause)
            attempt += 1
