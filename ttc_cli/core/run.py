"""A run: the only door between strategies and the engine.

`extend` grows branches and `score` scores texts; both are generators of events, so a strategy
reads top to bottom (`branches = yield from run.extend(...)`), and closing the generator at any
point cancels whatever it had under way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ttc_cli.core.branch import Branch, Prompt, Step
from ttc_cli.core.engine import BranchRequest, Delta, Key
from ttc_cli.core.events import Flow, Tick
from ttc_cli.core.extension import POLL_SECONDS, Extension, RunState
from ttc_cli.core.growth import Continue, Draw, Pool
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.sampling import Outputs, Sampling, StopRule

__all__ = ["Draw", "Pool", "Run"]
_NOTHING = StopRule(0)


class Run(RunState):
    """One question's way through an engine.

    Args:
        engine: where branches grow.
        ledger: the budget; every sampled token is charged to it.
        seed: of the run; each branch's own seed is derived from it and the branch's path.
        deadline: on `clock`, after which nothing is drawn any more; None for never.
        clock: seconds, monotonic; only for deadlines and reported times.
        answer: the short answer of a finished branch, for those who watch.
        pool: where finished branches are kept and looked for; those found cost nothing.
        programs: runs the programs that branches write; None where they cannot be run.
        affinity: of all its requests, see `core.engine.BranchRequest`.

    `reused` counts branches that the pool gave, `judged` those that verifiers saw;
    `verify_seconds` is the time they took, `failing` names those whose failure was told;
    `told` holds what was said of an engine in trouble.
    """

    def extend(
        self,
        branches: Iterable[Branch],
        *,
        stop: StopRule,
        sampling: Sampling = Sampling(),
        outputs: Outputs = Outputs(),
        grammar: str = "",
        salt: str = "",
        draw: Draw | None = None,
        ledger: Ledger | None = None,
        reserve: float = 0.0,
        then: Continue | None = None,
    ) -> Flow[list[Branch]]:
        """Grow branches until each stops; all that is under way shares one batch.

        Args:
            branches: what to grow; each goes on from the text it has.
            stop, sampling, outputs, grammar: of every request. A branch's `meta` may hold its
                own "sampling".
            salt: tells draws apart that start from the same branch (a retry).
            draw: adds and culls branches along the way.
            ledger: a child of the run's ledger; by default the run's own.
            reserve: seconds of the deadline to leave over.
            then: decides whether a branch that stopped goes on, under another rule.

        Returns:
            The branches in the order they stopped, each with its stop reason.

        Raises EngineFailed: the engine died.
        """
        grow = Extension(
            self, stop, sampling, outputs, grammar, salt, draw, ledger or self.ledger, reserve, then
        )
        return (yield from grow.run(branches))

    def score(
        self, items: Sequence[tuple[Prompt, tuple[Step, ...]]], candidates: tuple[str, ...]
    ) -> Flow[list[tuple[float, ...] | None]]:
        """Log-probabilities of the candidates' first tokens after each text.

        Nothing is sampled. None where the deadline passed before the text was evaluated.
        """
        texts = [BranchRequest(self.key(), prompt, _NOTHING, prefix) for prompt, prefix in items]
        found = yield from self._told(replace(t, candidates=candidates) for t in texts)
        return [one.scores or None if one else None for one in found]

    def likelihoods(
        self,
        prompt: Prompt,
        prefix: tuple[Step, ...],
        texts: Sequence[str],
        outputs: Outputs = Outputs(),
    ) -> Flow[list[Step | None]]:
        """Each of these texts as a step after the prefix, with the log-probability of the whole.

        Nothing is sampled. None where the deadline passed before the text was evaluated.

        Args:
            outputs: whether the hidden state at its end is wanted too.
        """
        request = BranchRequest((), prompt, _NOTHING, prefix, outputs=outputs)
        found = yield from self._told(replace(request, key=self.key(), read=t) for t in texts)
        return [
            Step(text, logprobs=one.scores, hidden=one.hidden, marks=(1,) * len(one.hidden))
            if one and one.scores else None
            for text, one in zip(texts, found, strict=True)
        ]  # fmt: skip

    def _told(self, asked: Iterable[BranchRequest]) -> Flow[list[Delta | None]]:
        """What was said last of each request that draws nothing; None of those left over."""
        requests = [replace(request, affinity=self.affinity) for request in asked]
        keys: dict[Key, int] = {request.key: i for i, request in enumerate(requests)}
        out: list[Delta | None] = [None] * len(requests)
        live: set[Key] = set(keys)
        try:
            for request in requests:
                self.engine.submit(request)
            while live and not self.late:
                for delta in self.engine.poll(POLL_SECONDS):
                    self.count(delta)
                    if delta.stop is not None and delta.key in live:
                        live.discard(delta.key)
                        out[keys[delta.key]] = delta
                yield Tick()
        finally:
            for key in live:
                self.engine.cancel(key)
        return out
