"""The scaling law of test-time compute: Q(C) = a·log2(C) + b, and where it fails. Pure functions.

Q is the share of right answers, C the mean tokens a question. Questions are the unit: intervals
come from drawing them again with replacement (Efron 1979), costs and scores of all points through
the same resample, since they share questions and, in a replay, samples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from ttc_cli.bench.curves import Array
from ttc_cli.bench.statistics import Z95

RESAMPLES = 2000
LEAST = 0.01  # a doubling that is expected to give less is not worth its cost
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95% percentile interval."""

    value: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Law:
    """A fitted scaling law.

    Args:
        n: questions. tokens: mean cost of each point. quality: mean score of each.
        a: what a doubling of compute gives. b: the line at one token, far outside of what is seen.
        beta: of error ∝ C^-beta. gains: what each step from one point to the next gave.
        saturation: the first point from which on no step gave anything that shows, or that is
            worth it; None where even the last did.
        misfit: p of the points lying on a line, given how they vary together; None for two points.
        bend: what the last step gave beyond what the line says of it; None likewise.
    """

    n: int
    tokens: tuple[float, ...]
    quality: tuple[Estimate, ...]
    a: Estimate
    b: Estimate
    beta: Estimate
    gains: tuple[Estimate, ...]
    saturation: int | None
    misfit: float | None
    bend: Estimate | None

    @property
    def ceiling(self) -> float:
        """Tokens at which the line says that every answer is right: it cannot hold beyond."""
        a, b = self.a.value, self.b.value
        return float(2 ** min((1 - b) / a, 1000)) if a > 0 else math.inf


def line(x: Array, y: Array) -> tuple[Array, Array]:
    """Slope and intercept of least squares along the last axis."""
    away = x - x.mean(axis=-1, keepdims=True)
    slope = (away * y).sum(axis=-1) / (away**2).sum(axis=-1)
    return slope, y.mean(axis=-1) - slope * x.mean(axis=-1)


def weights(n: int, *, seed: int = 0, resamples: int = RESAMPLES) -> Array:
    """How much each of `n` questions counts in each resample: (resamples, n), rows sum to 1."""
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=resamples)
    return np.asarray(drawn / n, dtype=float)


def estimate(value: float, draws: Array, n: int) -> Estimate:
    """Give a value the percentile interval of what resamples of `n` questions gave.

    Percentiles are a little further out than 2.5 and 97.5, by Student's t and the variance's
    (n-1)/n, as Hesterberg 2015 (Am. Stat. 69) has it: plain ones are too short for small n.
    """
    free = max(n - 1, 1)
    student = Z95 + (Z95**3 + Z95) / (4 * free)  # Fisher's expansion; 2% short at n = 5
    tail = 0.5 * math.erfc(student * math.sqrt((free + 1) / free) / math.sqrt(2))
    low, high = np.quantile(draws, (tail, 1 - tail))
    return Estimate(float(value), float(low), float(high))


def fit(
    tokens: Array, score: Array, *, least: float = LEAST, seed: int = 0, resamples: int = RESAMPLES
) -> Law:
    """Fit the law of one curve.

    Args:
        tokens, score: (questions, points), points by rising cost, two or more.
        least: gain of a doubling below which a curve counts as saturated.
    """
    n = len(score)
    interval = partial(estimate, n=n)
    cost, quality = tokens.mean(axis=0), score.mean(axis=0)
    costs, qualities = resample(tokens, score, seed=seed, resamples=resamples)
    x, xs = np.log2(cost), np.log2(costs)
    a, b = line(x, quality)
    slopes, intercepts = line(xs, qualities)
    # of error ∝ C^-beta; an error of 0 is taken for half a question
    beta, betas = (-line(at, np.log2(np.maximum(1 - reached, 0.5 / n)))[0]
                   for at, reached in ((x, quality), (xs, qualities)))  # fmt: skip
    step, steps = np.diff(quality), np.diff(qualities, axis=1)
    gains = tuple(map(interval, step, steps.T))
    doublings = np.diff(x)
    bend = bends = None
    if len(cost) > 2:
        bend = step[-1] - a * doublings[-1]
        bends = steps[:, -1] - slopes * np.diff(xs, axis=1)[:, -1]
    return Law(
        n, tuple(map(float, cost)), tuple(map(interval, quality, qualities.T)),
        interval(float(a), slopes), interval(float(b), intercepts), interval(float(beta), betas),
        gains, _saturation(gains, doublings, least),
        _misfit(quality - a * x - b, qualities - slopes[:, None] * xs - intercepts[:, None], n),
        None if bends is None or bend is None else interval(float(bend), bends),
    )  # fmt: skip


def resample(
    tokens: Array, score: Array, *, seed: int = 0, resamples: int = RESAMPLES
) -> tuple[Array, Array]:
    """Mean tokens and scores of the points in each resample: (resamples, points) both.

    Where no question is gained, or none lost, on the way from the first point to the last,
    resampling can never show that one might: one imagined question for each is then added, as
    `statistics.bootstrap` does, which errs on the wide side.
    """
    way = score[:, -1] - score[:, 0]
    if not ((way > 0).any() and (way < 0).any()):
        up = np.linspace(0, 1, score.shape[1])
        score = np.vstack([score, up, 1 - up])
        tokens = np.vstack([tokens, tokens.mean(axis=0), tokens.mean(axis=0)])
    counted = weights(len(score), seed=seed, resamples=resamples)
    return counted @ tokens, counted @ score


def _saturation(gains: tuple[Estimate, ...], doublings: Array, least: float) -> int | None:
    """The first point from which on no step shows a gain, or one worth `least` a doubling."""
    found = None
    for i in reversed(range(len(gains))):
        if gains[i].low > 0 and gains[i].value >= least * doublings[i]:
            break
        found = i
    return found


def _misfit(residual: Array, residuals: Array, n: int) -> float | None:
    """p of no lack of fit: the residuals' distance from 0 against that of their resamples.

    Distances are Mahalanobis's in the space that two parameters leave; the covariance is itself
    estimated from `n` questions, which Hotelling's scale makes up for.
    """
    free = residual.size - 2
    if free < 1:
        return None
    values, vectors = np.linalg.eigh(np.cov(residuals.T))
    kept = vectors[:, -free:] / np.sqrt(np.maximum(values[-free:], 1e-12))
    observed = float(((residual @ kept) ** 2).sum()) * max(n - free, 1) / n
    spread = (((residuals - residual) @ kept) ** 2).sum(axis=1)
    return float(((spread >= observed - 1e-12).sum() + 1) / (spread.size + 1))


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where the lines of two curves meet.

    Args:
        tokens: there; None where they do not within what both measured.
        interval: of it, over the resamples in which they meet there.
        share: of resamples in which they do.
        ahead: how far the second is ahead of the first, at the middle of what both measured.
    """

    tokens: float | None
    interval: Interval | None
    share: float
    ahead: Estimate


def crossing(
    first: tuple[Array, Array], second: tuple[Array, Array], *, seed: int = 0
) -> Crossing | None:
    """Where one strategy begins to pay more than another; None where their costs do not overlap.

    Args:
        first, second: tokens and scores of the same questions in the same order.
    """
    low = max(one[0].mean(axis=0)[0] for one in (first, second))
    high = min(one[0].mean(axis=0)[-1] for one in (first, second))
    if low >= high:
        return None
    lines, drawn = [], []
    counted = weights(len(first[0]), seed=seed)
    for tokens, score in (first, second):
        lines.append(line(np.log2(tokens.mean(axis=0)), score.mean(axis=0)))
        drawn.append(line(np.log2(counted @ tokens), counted @ score))
    middle = (np.log2(low) + np.log2(high)) / 2

    def ahead(pair: list[tuple[Array, Array]]) -> Array:
        (a, b), (c, d) = pair
        return np.asarray((c - a) * middle + d - b)

    meets, met = (_meeting(pair, low, high) for pair in (lines, drawn))
    inside = met[np.isfinite(met)]
    found = float(meets) if np.isfinite(meets) else None
    low_, high_ = np.quantile(inside, (0.025, 0.975)) if inside.size else (0.0, 0.0)
    return Crossing(
        found,
        (float(low_), float(high_)) if found else None,
        inside.size / met.size,
        estimate(float(ahead(lines)), ahead(drawn), len(first[0])),
    )


def _meeting(pair: list[tuple[Array, Array]], low: float, high: float) -> Array:
    """Tokens where two lines meet, NaN where that is outside."""
    (a, b), (c, d) = pair
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        where = np.exp2(np.clip((b - d) / (c - a), -1000, 1000))
    return np.asarray(np.where((where >= low) & (where <= high), where, np.nan))
