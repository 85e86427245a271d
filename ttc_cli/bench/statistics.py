"""Intervals and tests on results of the same questions: pure functions, seeded, no model.

Questions are the unit: they are what was drawn from the world. Samples of one question are not
independent of each other, so nothing here counts them as if they were.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959963984540054
RESAMPLES = 4000
FLIPS = 20_000
_CHUNK = 2_000_000  # numbers held at once while resampling


def wilson(right: float, n: int) -> tuple[float, float]:
    """Wilson's interval for a share (Wilson 1927, JASA 22): it holds for few questions too.

    Args:
        right: right answers, of `n` questions.
    """
    if n == 0:
        return 0.0, 1.0
    share, z = right / n, Z95
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # at 0 and n the ends are the share itself, which rounding may miss by a hair
    low, high = (middle - half) / scale, (middle + half) / scale
    return max(0.0, min(low, share)), min(1.0, max(high, share))


@dataclass(frozen=True, slots=True)
class Difference:
    """A paired difference of two configurations: second minus first.

    Args:
        value: mean over questions. low, high: its 95% interval. p: of no difference, two-sided.
        n: questions that both answered.
    """

    value: float
    low: float
    high: float
    p: float
    n: int


def paired(first: Sequence[float], second: Sequence[float]) -> Difference | None:
    """How much better the second is on the same questions, scored in [0, 1]; None without any."""
    values = np.asarray(second, dtype=float) - np.asarray(first, dtype=float)
    if values.size == 0:
        return None
    low, high = bootstrap(values)
    return Difference(float(values.mean()), low, high, p_value(values), values.size)


def bootstrap(
    values: NDArray[np.float64], *, seed: int = 0, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """The 95% percentile interval of the mean, questions drawn again with replacement.

    After Efron 1979. Where no question speaks for one of the two sides, resampling can never
    show that one might, and the interval would be far too short (of zero length when nothing
    differs): one imagined question for each side is then added (Agresti and Min 2005 do likewise
    for matched pairs), which errs on the wide side.
    """
    if not ((values > 0).any() and (values < 0).any()):
        values = np.append(values, (1.0, -1.0))
    rng = np.random.default_rng(seed)
    means: list[NDArray[np.float64]] = []
    rows = max(1, _CHUNK // values.size)
    for start in range(0, resamples, rows):
        shape = (min(rows, resamples - start), values.size)
        means.append(values[rng.integers(0, values.size, shape)].mean(axis=1))
    low, high = np.quantile(np.concatenate(means), (0.025, 0.975))
    return float(low), float(high)


def p_value(values: NDArray[np.float64], *, seed: int = 0, flips: int = FLIPS) -> float:
    """Two-sided p of the sign-flip permutation test (Fisher 1935): is the mean difference zero?

    It asks nothing of the scores but that, without a difference, either configuration could as
    well have had the other's. For right and wrong answers it *is* the exact test of McNemar
    (1947), a binomial sum over the questions where the two differ, computed exactly; for scores
    between (a vote cut to fewer samples has an expected score), signs are flipped at random.
    """
    sizes = np.abs(values[values != 0])
    if sizes.size == 0:
        return 1.0
    if np.all(sizes == sizes[0]):
        return _mcnemar(int((values > 0).sum()), int((values < 0).sum()))
    rng = np.random.default_rng(seed)
    observed = abs(float(values.sum())) - 1e-12
    beyond, rows = 0, max(1, _CHUNK // sizes.size)
    for start in range(0, flips, rows):
        shape = (min(rows, flips - start), sizes.size)
        sums = (rng.integers(0, 2, shape) * 2 - 1) @ sizes
        beyond += int((np.abs(sums) >= observed).sum())
    return (beyond + 1) / (flips + 1)


def _mcnemar(gained: int, lost: int) -> float:
    n = gained + lost
    tail = sum(math.comb(n, k) for k in range(min(gained, lost) + 1))
    return min(1.0, float(2 * tail / (1 << n)))
