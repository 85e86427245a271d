"""A run: the only door between strategies and the engine.

`extend` grows branches and `score` scores texts; both are generators of events, so a strategy
reads top to bottom (`branches = yield from run.extend(...)`), and closing the generator at any
point cancels whatever it had under way.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from ttc_cli.core.branch import Branch, BranchId, Prompt, Step
from ttc_cli.core.engine import Delta, Engine, Key, Request
from ttc_cli.core.events import Close, Flow, Open, StepDone, Text, Tick
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.sampling import Sampling, Stop, StopRule, Want
from ttc_cli.core.seeds import branch_seed

POLL_SECONDS = 0.1


class Draw(Protocol):
    """A pure policy that decides, after each delta, what to draw and what to give up."""

    def more(self, live: Sequence[Branch], done: Sequence[Branch]) -> Iterable[Branch]:
        """Branches to start now; called when one finished, and once at the start."""
        ...

    def cull(self, live: Sequence[Branch], done: Sequence[Branch]) -> Collection[BranchId]:
        """Live branches to stop now."""
        ...


@dataclass(slots=True)
class _Growing:
    branch: Branch
    began: float
    text: list[str] = field(default_factory=list)
    tokens: tuple[int, ...] = ()
    logprobs: list[float] = field(default_factory=list)
    confidences: list[float] = field(default_factory=list)
    entropies: list[float] = field(default_factory=list)
    hidden: list[object] = field(default_factory=list)
    sampled: int = 0

    def take(self, delta: Delta) -> None:
        self.text.append(delta.text)
        self.tokens = delta.tokens or self.tokens
        self.logprobs += delta.logprobs
        self.confidences += delta.confidences
        self.entropies += delta.entropies
        self.hidden += delta.hidden
        self.sampled += delta.sampled

    def value(self, now: float, stop: Stop | None = None, error: str = "") -> Branch:
        step = Step(
            "".join(self.text),
            self.tokens,
            tuple(self.logprobs),
            tuple(self.confidences),
            tuple(self.entropies),
            tuple(self.hidden),
        )
        return replace(
            self.branch,
            steps=(*self.branch.steps, step),
            stop=stop,
            tokens_sampled=self.branch.tokens_sampled + self.sampled,
            seconds=self.branch.seconds + now - self.began,
            error=error,
        )


class Run:
    """One question's way through an engine.

    Args:
        engine: where branches grow.
        ledger: the budget; every sampled token is charged to it.
        seed: of the run; each branch's own seed is derived from it and the branch's path.
        deadline: on `clock`, after which nothing is drawn any more; None for never.
        clock: seconds, monotonic; only for deadlines and reported times.
    """

    _runs = itertools.count()

    def __init__(
        self,
        engine: Engine,
        *,
        ledger: Ledger | None = None,
        seed: int = 0,
        deadline: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.engine = engine
        self.ledger = ledger or Ledger()
        self.seed = seed
        self.deadline = deadline
        self.clock = clock
        self.interrupted = False
        self._id = next(Run._runs)
        self._requests = itertools.count()

    @property
    def late(self) -> bool:
        """Whether the deadline has passed, or somebody interrupted the run."""
        return self.interrupted or (self.deadline is not None and self.clock() >= self.deadline)

    def interrupt(self) -> None:
        """Draw nothing more: what is under way stops, and the strategy answers with what it has."""
        self.interrupted = True

    @property
    def spent(self) -> bool:
        """Whether nothing more can be drawn: no token left, or no time."""
        return self.ledger.left == 0 or self.late

    def extend(
        self,
        branches: Iterable[Branch],
        *,
        stop: StopRule,
        sampling: Sampling = Sampling(),
        want: Want = Want(),
        grammar: str = "",
        salt: str = "",
        draw: Draw | None = None,
        ledger: Ledger | None = None,
        reserve: float = 0.0,
    ) -> Flow[list[Branch]]:
        """Grow branches until each stops; all that is under way shares one batch.

        Args:
            branches: what to grow; each goes on from the text it has.
            stop, sampling, want, grammar: of every request. A branch's `meta` may hold its
                own "sampling".
            salt: tells draws apart that start from the same branch (a retry).
            draw: adds and culls branches along the way.
            ledger: a child of the run's ledger; by default the run's own.
            reserve: seconds of the deadline to leave over.

        Returns:
            The branches in the order they stopped, each with its stop reason.

        Raises:
            EngineFailed: the engine died.
        """
        grow = _Extension(
            self, stop, sampling, want, grammar, salt, draw, ledger or self.ledger, reserve
        )
        return (yield from grow.run(branches))

    def score(
        self,
        items: Sequence[tuple[Prompt, tuple[Step, ...]]],
        candidates: tuple[str, ...],
    ) -> Flow[list[tuple[float, ...] | None]]:
        """Log-probabilities of the candidates' first tokens after each text.

        Nothing is sampled. None where the deadline passed before the text was evaluated.
        """
        keys: dict[Key, int] = {self.key(): i for i in range(len(items))}
        out: list[tuple[float, ...] | None] = [None] * len(items)
        live: set[Key] = set(keys)
        try:
            for (prompt, prefix), key in zip(items, keys, strict=True):
                self.engine.submit(
                    Request(key, prompt, StopRule(0), prefix=prefix, candidates=candidates)
                )
            while live and not self.late:
                for delta in self.engine.poll(POLL_SECONDS):
                    self._count(delta)
                    if delta.stop is not None:
                        live.discard(delta.key)
                        out[keys[delta.key]] = delta.scores or None
                yield Tick()
        finally:
            for key in live:
                self.engine.cancel(key)
        return out

    def key(self) -> tuple[int, int]:
        """A key no other request has."""
        return (self._id, next(self._requests))

    def _count(self, delta: Delta) -> None:
        if delta.prefilled:
            self.ledger.count("prefilled", delta.prefilled)
        if delta.shared:
            self.ledger.count("shared", delta.shared)


class _Extension:
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
    ) -> None:
        self._run = run
        self._stop = stop
        self._sampling = sampling
        self._want = want
        self._grammar = grammar
        self._salt = salt
        self._draw = draw
        self._ledger = ledger
        self._reserve = reserve
        self._live: dict[Key, _Growing] = {}
        self._done: list[Branch] = []

    def run(self, branches: Iterable[Branch]) -> Flow[list[Branch]]:
        try:
            yield from self._start(branches)
            yield from self._decide(finished=True)
            while self._live:
                deltas = self._run.engine.poll(POLL_SECONDS)
                for delta in deltas:
                    yield from self._handle(delta)
                if self._late():
                    yield from self._give_up(set(self._live), self._why_late())
                elif not deltas:
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
            if self._ledger.left == 0 or self._late():
                stop = self._why_late() if self._late() else Stop.BUDGET
                self._done.append(replace(branch, stop=stop))
                continue
            key = self._run.key()
            self._run.engine.submit(
                Request(
                    key,
                    branch.prompt,
                    self._stop,
                    prefix=branch.steps,
                    sampling=branch.meta.get("sampling", self._sampling),
                    seed=branch_seed(self._run.seed, branch.id, self._salt),
                    want=self._want,
                    grammar=self._grammar,
                    ledger=self._ledger,
                )
            )
            self._live[key] = _Growing(branch, self._run.clock())
            yield Open(branch.id)

    def _handle(self, delta: Delta) -> Flow[None]:
        self._run._count(delta)
        growing = self._live.get(delta.key)
        if growing is None:
            return  # of another call, or culled within this poll
        growing.take(delta)
        if delta.text or delta.sampled:
            confidence = delta.confidences[-1] if delta.confidences else None
            yield Text(growing.branch.id, delta.text, delta.sampled, confidence)
        if delta.stop is not None:
            yield from self._finish(delta.key, delta.stop, delta.error)
        yield from self._decide(finished=delta.stop is not None)

    def _finish(self, key: Key, stop: Stop, error: str = "") -> Flow[None]:
        growing = self._live.pop(key)
        branch = growing.value(self._run.clock(), stop, error)
        self._done.append(branch)
        if stop in (Stop.CULLED, Stop.CANCELLED, Stop.FAILED):
            self._ledger.count("wasted", growing.sampled)
        if stop is Stop.STEP:
            yield StepDone(branch.id, len(branch.steps) - 1)
        confidences = branch.confidences
        yield Close(
            branch.id,
            stop.value,
            branch.tokens_sampled,
            confidence=sum(confidences) / len(confidences) if confidences else None,
            seconds=branch.seconds,
        )

    def _decide(self, *, finished: bool) -> Flow[None]:
        """Ask the policy. Drawing is only reconsidered when a branch finished."""
        if self._draw is None:
            return
        now = self._run.clock()
        live = [growing.value(now) for growing in self._live.values()]
        culled = set(self._draw.cull(live, self._done))
        if culled:
            keys = {key for key, g in self._live.items() if g.branch.id in culled}
            yield from self._give_up(keys, Stop.CULLED)
        if finished:
            live = [growing.value(now) for growing in self._live.values()]
            yield from self._start(self._draw.more(live, self._done))

    def _give_up(self, keys: Collection[Key], stop: Stop) -> Flow[None]:
        for key in [key for key in self._live if key in keys]:
            self._run.engine.cancel(key)
            yield from self._finish(key, stop)
