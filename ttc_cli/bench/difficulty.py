"""Compute by difficulty, after Snell et al. 2024 (arXiv 2408.03314): bins, and what they save.

Questions are put into bins by the model's own pass rate on one half of their samples; the strategy
(a vote, or the most confident sample) and the number of samples for each bin are chosen there too;
what that reaches and costs is judged on the other half. So nothing is judged on the samples it was
chosen by. As in the paper, the samples that tell the difficulty are not charged, and the pass rate
needs reference answers: the saving is what a perfect router of this kind could reach, not what one
does. Bins by the agreement of the samples, which needs no references, stand beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ttc_cli.bench import votes
from ttc_cli.bench.curves import Array, Pooled
from ttc_cli.bench.scaling import Estimate, estimate

BINS = 5
SPLITS = 16
RESAMPLES = 200
ORDERS = 48
PRICES = np.concatenate([[0.0], np.geomspace(1e-7, 1e-1, 120)])
"""Score that a token is worth; at each, every bin takes what pays best (the convex hull)."""
Rows = NDArray[np.int64]  # numbers of questions
KEYS = ("pass rate", "agreement")
FEWEST = 10  # questions, below which bins would hold one or two


@dataclass(frozen=True)
class Split:
    """One way to halve the samples of every question.

    Args:
        keys: what orders questions by ease, by the choosing half, for each of `KEYS`.
        chosen, judged: (score, tokens), each (questions, ways), of the two halves: votes of 1, 2,
            4, ..., then the most confident of 2, 4, ...
    """

    keys: dict[str, Array]
    chosen: tuple[Array, Array]
    judged: tuple[Array, Array]


@dataclass(frozen=True, slots=True)
class Bin:
    """Questions of one difficulty, 0 the hardest.

    Args:
        n: questions, on average. quality: of a vote of 1, 2, 4, ... of them, judged. samples: the
            compute-optimal number (geometric mean over splits) for the quality of the largest.
        voting: share of the splits in which the compute-optimal strategy is one answer or a vote.
    """

    n: float
    pass_rate: float
    quality: tuple[float, ...]
    samples: float
    voting: float


@dataclass(frozen=True, slots=True)
class Mix:
    """The compute-optimal mix against the same number of samples for every question.

    Args:
        samples: of the uniform vote whose quality was aimed at, with its quality and tokens.
        mix_quality, mix_tokens: what the mix reached.
        ratio: tokens that a uniform vote needs for the quality the mix reached, over the mix's.
    """

    key: str
    samples: int
    quality: float
    tokens: float
    mix_quality: float
    mix_tokens: float
    ratio: Estimate


@dataclass(frozen=True, slots=True)
class Difficulty:
    """What bins showed: `sizes` are the numbers of samples that a half allows."""

    sizes: tuple[int, ...]
    bins: tuple[Bin, ...]
    mixes: tuple[Mix, ...]


def study(pool: Sequence[Pooled], *, seed: int = 0) -> Difficulty | None:
    """Bins and mixes of a pool of plain votes; None for too few questions or samples."""
    samples = len(pool[0].right) if pool else 0
    if len(pool) < FEWEST or samples < 8:
        return None
    halves = _halves(pool, samples, seed)
    points = votes.sizes(samples // 2)
    everyone = np.arange(len(pool))
    rng = np.random.default_rng(seed)
    mixes = []
    for key in KEYS:
        found = _judged(halves, key, everyone)
        draws = np.asarray([_drawn(halves, key, rng) for _ in range(RESAMPLES)])
        for i, samples_ in enumerate(points[2:]):
            uniform, mixed = found[0], found[1][i]
            ratio = estimate(_ratio(uniform, mixed), draws[:, i], len(pool))
            (quality, tokens), (reached, cost) = uniform[:, i + 2].tolist(), mixed.tolist()
            mixes.append(Mix(key, samples_, quality, tokens, reached, cost, ratio))
    return Difficulty(tuple(points), _bins(halves), tuple(mixes))


def _halves(pool: Sequence[Pooled], samples: int, seed: int) -> list[Split]:
    rng = np.random.default_rng(seed)
    half = samples // 2
    chosen = [k - 1 for k in votes.sizes(half)]
    out = []
    for _ in range(SPLITS):
        orders = [rng.permutation(samples) for _ in pool]
        parts = []
        for part in (slice(0, half), slice(half, 2 * half)):
            cut = [_cut(one, order[part]) for one, order in zip(pool, orders, strict=True)]
            vote = np.asarray([votes.curve(one.ballots, orders=ORDERS) for one in cut])
            best = np.asarray([votes.ranked(one.by_confidence()) for one in cut])
            score = np.hstack([vote[:, chosen], best[:, chosen[1:]]])
            each = np.asarray([np.mean(one.tokens) for one in cut])
            jitter = rng.uniform(0, 1e-6, len(pool))  # questions that tie are put apart by lot
            keys = {
                KEYS[0]: np.asarray([np.mean(one.right) for one in cut]) + jitter,
                KEYS[1]: np.asarray([_agreement(one) for one in cut]) + jitter,
            }
            counts = [k + 1 for k in (*chosen, *chosen[1:])]
            parts.append((keys, (score, np.outer(each, counts))))
        (keys, one), (others, two) = parts
        out += [Split(keys, one, two), Split(others, two, one)]
    return out


def _cut(one: Pooled, kept: Rows) -> Pooled:
    classes = tuple(one.ballots.classes[i] for i in kept)
    return Pooled(
        votes.Ballots(classes, one.ballots.right),
        tuple(one.right[i] for i in kept),
        tuple(one.tokens[i] for i in kept),
        tuple(one.confidence[i] for i in kept),
    )


def _agreement(one: Pooled) -> float:
    cast = [vote for vote in one.ballots.classes if vote is not None]
    return max(map(cast.count, cast), default=0) / len(one.right)


def _choice(half: Split, key: str, who: Rows) -> tuple[list[Rows], Array, Array]:
    """Bins, and for each uniform vote what every bin takes: (votes, bins); and the uniform curve.

    Of the mixes that reach the uniform vote's quality on the choosing half, the cheapest.
    """
    # by rising ease, in equal parts (quintiles), fewer where there are few questions
    parts = np.array_split(np.argsort(half.keys[key][who]), max(1, min(BINS, who.size // 5)))
    bins = [who[part] for part in parts]
    score, tokens = half.chosen
    share = np.asarray([part.size / who.size for part in bins])
    scores = np.asarray([score[part].mean(axis=0) for part in bins])
    costs = np.asarray([tokens[part].mean(axis=0) for part in bins])
    # with equal worth, the first: votes before confidence, and fewer samples before more
    picks = (scores[None] - PRICES[:, None, None] * costs[None] + 0.0).round(12).argmax(axis=2)
    rows = np.arange(len(bins))
    quality = (scores[rows, picks] * share).sum(axis=1)
    cost = (costs[rows, picks] * share).sum(axis=1)
    plain = score.shape[1] // 2 + 1
    aims = score[who, :plain].mean(axis=0)
    taken = []
    for aim in aims:
        enough = quality >= aim - 1e-9
        taken.append(picks[np.where(enough, cost, np.inf).argmin()])
    judged = half.judged
    uniform = np.asarray([part[who, :plain].mean(axis=0) for part in judged])
    return bins, np.asarray(taken), uniform


def _one(half: Split, key: str, who: Rows) -> tuple[Array, Array]:
    """On the judging half: the uniform curve (2, sizes), and (quality, tokens) of each mix.

    A vote of two is no better than one, so mixes begin at the quality of four.
    """
    bins, taken, uniform = _choice(half, key, who)
    score, tokens = half.judged
    mixed = []
    for picks in taken[2:]:
        pairs = zip(bins, picks, strict=True)
        both = [(score[part, pick].sum(), tokens[part, pick].sum()) for part, pick in pairs]
        mixed.append(np.sum(both, axis=0) / who.size)
    return uniform, np.asarray(mixed)


def _judged(halves: Sequence[Split], key: str, who: Rows) -> tuple[Array, Array]:
    """The mean of `_one` over the ways to halve."""
    each = [_one(half, key, who) for half in halves]
    return np.mean([u for u, _ in each], axis=0), np.mean([m for _, m in each], axis=0)


def _drawn(halves: Sequence[Split], key: str, rng: np.random.Generator) -> list[float]:
    """The ratios for questions drawn again, halved in three ways, judged both ways round."""
    n = halves[0].judged[0].shape[0]
    split = 2 * int(rng.integers(0, len(halves) // 2 - 2))
    who = np.asarray(rng.integers(0, n, n))
    uniform, mixed = _judged(halves[split : split + 6], key, who)
    return [_ratio(uniform, one) for one in mixed]


def _ratio(uniform: Array, mixed: Array) -> float:
    """Tokens of a uniform vote of the mix's quality over those of the mix.

    Between two sizes a line in the logarithm of tokens; beyond the largest, the largest, which
    says less for the mix than there may be.
    """
    quality, tokens = np.maximum.accumulate(uniform[0]), uniform[1]
    first = np.concatenate([[True], np.diff(quality) > 1e-12])  # each at the least cost of it
    reached = np.interp(mixed[0], quality[first], np.log2(tokens)[first])
    return float(2**reached / mixed[1])


def _bins(halves: Sequence[Split]) -> tuple[Bin, ...]:
    everyone = np.arange(halves[0].judged[0].shape[0])
    table: list[list[tuple[float, ...]]] = []
    for half in halves:
        bins, taken, _ = _choice(half, KEYS[0], everyone)
        plain = half.judged[0].shape[1] // 2 + 1
        score = half.judged[0][:, :plain]
        size = [*range(plain), *range(1, plain)]  # logarithms of the numbers of samples
        table.append([
            (part.size, *score[part].mean(axis=0), size[pick], pick < plain)
            for part, pick in zip(bins, taken[-1], strict=True)
        ])  # fmt: skip
    means = np.mean(table, axis=0)
    return tuple(
        Bin(n, quality[0], tuple(quality), 2**size, voting)
        for n, *quality, size, voting in means.tolist()
    )
