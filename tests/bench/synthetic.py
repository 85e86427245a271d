"""Results of a world in which Q(C) = a·log2(C) + b holds exactly, costs and scores noisy."""

from __future__ import annotations

import numpy as np

SIZES = np.asarray([1, 2, 4, 8, 16])


def world(
    rng: np.random.Generator, n: int, a: float, b: float, tokens: float = 200.0
) -> tuple[np.ndarray, np.ndarray]:
    """Tokens and scores, (questions, points).

    A question has a difficulty that all its points share, and noise of each point's own; a score
    is 1 with probability Q(C) at the mean cost of the point.
    """
    each = rng.lognormal(np.log(tokens) - 0.125, 0.5, n)  # mean `tokens`
    cost = np.outer(each, SIZES) * rng.uniform(0.9, 1.1, (n, SIZES.size))
    quality = a * np.log2(tokens * SIZES) + b
    shared = rng.random((n, 1)) < 0.7
    luck = np.where(shared, rng.random((n, 1)), rng.random((n, SIZES.size)))
    return cost, (luck < quality).astype(float)
