"""One call of `Run.extend`: what is live, what is done, and the draws along the way."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from ttc_cli.core.branch import Branch, BranchId, Step
from ttc_cli.core.engine import Delta, Key, Request
from ttc_cli.core.errors import ContextOverflow
from ttc_cli.core.events import Close, Flow, Note, Open, StepDone, Text, Tick
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.sampling import Sampling, Stop, StopRule, Want
from ttc_cli.core.seeds import branch_seed

if TYPE_CHECKING:
    from ttc_cli.core.run import Run

POLL_SECONDS = 0.1
KEPT = (Stop.END, Stop.STRING, Stop.LENGTH, Stop.LOOP)
"""Stop reasons that the same request would meet again; other branches are not kept."""


class Draw(Protocol):
    """A pure policy that decides, after each step of the engine, what to draw and to give up."""

    def more(self, live: Sequence[Branch], done: Sequence[Branch]) -> Iterable[Branch]:
        """Branches to start now; called when one stopped, and once at the start."""
        ...

    def cull(self, live: Sequence[Branch], done: Sequence[Branch]) -> Collection[BranchId]:
        """Live branches to stop now."""
        ...


class Pool(Protocol):
    """Finished branches kept between runs, under everything that made them."""

    def get(self, key: str) -> Branch | None:
        """A branch drawn earlier under the same key; its id is not the asker's."""
        ...

    def put(self, key: str, branch: Branch) -> None:
        """Keep a finished branch."""
        ...


@dataclass(frozen=True, slots=True)
class Phase:
    """How a branch goes on once its request ended: under another rule and another grammar."""

    branch: Branch
    stop: StopRule
    grammar: str = ""


Then = Callable[[Branch], Phase | None]
"""Decides on each branch that stopped whether it goes on; it counts as live until it does not."""


@dataclass(slots=True)
class Growing:
    """A live branch and what has come of it."""

    branch: Branch
    began: float
    pool_key: str = ""
    text: list[str] = field(default_factory=list)
    tokens: tuple[int, ...] = ()
    logprobs: list[float] = field(default_factory=list)
    confidences: list[float] = field(default_factory=list)
    entropies: list[float] = field(default_factory=list)
    certainties: list[float] = field(default_factory=list)
    hidden: list[object] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    sampled: int = 0

    def take(self, delta: Delta) -> None:
        """Add what a delta brings."""
        self.text.append(delta.text)
        self.tokens = delta.tokens or self.tokens
        self.logprobs += delta.logprobs
        self.confidences += delta.confidences
        self.entropies += delta.entropies
        self.certainties += delta.certainties
        self.hidden += delta.hidden
        self.sampled += delta.sampled
        self.marks += [self.sampled] * len(delta.hidden)

    def value(self, now: float, stop: Stop | None = None, error: str = "") -> Branch:
        """The branch as it stands, with a last step of what was drawn so far."""
        step = Step(
            "".join(self.text),
            self.tokens,
            tuple(self.logprobs),
            tuple(self.confidences),
            tuple(self.entropies),
            tuple(self.hidden),
            certainties=tuple(self.certainties),
            marks=tuple(self.marks),
        )
        return replace(
            self.branch,
            steps=(*self.branch.steps, step),
            stop=stop,
            tokens_sampled=self.branch.tokens_sampled + self.sampled,
            seconds=self.branch.seconds + now - self.began,
            error=error,
        )


class Extension:
    """One call of Run.extend: what is live, what is done."""

    def __init__(
        self,
        run: Run,
        stop: StopRule,
        sampling: Sampling,
        want: Want,
        grammar: str,
        salt: str,
        draw: Draw | None,
        ledger: Ledger,
        reserve: float,
        then: Then | None,
    ) -> None:
        self._run = run
        self._then = then
        self._stop = stop
        self._sampling = sampling
        self._want = want
        self._grammar = grammar
        self._salt = salt
        self._draw = draw
        self._ledger = ledger
        self._reserve = reserve
        self._live: dict[Key, Growing] = {}
        self._done: list[Branch] = []

    def run(self, branches: Iterable[Branch]) -> Flow[list[Branch]]:
        """Until nothing is live; closing it cancels what is."""
        try:
            yield from self._start(branches)
            yield from self._decide(finished=True)
            while self._live:
                # All is counted before anybody hears of it, and decided on once all is told:
                # a branch that finished in this step is not culled for another that did.
                deltas = [d for d in self._run.engine.poll(POLL_SECONDS) if self._take(d)]
                for delta in deltas:
                    yield from self._tell(delta)
                if self._late():
                    yield from self._give_up(set(self._live), self._why_late())
                elif deltas:
                    yield from self._decide(finished=any(d.stop is not None for d in deltas))
                else:
                    yield Tick()
        finally:
            for key in self._live:
                self._run.engine.cancel(key)
            for growing in self._live.values():
                self._ledger.count("wasted", growing.sampled)
            self._live.clear()
        return self._done

    def _late(self) -> bool:
        run = self._run
        if run.interrupted or run.deadline is None:
            return run.interrupted
        return run.clock() >= run.deadline - self._reserve

    def _why_late(self) -> Stop:
        return Stop.CANCELLED if self._run.interrupted else Stop.TIME

    def _start(self, branches: Iterable[Branch]) -> Flow[None]:
        for branch in branches:
            yield from self._begin(Phase(branch, self._stop, self._grammar), self._salt)

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

    def _request(self, phase: Phase, salt: str) -> Request:
        branch = phase.branch
        return Request(
            self._run.key(),
            branch.prompt,
            phase.stop,
            prefix=branch.steps,
            sampling=branch.meta.get("sampling", self._sampling),
            seed=branch_seed(self._run.seed, branch.id, salt),
            want=self._want,
            grammar=phase.grammar,
            ledger=self._ledger,
        )

    def _from_pool(self, branch: Branch, key: str) -> Branch | None:
        if self._run.pool is None or not key:
            return None
        known = self._run.pool.get(key)
        if known is None:
            return None
        self._run.reused += 1
        return replace(known, id=branch.id, prompt=branch.prompt, meta=branch.meta)

    def _take(self, delta: Delta) -> bool:
        self._run._count(delta)
        growing = self._live.get(delta.key)
        if growing is not None:
            growing.take(delta)
        return growing is not None  # None: of another call

    def _tell(self, delta: Delta) -> Flow[None]:
        growing = self._live[delta.key]
        if delta.error and delta.stop is None:
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
            return
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
                finished = finished or bool(keys)  # others may be drawn in their place
            if not finished:
                return
            before = len(self._done)
            yield from self._start(self._draw.more(self._values(), self._done))
            if len(self._done) == before:
                return  # nothing came from the pool, so there is nothing new to decide on

    def _values(self) -> list[Branch]:
        now = self._run.clock()
        return [growing.value(now) for growing in self._live.values()]

    def _give_up(self, keys: Collection[Key], stop: Stop) -> Flow[None]:
        for key in [key for key in self._live if key in keys]:
            self._run.engine.cancel(key)
            yield from self._finish(key, stop)
