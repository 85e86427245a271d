"""One call of `Run.extend`: what is live, what is done, and the draws along the way."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import KW_ONLY, dataclass, field, replace

from ttc_cli.core.branch import Branch, BranchId
from ttc_cli.core.engine import BranchRequest, Delta, Engine, Key
from ttc_cli.core.errors import ContextOverflow
from ttc_cli.core.events import Close, Flow, Note, Open, StepDone, Text, Tick
from ttc_cli.core.growth import Continue, Draw, Growing, Phase, Pool
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.programs import Runner, Running
from ttc_cli.core.sampling import Outputs, Sampling, Stop, StopRule, branch_seed

POLL_SECONDS = 0.1
KEPT = (Stop.END, Stop.STRING, Stop.LENGTH, Stop.LOOP)
"""Stop reasons that the same request would meet again; other branches are not kept."""


@dataclass(eq=False)
class RunState:
    """What all requests of one run share: see `Run`."""

    engine: Engine
    _: KW_ONLY
    ledger: Ledger = field(default_factory=Ledger)
    seed: int = 0
    deadline: float | None = None
    clock: Callable[[], float] = time.monotonic
    pool: Pool | None = None
    answer: Callable[[Branch], str | None] = lambda _branch: None
    programs: Runner | None = None
    affinity: str = ""
    reused: int = field(default=0, init=False)
    judged: int = field(default=0, init=False)
    verify_seconds: float = field(default=0.0, init=False)
    failing: set[str] = field(default_factory=set, init=False)
    told: set[str] = field(default_factory=set, init=False)
    interrupted: str = field(default="", init=False)
    _id: int = field(default_factory=itertools.count().__next__, init=False)
    _requests: Iterator[int] = field(default_factory=itertools.count, init=False)

    @property
    def late(self) -> bool:
        """Whether the deadline has passed, or somebody interrupted the run."""
        return bool(self.interrupted) or (
            self.deadline is not None and self.clock() >= self.deadline
        )

    def interrupt(self, why: str = "it was interrupted") -> None:
        """Draw nothing more: what is under way stops, and the strategy answers with what it has."""
        self.interrupted = why

    @property
    def spent(self) -> bool:
        """Whether nothing more can be drawn: no token left, or no time."""
        return self.ledger.left == 0 or self.late

    def key(self) -> tuple[int, int]:
        """A key no other request has."""
        return (self._id, next(self._requests))

    def count(self, delta: Delta) -> None:
        """Count the prompt tokens that a delta reports."""
        for kind, tokens in (("prefilled", delta.prefilled), ("shared", delta.shared)):
            if tokens:
                self.ledger.count(kind, tokens)


@dataclass(eq=False)
class Extension:
    """One call of `Run.extend`, with its arguments: what is live, what is done."""

    _run: RunState
    _stop: StopRule
    _sampling: Sampling
    _outputs: Outputs
    _grammar: str
    _salt: str
    _draw: Draw | None
    _ledger: Ledger
    _reserve: float
    _then: Continue | None

    def __post_init__(self) -> None:
        self._live: dict[Key, Growing] = {}
        self._done: list[Branch] = []
        self._running = Running(self._run.programs)

    def run(self, branches: Iterable[Branch]) -> Flow[list[Branch]]:
        """Until nothing is live; closing it cancels what is."""
        try:
            yield from self._start(branches)
            yield from self._decide(finished=True)
            while self._live or self._running:
                # All is counted before anybody hears of it, and decided on once all is told:
                # a branch that finished in this step is not culled for another that did.
                polled = self._run.engine.poll(POLL_SECONDS) if self._live else ()
                deltas = [d for d in polled if self._take(d)]
                for delta in deltas:
                    yield from self._tell(delta)
                ran = yield from self._running.take(
                    stepped=bool(deltas), alone=not self._live, late=self._late
                )
                for branch in ran:
                    yield from self._closed(branch)
                if self._late():
                    yield from self._give_up(set(self._live), self._why_late())
                    yield from self._drop_programs(None, self._why_late())
                elif deltas or ran:
                    stopped = any(d.stop is not None for d in deltas)
                    yield from self._decide(finished=bool(ran) or stopped)
                else:
                    yield Tick()
        finally:
            for key in self._live:
                self._run.engine.cancel(key)
            for growing in self._live.values():
                self._ledger.count("wasted", growing.sampled)
            self._live.clear()
            self._running.close()
        return self._done

    def _late(self) -> bool:
        run = self._run
        if run.interrupted or run.deadline is None:
            return bool(run.interrupted)
        return run.clock() >= run.deadline - self._reserve

    def _why_late(self) -> Stop:
        return Stop.CANCELLED if self._run.interrupted else Stop.TIME

    def _start(self, branches: Iterable[Branch]) -> Flow[None]:
        for branch in branches:
            stop = branch.meta.get("stop", self._stop)
            yield from self._begin(Phase(branch, stop, self._grammar), self._salt)

    def _begin(self, phase: Phase, salt: str) -> Flow[None]:
        branch = phase.branch
        if self._ledger.left == 0 or self._late():
            stop = self._why_late() if self._late() else Stop.BUDGET
            self._done.append(replace(branch, stop=stop))
            return
        request = self._request(phase, salt)
        forced = branch.steps[-1].text if branch.steps and not branch.steps[-1].sampled else ""
        yield Open(branch.id, len(branch.text) - len(forced))
        if forced:
            yield Text(branch.id, forced)  # put in its mouth: views need it too
        keep = self._run.pool is not None and phase.stop.max_tokens
        kept_as = request.digest(self._run.engine.info.kept_as) if keep else ""
        if (known := self._from_pool(branch, kept_as)) is not None:
            yield Text(branch.id, known.steps[-1].text)
            yield from self._stopped(known)
            return
        try:
            self._run.engine.submit(request)
        except ContextOverflow:
            if not branch.steps:
                raise
            # A branch that has grown to the brim is a result like any other.
            yield from self._stopped(replace(branch, stop=Stop.CONTEXT))
            return
        self._live[request.key] = Growing(branch, self._run.clock(), kept_as)

    def _request(self, phase: Phase, salt: str) -> BranchRequest:
        branch = phase.branch
        return BranchRequest(
            self._run.key(), branch.prompt, phase.stop, prefix=branch.steps,
            sampling=branch.meta.get("sampling", self._sampling),
            seed=branch_seed(self._run.seed, branch.id, salt), outputs=self._outputs,
            grammar=phase.grammar, ledger=self._ledger, affinity=self._run.affinity,
        )  # fmt: skip

    def _from_pool(self, branch: Branch, key: str) -> Branch | None:
        known = self._run.pool.get(key) if self._run.pool is not None and key else None
        if known is None:
            return None
        self._run.reused += 1
        return replace(known, id=branch.id, prompt=branch.prompt, meta=branch.meta)

    def _take(self, delta: Delta) -> bool:
        self._run.count(delta)
        growing = self._live.get(delta.key)
        if growing is not None:
            growing.take(delta)
        return growing is not None  # None: of another call

    def _tell(self, delta: Delta) -> Flow[None]:
        growing = self._live[delta.key]
        if delta.error and delta.stop is None and delta.error not in self._run.told:
            self._run.told.add(delta.error)  # many branches have the same trouble
            yield Note(delta.error)
        if delta.text or delta.sampled:
            confidence = delta.confidences[-1] if delta.confidences else None
            yield Text(growing.branch.id, delta.text, delta.sampled, confidence)
        if delta.stop is not None:
            yield from self._finish(delta.key, delta.stop, delta.error)

    def _finish(self, key: Key, stop: Stop, error: str = "") -> Flow[None]:
        growing = self._live.pop(key)
        branch = growing.value(self._run.clock(), stop, error)
        if stop in (Stop.CULLED, Stop.CANCELLED, Stop.FAILED):
            self._ledger.count("wasted", growing.sampled)
        if self._run.pool is not None and growing.pool_key and stop in KEPT:
            self._run.pool.put(growing.pool_key, branch)
        yield from self._stopped(branch)

    def _stopped(self, branch: Branch) -> Flow[None]:
        if self._then is not None and (phase := self._then(branch)) is not None:
            yield from self._begin(phase, f"{self._salt}/{len(phase.branch.steps)}")
        elif not self._running.takes(branch):
            yield from self._closed(branch)

    def _closed(self, branch: Branch) -> Flow[None]:
        self._done.append(branch)
        if branch.stop is Stop.STEP:
            yield StepDone(branch.id, len(branch.steps) - 1)
        confidences = branch.confidences
        yield Close(
            branch.id,
            str(branch.stop),
            branch.tokens_sampled,
            self._run.answer(branch),
            confidence=sum(confidences) / len(confidences) if confidences else None,
            seconds=branch.seconds,
        )

    def _decide(self, *, finished: bool) -> Flow[None]:
        """Ask the policy. Drawing is only reconsidered when a branch stopped."""
        if self._draw is None:
            return
        while True:
            culled = set(self._draw.cull(self._values(), self._done))
            if culled:
                keys = {key for key, g in self._live.items() if g.branch.id in culled}
                yield from self._give_up(keys, Stop.CULLED)
                yield from self._drop_programs(culled, Stop.CULLED)
                finished = finished or bool(keys)  # others may be drawn in their place
            if not finished:
                return
            before = len(self._done)
            yield from self._start(self._draw.more(self._values(), self._done))
            if len(self._done) == before:
                return  # nothing came from the pool, so there is nothing new to decide on

    def _values(self) -> list[Branch]:
        now = self._run.clock()
        writing = [growing.value(now) for growing in self._live.values()]
        return [*writing, *self._running.branches]

    def _give_up(self, keys: Collection[Key], stop: Stop) -> Flow[None]:
        for key in [key for key in self._live if key in keys]:
            self._run.engine.cancel(key)
            yield from self._finish(key, stop)

    def _drop_programs(self, which: Collection[BranchId] | None, stop: Stop) -> Flow[None]:
        for branch in self._running.drop(which, stop):
            self._ledger.count("wasted", branch.tokens_sampled)
            yield from self._closed(branch)
