"""Many runs on one engine, with what was said before played back.

Each run sees a `ReplayClient`: an engine of its own whose time is virtual. In one step of that time
every live branch of the run gets one token, whether it comes from a record or is being drawn at
this moment; the step waits until the slowest has its token. So what a run decides (a vote that is
settled, a branch culled in mid-sentence, a budget that runs out) depends on the samples alone: not
on what else the machine does, on which samples were on record, or on how often it was killed.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from ttc_cli.bench.samples import Sample, SampleLog, Tick
from ttc_cli.core.branch import Prompt, Step
from ttc_cli.core.engine import BranchRequest, Delta, EngineInfo, Key
from ttc_cli.core.errors import ContextOverflow, EngineFailed
from ttc_cli.core.ledger import Budget
from ttc_cli.core.sampling import Stop
from ttc_cli.engine.host import Host

WIDTH = 32  # branches of one run that get a token in one step


class Replay:
    """The engine, the record, and the samples under way.

    Args:
        engine: closed by whoever made it. log: where whole samples are kept and looked for.
        width: samples drawn at once, more wait their turn; by default as many as the engine
            draws.
        budget: of all that is drawn; what is played back costs nothing.
        clock: seconds, monotonic; for shares of time only.
    """

    def __init__(
        self, engine: Host, log: SampleLog, *, width: int | None = None,
        budget: Budget | None = None, clock: Callable[[], float] = time.perf_counter,
    ) -> None:  # fmt: skip
        self.engine, self.log = engine, log
        self.budget = budget or Budget()
        self._width = width
        self.drawn = 0
        self.seconds = 0.0
        self._ended = 0
        self._shared = 0.0  # how much of them is charged to samples: a step may take many polls
        self._clock = clock
        self._users: Counter[str] = Counter()
        self._samples: dict[str, Sample] = {}
        self._queue: deque[BranchRequest] = deque()
        self._live: dict[Key, Sample] = {}
        self._clients: list[ReplayClient] = []

    @property
    def width(self) -> int:
        """Samples drawn at once."""
        return self._width or self.engine.width

    @property
    def outstanding(self) -> int:
        """Samples being drawn or waiting to be."""
        return len(self._live) + len(self._queue)

    def client(self) -> ReplayClient:
        """Make a new run's view of the engine."""
        client = ReplayClient(self)
        self._clients.append(client)
        return client

    def forget(self, client: ReplayClient) -> None:
        """Forget a run that is over."""
        if client in self._clients:
            self._clients.remove(client)

    def need(self, request: BranchRequest) -> Sample:
        """The sample that a request stands for: recorded, being drawn, or queued to be."""
        key = request.digest(self.engine.info.sha256)
        self._users[key] += 1
        if key not in self._samples:
            known = self.log.get(key)
            self._samples[key] = known or Sample(key)
            if known is None:
                self._queue.append(replace(request, key=key, ledger=self.budget))
        return self._samples[key]

    def drop(self, sample: Sample) -> None:
        """Release a run's sample; drawing stops when no other run needs it."""
        key = sample.key
        self._users[key] -= 1
        if self._users[key] > 0:
            return
        del self._users[key], self._samples[key]
        if self._live.pop(key, None) is not None:
            self.engine.cancel(key)
        elif sample.stop is None:
            self._queue = deque(request for request in self._queue if request.key != key)

    def pump(self, timeout: float) -> None:
        """Step the engine, once no run can go on without it."""
        if any(client.busy for client in self._clients):
            return
        while self._queue and len(self._live) < self.width and self._affordable:
            self._draw(self._queue.popleft())
        began = self._clock()
        deltas = self.engine.poll(timeout)
        self.seconds += self._clock() - began
        share = (self.seconds - self._shared) / max(len(deltas), 1)
        self._shared = self.seconds if deltas else self._shared
        for delta in deltas:
            sample = self._live[delta.key]
            sample.take(delta, share)
            self.drawn += delta.sampled
            self.budget.count("prefilled", delta.prefilled)
            self.budget.count("shared", delta.shared)
            if delta.stop is not None:
                self._ended += 1
                del self._live[delta.key]
                self.log.put(sample)

    @property
    def _affordable(self) -> bool:
        """Whether the budget will do for what is under way and one more: none is cut in vain."""
        usual = self.drawn / self._ended if self._ended else self._queue[0].stop.max_tokens
        return not self._live or self.budget.covers((len(self._live) + 1) * usual)

    def _draw(self, request: BranchRequest) -> None:
        sample = self._samples[str(request.key)]
        try:
            self.engine.submit(request)
        except ContextOverflow as error:  # it fits a branch, and the cache of all does not hold it
            sample.ticks.append(Tick("", 0))
            sample.stop, sample.error = Stop.FAILED, error.message
        else:
            self._live[request.key] = sample


@dataclass(slots=True)
class _Playback:
    """A live request of a run and how much of its sample the run has been given."""

    request: BranchRequest
    sample: Sample
    prefilled: int
    shared: int
    at: int = 0

    @property
    def ready(self) -> bool:
        return self.at < len(self.sample.ticks)


class ReplayClient:
    """One run's engine; follows the Engine protocol. Made by `Replay.client`.

    `polls` counts its polls; `seconds` is the engine time of all that the run was given, `spent`
    the same by seed of the request, and `used` the keys of the samples by seed.
    """

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self._requests: dict[Key, _Playback] = {}
        self._seen: set[tuple[tuple[str, bool], ...]] = set()
        self._telling = False
        self.polls = 0
        self.seconds = 0.0
        self.spent: dict[int, float] = defaultdict(float)
        self.used: dict[int, list[str]] = {}

    @property
    def info(self) -> EngineInfo:
        """What is known of the model."""
        return self._replay.engine.info

    @property
    def busy(self) -> bool:
        """Whether the run has something to act on, so that the engine had better wait."""
        return self._telling or self._ready

    @property
    def pending(self) -> int:
        """Samples of the run that are not drawn yet."""
        return sum(playback.sample.stop is None for playback in self._requests.values())

    def submit(self, request: BranchRequest) -> None:
        """Queue a request; see the protocol."""
        if request.key in self._requests:
            raise EngineFailed(f"request {request.key!r} is already running")
        length = self._replay.engine.gauge(request.prompt, request.prefix)
        if length + 1 > self.info.context:
            raise ContextOverflow(
                f"the prompt takes {length} tokens and the context holds {self.info.context}",
                "shorten it, or give a larger --ctx-size",
            )
        new = request.prompt.pieces not in self._seen
        self._seen.add(request.prompt.pieces)
        sample = self._replay.need(request)
        self.used.setdefault(request.seed, []).append(sample.key)
        self._requests[request.key] = _Playback(request, sample, length * new, length * (not new))

    def poll(self, timeout: float) -> Sequence[Delta]:
        """One token for each live branch, or nothing while one of them is still to be drawn."""
        self.polls += 1
        self._telling = False
        if not self._ready:
            self._replay.pump(timeout)
            if not self._ready:
                return []
        deltas = [self._step(playback) for playback in list(self._front())]
        for delta in deltas:
            if delta.stop is not None:
                self.cancel(delta.key)
        self._telling = True
        return deltas

    def cancel(self, key: Key) -> None:
        """Forget a request; see the protocol."""
        playback = self._requests.pop(key, None)
        if playback is not None:
            self._replay.drop(playback.sample)

    def count(self, prompt: Prompt, prefix: tuple[Step, ...] = ()) -> int:
        """Tokens of context that prompt and prefix take."""
        return self._replay.engine.count(prompt, prefix)

    def close(self) -> None:
        """Leave the replay, cancelling what is live; idempotent."""
        for key in list(self._requests):
            self.cancel(key)
        self._replay.forget(self)

    def _front(self) -> Iterator[_Playback]:
        return islice(self._requests.values(), WIDTH)

    @property
    def _ready(self) -> bool:
        return bool(self._requests) and all(playback.ready for playback in self._front())

    def _step(self, playback: _Playback) -> Delta:
        request, sample = playback.request, playback.sample
        tick = sample.ticks[playback.at]
        prefilled, shared = (playback.prefilled, playback.shared) if playback.at == 0 else (0, 0)
        ledger = request.ledger
        if ledger is not None and tick.sampled and not ledger.take(tick.sampled):
            # No ids: they are known of whole samples only, and how a branch goes on must not
            # depend on whether its sample happens to be on record.
            return Delta(request.key, prefilled=prefilled, shared=shared, stop=Stop.BUDGET)
        playback.at += 1
        self.seconds += tick.seconds
        self.spent[request.seed] += tick.seconds
        last = sample.stop is not None and playback.at == len(sample.ticks)
        return Delta(
            request.key, text=tick.text, tokens=sample.ids if last else (),
            logprobs=tick.logprobs, confidences=tick.confidences, certainties=tick.certainties,
            hidden=tick.hidden, scores=sample.scores if last else (), sampled=tick.sampled,
            prefilled=prefilled, shared=shared, stop=sample.stop if last else None,
            error=sample.error if last else "",
        )  # fmt: skip
