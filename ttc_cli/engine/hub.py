"""Many runs on one engine: each sees an engine of its own, all fill the same batch."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from ttc_cli.core.branch import Prompt, Step
from ttc_cli.core.engine import BranchRequest, Delta, Engine, EngineInfo, Key
from ttc_cli.core.events import Event, Flow

T = TypeVar("T")
_END = object()


class Port:
    """One run's view of the shared engine; follows the Engine protocol.

    `live` are the keys of requests under way, `submitted` counts all that ever were.
    """

    def __init__(self, hub: Hub, number: int) -> None:
        self._hub, self._number = hub, number
        self.inbox: deque[Delta] = deque()
        self.live: set[Key] = set()
        self.submitted = 0
        self.waiting = False

    @property
    def info(self) -> EngineInfo:
        """What is known of the model."""
        return self._hub.engine.info

    def submit(self, request: BranchRequest) -> None:
        """Queue a request under a key that other runs cannot meet."""
        self._hub.engine.submit(replace(request, key=(self._number, request.key)))
        self.live.add(request.key)
        self.submitted += 1

    def poll(self, timeout: float) -> Sequence[Delta]:
        """This run's deltas; the engine is polled once every run has acted on the last step."""
        self.waiting = not self.inbox
        if self.waiting:
            self._hub.pump(timeout)
        deltas = list(self.inbox)
        self.inbox.clear()
        self.waiting = self.waiting and not deltas
        self.live -= {delta.key for delta in deltas if delta.stop is not None}
        return deltas

    def cancel(self, key: Key) -> None:
        """Forget a request and what was already delivered of it."""
        self._hub.engine.cancel((self._number, key))
        self.live.discard(key)
        self.inbox = deque(delta for delta in self.inbox if delta.key != key)

    def count(self, prompt: Prompt, prefix: tuple[Step, ...] = ()) -> int:
        """Tokens of context that prompt and prefix take."""
        return self._hub.engine.count(prompt, prefix)

    def close(self) -> None:
        """Leave the hub, cancelling what is live; the engine stays open for the others."""
        for key in list(self.live):
            self.cancel(key)
        self._hub.ports.pop(self._number, None)


class Hub:
    """Shares an engine among runs.

    Args:
        engine: closed by whoever made it, not by the hub.
        settle: called before each step, when every run has acted on the last one.
    """

    def __init__(self, engine: Engine, settle: Callable[[], None] = lambda: None) -> None:
        self.engine, self._settle = engine, settle
        self.ports: dict[int, Port] = {}
        self._next = 0

    def port(self) -> Port:
        """A new run's view of the engine."""
        port = self.ports[self._next] = Port(self, self._next)
        self._next += 1
        return port

    def pump(self, timeout: float) -> None:
        """Poll the engine and hand out what came, once every run with requests is waiting.

        A run that finds nothing must not start the next step before the others have acted on
        the last one: that is what keeps the batch full and the order of events fixed.
        """
        if any(port.live and not port.waiting for port in self.ports.values()):
            return
        self._settle()
        for delta in self.engine.poll(timeout):
            assert isinstance(delta.key, tuple)  # made in Port.submit
            number, key = delta.key
            if (port := self.ports.get(number)) is not None:
                port.inbox.append(replace(delta, key=key))
                port.waiting = False


def drive(
    flows: Iterable[Flow[T] | None], *, most: Callable[[], int]
) -> Generator[tuple[int, Event | None, T | None], None, None]:
    """Run flows side by side, at most `most()` at a time, started in order.

    Where `flows` gives None there is none to be had yet: what is live goes on, and it is asked
    again. With nothing live it had better wait a moment before it says so.

    Yields (number of the flow, event, None) as events come and (number, None, result) when a
    flow returns; (-1, None, None) when it was told to wait and nothing is live. Closing the
    iterator closes every open flow.
    """
    waiting = iter(flows)
    numbers = itertools.count()
    live: dict[int, Generator[Event, None, T]] = {}
    ended = False
    try:
        while True:
            while not ended and len(live) < most():
                flow = next(waiting, _END)
                ended = flow is _END
                if not isinstance(flow, Generator):
                    break
                live[next(numbers)] = flow
            if not live:
                if ended:
                    return
                yield -1, None, None
            for number, flow in list(live.items()):
                try:
                    event = next(flow)
                except StopIteration as end:
                    del live[number]
                    yield number, None, end.value
                else:
                    yield number, event, None
    finally:
        for flow in live.values():
            flow.close()
