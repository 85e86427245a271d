"""DeepConf's pruning (Fu et al. 2025, arXiv 2508.15260): stop traces that lose confidence.

The first samples run to their end; their lowest-group confidences set a bar, at a percentile.
A later one is stopped as soon as its last window falls under the bar.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ttc_cli.core.branch import Branch
from ttc_cli.strategies.evidence import lowest_group, window


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
