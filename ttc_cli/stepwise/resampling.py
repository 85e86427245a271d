"""Resampling of particles: how likely each is to go on, and which do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

One = TypeVar("One")


def softmax(logits: Sequence[float], heat: float) -> list[float]:
    """Weights that sum to 1; a higher heat makes them more equal."""
    top = max(logits)
    raw = [math.exp((x - top) / heat) for x in logits]
    return [x / math.fsum(raw) for x in raw]


def effective(weights: Sequence[float]) -> float:
    """The effective number of particles, 1 / sum of squares."""
    return 1.0 / math.fsum(w * w for w in weights)


def systematic(nodes: Sequence[One], weights: Sequence[float], n: int, u: float) -> list[One]:
    """n nodes drawn by weight at evenly spaced points that start at u / n."""
    drawn: list[One] = []
    total, i = weights[0], 0
    for k in range(n):
        while total < (k + u) / n and i < len(nodes) - 1:
            i += 1
            total += weights[i]
        drawn.append(nodes[i])
    return drawn
