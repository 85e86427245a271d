"""A run: the only door between strategies and the engine.

`extend` grows branches and `score` scores texts; both are generators of events, so a strategy
reads top to bottom (`branches = yield from run.extend(...)`), and closing the generator at any
point cancels whatever it had under way.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Sequence

from ttc_cli.core.branch import Branch, Prompt, Step
from ttc_cli.core.engine import Delta, Engine, Key, Request
from ttc_cli.core.events import Flow, Tick
from ttc_cli.core.extension import POLL_SECONDS, Draw, Extension, Pool, Then
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.sampling import Sampling, StopRule, Want

__all__ = ["Draw", "Pool", "Run"]


class Run:
    """One question's way through an engine.

    Args:
        engine: where branches grow.
        ledger: the budget; every sampled token is charged to it.
        seed: of the run; each branch's own seed is derived from it and the branch's path.
        deadline: on `clock`, after which nothing is drawn any more; None for never.
        clock: seconds, monotonic; only for deadlines and reported times.
        answer: the short answer of a finished branch, for those who watch.
        pool: where finished branches are kept and looked for; those found cost nothing.

    `reused` counts branches that the pool gave, `judged` those that verifiers saw;
    `verify_seconds` is the time they took, `failing` names those whose failure was told.
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
        pool: Pool | None = None,
        answer: Callable[[Branch], str | None] = lambda _branch: None,
    ) -> None:
        self.engine = engine
        self.pool = pool
        self.answer = answer
        self.reused = 0
        self.judged = 0
        self.verify_seconds = 0.0
        self.failing: set[str] = set()
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
        then: Then | None = None,
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
            then: decides whether a branch that stopped goes on, under another rule.

        Returns:
            The branches in the order they stopped, each with its stop reason.

        Raises:
            EngineFailed: the engine died.
        """
        grow = Extension(
            self, stop, sampling, want, grammar, salt, draw, ledger or self.ledger, reserve, then
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
                    if delta.stop is not None and delta.key in live:
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
