"""What a sample itself says of its being right: length and confidence, as weights of votes.

All weights are relative to the siblings' (they lie around 1), so that they need no
calibration to a model or a task, and hopeless questions are not weighed as if they were sure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ttc_cli.core.branch import Branch

WINDOWS = (64, 256)
"""Bounds of a confidence window, in tokens; DeepConf's 2048 is longer than most local traces."""
KINDS = {"none": 0.0, "length": 0.5, "hesitation": 0.5}
"""Ways to weigh votes, each with the power its relative merit is raised to.

Square roots soften: evidence inclines, it does not outvote.
"""


def mean_confidence(branch: Branch) -> float:
    """Mean token confidence of a branch, 0 without any."""
    confidences = branch.confidences
    return sum(confidences) / len(confidences) if confidences else 0.0


def window(lengths: Sequence[int]) -> int:
    """Tokens of a confidence window for traces of these lengths: a quarter of their mean."""
    low, high = WINDOWS
    quarter = sum(lengths) // (4 * len(lengths)) if lengths else low
    return min(max(quarter, low), high)


def lowest_group(confidences: Sequence[float], width: int) -> float:
    """Lowest mean confidence over any `width` tokens in a row (DeepConf, arXiv 2508.15260).

    A trace shorter than the window is one group; 0 without confidences.
    """
    if not confidences:
        return 0.0
    width = min(width, len(confidences))
    total = lowest = sum(confidences[:width])
    for old, new in zip(confidences, confidences[width:], strict=False):
        total += new - old
        lowest = min(lowest, total)
    return lowest / width


def hesitation(confidences: Sequence[float]) -> float:
    """How often the model hesitated: the sum over tokens of exp(-confidence / 3).

    Confidence is minus the mean log-probability of the top candidates, so its exponential is
    their geometric mean: near 0 where one token stands out. Like a hazard it only grows, and it
    joins length and confidence in one number.
    """
    return sum(math.exp(-c / 3) for c in confidences)


def merit(kind: str, tokens: int, confidences: Sequence[float]) -> float:
    """What speaks for a sample, by itself; the higher the better, 0 or less for unknown.

    Args:
        kind: one of `KINDS`.
        tokens: its length.
        confidences: one a token.
    """
    if kind == "length":
        return 1 / max(1, tokens)
    if kind == "hesitation":
        return 1 / total if (total := hesitation(confidences)) else 0.0
    return 1.0


def weights(kind: str, branches: Sequence[Branch]) -> list[float]:
    """Weights of the branches' votes, judged beside one another; see `KINDS`."""
    found = [merit(kind, branch.tokens_sampled, branch.confidences) for branch in branches]
    return relative(found, KINDS[kind])


def relative(merits: Sequence[float], power: float) -> list[float]:
    """Merits over their harmonic mean, softened; those of 0 or less (unknown) weigh 1.

    The harmonic mean makes lengths relative to the mean length.
    """
    known = [merit for merit in merits if merit > 0]
    if not known:
        return [1.0] * len(merits)
    middle = len(known) / sum(1 / merit for merit in known)
    return [(merit / middle) ** power if merit > 0 else 1.0 for merit in merits]
