"""Samples that are stopped before their end: by their confidence, or by scores of their steps.

DeepConf (Fu et al. 2025, arXiv 2508.15260): the first samples run to their end; their lowest-group
confidences set a bar, at a percentile. A later one is stopped as soon as its last window falls
under the bar.

With a verifier that scores steps while they are written, a sample is lost when it scores low
half-way or later.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from ttc_cli.core.branch import Branch, BranchId
from ttc_cli.core.errors import UsageError
from ttc_cli.core.outcome import Plan
from ttc_cli.core.verify import Live
from ttc_cli.strategies.evidence import lowest_group, window

GIVE_UP_HELP = (
    "with -V probe:NAME: stop a sample that scores below this half-way or later; 0 for none"
)


@dataclass(frozen=True, slots=True)
class Bar:
    """What a live branch's last `width` tokens must reach in mean confidence."""

    width: int
    level: float

    def passes(self, confidences: Sequence[float]) -> bool:
        """Whether a live trace may go on; one shorter than the window may."""
        if len(confidences) < self.width:
            return True
        return sum(confidences[-self.width :]) / self.width >= self.level


def bar(warm: Sequence[Sequence[float]], share: float) -> Bar | None:
    """The bar that the weakest `share` of the warm-up traces would not have passed.

    Args:
        warm: token confidences of the traces that came to their end.
        share: 0.1 keeps about 90% (DeepConf-high), 0.9 about 10% (DeepConf-low).
    """
    if not warm or share <= 0:
        return None
    width = window([len(trace) for trace in warm])
    scores = sorted(lowest_group(trace, width) for trace in warm)
    at = min(len(scores) - 1, math.floor(share * len(scores)))
    return Bar(width, scores[at])


class Pruning:
    """Which live branches to give up.

    Args:
        share: as for `bar`; 0 prunes nothing.
        warm_up: finished samples that set the bar.
    """

    def __init__(self, share: float, warm_up: int) -> None:
        self._share = share
        self._warm_up = warm_up
        self._bar: Bar | None = None

    def losing(self, live: Sequence[Branch], done: Sequence[Branch]) -> list[Branch]:
        """Those of `live` whose last window is under the bar."""
        if self._share <= 0:
            return []
        if self._bar is None:
            ended = [b.confidences for b in done if b.stop is not None and b.stop.whole]
            if len(ended) < self._warm_up:
                return []
            self._bar = bar(ended[: self._warm_up], self._share)
        level = self._bar
        return [b for b in live if level is not None and not level.passes(b.confidences)]


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


class Lost:
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
