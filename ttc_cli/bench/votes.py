"""What a vote of fewer samples would have said, from the samples of a larger one.

A plain vote (a fixed number of samples, none cut short) can be cut to any size after the fact: its
samples are exchangeable, so the vote of k of them is as good a draw of a k-sample run as any. The
expected score over random choices of k is used, which is the same on average as one choice and
varies less.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

ORDERS = 64  # random orders of the samples that expectations are averaged over
CUT_SHORT = frozenset({"culled", "cancelled", "budget", "time", "failed"})


@dataclass(frozen=True, slots=True)
class Ballots:
    """The samples of one question: the class each votes for (None: none), and which are right."""

    classes: tuple[int | None, ...]
    right: frozenset[int]


def ballots(row: dict[str, Any]) -> Ballots | None:
    """The ballots of a row, None unless it is a plain vote."""
    branches, plan = row["branches"], row["plan"]
    plain = plan.get("strategy") == "self-consistency" and plan.get("samples") == len(branches)
    if not plain or any(branch["stop"] in CUT_SHORT for branch in branches):
        return None
    classes = tuple(branch["class"] for branch in branches)
    right = frozenset(b["class"] for b in branches if b["correct"] and b["class"] is not None)
    return Ballots(classes, right)


def curve(question: Ballots, *, orders: int = ORDERS) -> list[float]:
    """Expected score of the vote of 1, 2, ... samples; ties score the share that is right."""
    classes = list(question.classes)
    rng = random.Random(f"0/{classes}")  # noqa: S311 - resampling, not a secret
    shuffled = []
    for _ in range(orders):
        rng.shuffle(classes)
        shuffled.append([-1 if vote is None else vote for vote in classes])
    names = sorted({vote for vote in classes if vote is not None})
    if not names:
        return [0.0] * len(classes)
    counts = (np.asarray(shuffled)[:, :, None] == np.asarray(names)).cumsum(axis=1)
    most = counts.max(axis=2, keepdims=True)
    leaders = (counts == most) & (most > 0)
    right = leaders[:, :, [name in question.right for name in names]].sum(axis=2)
    scores = right / np.maximum(leaders.sum(axis=2), 1)
    alone = sum(vote in question.right for vote in classes) / len(classes)
    return [alone, *map(float, scores.mean(axis=0)[1:])]


def ranked(right: Sequence[bool]) -> list[float]:
    """Expected score of the best of 1, 2, ... samples, exactly.

    Of all choices of k among n samples, the share in which the one of rank i is the best is
    C(n-i-1, k-1) / C(n, k). With the right ones first this is pass@k, the unbiased estimator of
    coverage (Chen et al. 2021, arXiv 2107.03374).

    Args:
        right: whether each sample is right, the one that would be chosen first of all first.
    """
    n = len(right)
    return [
        sum(math.comb(n - i - 1, k - 1) for i in range(n) if right[i]) / math.comb(n, k)
        for k in range(1, n + 1)
    ]


def sizes(most: int) -> list[int]:
    """Return the sample counts 1, 2, 4, ... up to `most`."""
    return [1 << i for i in range(most.bit_length())]


def at_size(curves: Sequence[Sequence[float]], size: float) -> list[float]:
    """Each question's expected score with `size` samples on average.

    Between two whole numbers some questions get one sample more than others, chosen at random:
    the expectation lies on the line between the two scores.
    """
    return [float(np.interp(size, range(1, len(points) + 1), points)) for points in curves]
