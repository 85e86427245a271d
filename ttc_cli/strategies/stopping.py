"""When enough votes are in: pure rules on counts, no engine and no clock."""

from __future__ import annotations

import math
from collections.abc import Sequence


def lead_probability(first: float, second: float) -> float:
    """Probability that the leading answer stays ahead of the next one.

    Adaptive consistency's Beta criterion (Aggarwal et al. 2023, arXiv 2305.11860) with a uniform
    prior: P(p > 1/2) for p ~ Beta(first + 1, second + 1). Whole counts use the binomial sum,
    fractional weights are rounded down to whole ones first, the cautious way.
    """
    a, b = int(first), int(second)
    n = a + b + 1
    return 1.0 - sum(math.comb(n, k) for k in range(b + 1)) / 2.0**n if a >= b else 0.0


def unbeatable(counts: Sequence[float], left: float) -> bool:
    """Whether `left` more votes, all for the runner-up, cannot change the leader."""
    if not counts:
        return False
    ranked = sorted(counts, reverse=True)
    second = ranked[1] if len(ranked) > 1 else 0.0
    return ranked[0] > second + left


def votes_needed(first: int, second: int, confidence: float, most: int) -> int:
    """The fewest further votes, all for the leader, that would settle the matter."""
    for extra in range(most):
        if lead_probability(first + extra, second) >= confidence:
            return extra
    return most
