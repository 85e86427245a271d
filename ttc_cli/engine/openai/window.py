"""How many requests are under way: more as long as the server bears it, half when it says no.

TCP's way with a network that it cannot see into (Jacobson, "Congestion avoidance and control",
1988): double in each round until the first sign of trouble, add one a round from there on.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from dataclasses import dataclass, field

QUEUED = 0.25
"""Of a request's time, spent before its first word, from which on the server lets it queue: a
third more requests than it has places."""


@dataclass(slots=True)
class Place:
    """A request's place: its number, and how long it waited for its first word."""

    number: int
    _since: float = field(default_factory=time.monotonic)
    _spoke: float | None = None

    def spoke(self) -> None:
        """A word came."""
        self._spoke = self._spoke or time.monotonic()

    @property
    def waited(self) -> float:
        """The share of its time so far that went by before the first word; 0 without one."""
        if self._spoke is None:
            return 0.0
        return (self._spoke - self._since) / max(time.monotonic() - self._since, 1e-9)


class Window:
    """Places for requests, given out in the order in which they were first asked for.

    Use it on one event loop. `width` places are free or taken; it changes as `grow` and `shrink`
    are told how requests fared.

    Args:
        width: to begin with.
        most: that there may ever be.
    """

    def __init__(self, width: int, most: int) -> None:
        self.most = most
        self._size = float(min(width, most))
        self._doubles = True
        self._number = 0  # of requests that were given a place
        self._seen = 0  # the last of them whose fate says nothing new
        self._answered = True  # somebody was since it was halved: else nobody is there
        self._live = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    @property
    def width(self) -> int:
        """Requests that may be under way."""
        return int(self._size)

    async def enter(self, order: int) -> Place:
        """Wait for a place; who has one calls `leave`.

        Args:
            order: of those that wait, the one with the least is next; no two are the same.
        """
        if self._live >= self.width:
            turn = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (order, turn))
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self.leave()  # it had just come
                raise
        else:
            self._live += 1
        self._number += 1
        return Place(self._number)

    def leave(self) -> None:
        """Give a place back."""
        self._live -= 1
        while self._waiting and self._live < self.width:
            _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                self._live += 1
                turn.set_result(None)

    def grow(self, place: Place) -> None:
        """A request was answered."""
        self._answered = True
        if place.number <= self._seen or self._live < self.width:
            return  # it says nothing of this width
        if place.waited >= QUEUED:
            self._doubles = False
            return
        self._size = min(self.most, self._size + (1 if self._doubles else 1 / self._size))

    def shrink(self, place: Place) -> None:
        """A request was turned away: too many. Those that were under way then say it once."""
        if place.number <= self._seen or not self._answered:
            return
        self._seen, self._doubles, self._answered = self._number, False, False
        self._size = max(1.0, self._size / 2)
