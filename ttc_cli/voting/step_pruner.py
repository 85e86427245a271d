"""Samples given up before their end: scored too low, half-way or later, by a step scorer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ttc_cli.core.branch import Branch, BranchId
from ttc_cli.core.errors import UsageError
from ttc_cli.core.outcome import Plan
from ttc_cli.core.verify import Live

GIVE_UP_HELP = (
    "with -V probe:NAME: stop a sample that scores below this half-way or later; 0 for none"
)


def check_give_up(bar: float) -> None:
    """Refuse a bar that is no score.

    Raises:
        UsageError: it is not from 0 to below 1.
    """
    if not 0 <= bar < 1:
        raise UsageError(f"give-up is {bar}", "give a score from 0 to below 1")


def lost(scores: Sequence[float], whole: Sequence[int], bar: float) -> bool:
    """Whether a sample is not worth going on with.

    Args:
        scores: of its steps so far.
        whole: how many steps the samples have that came to their end; half-way is half of their
            mean, so that nothing is lost before the first of them.
        bar: what the latest step must reach.
    """
    half_way = bool(whole) and 2 * len(scores) * len(whole) >= sum(whole)
    return half_way and bool(scores) and scores[-1] < bar


class StepScorePruner:
    """The drawing policy that draws nothing and gives up what is lost.

    Args:
        bar: see `lost`; 0 gives up nothing.
        plan: its verifier scores the steps.

    Raises:
        UsageError: there is a bar and no verifier that scores steps while they are written.
    """

    def __init__(self, bar: float, plan: Plan) -> None:
        self._bar = bar
        self._grade = plan.verifier.live if isinstance(plan.verifier, Live) else None
        self._known: dict[BranchId, tuple[float, ...]] = {}
        if bar and self._grade is None:
            raise UsageError(
                "give-up needs a verifier that scores steps while they are written",
                "give -V probe:NAME; `ttc prm train` makes one",
            )

    def more(self, live: Sequence[Branch], done: Sequence[Branch]) -> Iterable[Branch]:
        """Nothing."""
        return ()

    def cull(self, live: Sequence[Branch], done: Sequence[Branch]) -> Collection[BranchId]:
        """Those of `live` that are lost."""
        if not self._bar:
            return ()
        ended = [self._scores(b) for b in done if b.stop is not None and b.stop.whole]
        whole = [len(scores) for scores in ended if scores]
        return [b.id for b in live if lost(self._scores(b), whole, self._bar)]

    def _scores(self, branch: Branch) -> tuple[float, ...]:
        """Of its steps; the head is asked once a step, not at every token."""
        states = sum(len(step.marks) for step in branch.steps)
        if self._grade is not None and states != len(self._known.get(branch.id, ())):
            self._known[branch.id] = self._grade(branch).steps
        return self._known.get(branch.id, ())
