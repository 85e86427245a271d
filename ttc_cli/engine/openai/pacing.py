"""Paces requests: an event loop for them, other attempts, how many at once, how fast they are.

Another attempt is made where what failed is likely to pass, and a server that is away is waited
for. As many requests are under way as the server bears, half when it says no: TCP's way with a
network that it cannot see into (Jacobson, "Congestion avoidance and control", 1988): double in
each round until the first sign of trouble, add one a round from there on.
"""

from __future__ import annotations

import asyncio
import heapq
import random
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ttc_cli.engine.host import Counters
from ttc_cli.engine.openai.told import TransientError

T = TypeVar("T")


class Loop:
    """Runs coroutines beside the thread that polls."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="http", daemon=True)
        self._thread.start()

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine there; cancelling what comes back cancels it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine, run there."""
        future = self.start(work)
        try:
            return future.result()
        except BaseException:  # Ctrl-C: nobody waits for it any more
            future.cancel()
            raise

    def close(self) -> None:
        """Stop it; idempotent."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join()
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.close()


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
        self.barred = False  # it is there, and takes no request at all
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
        """Whether nobody waits any more: it has been away for too long, or takes no request."""
        return self.barred or (self.seconds is not None and self.seconds >= self.wait)


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

        Raises TransientError: of the last attempt.
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


QUEUED = 0.25
"""Of a request's time, spent before its first word, from which on the server lets it queue: a
third more requests than it has places."""


@dataclass(slots=True)
class Place:
    """A request's place: its number, when its first word came, and how long it waited for that."""

    number: int
    _since: float = field(default_factory=time.monotonic)
    first: float | None = None

    def spoke(self) -> None:
        """A word came."""
        self.first = self.first or time.monotonic()

    @property
    def waited(self) -> float:
        """The share of its time so far that went by before the first word; 0 without one."""
        if self.first is None:
            return 0.0
        return (self.first - self._since) / max(time.monotonic() - self._since, 1e-9)


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
