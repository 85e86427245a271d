"""What a vote of fewer samples would have said, from the samples of a larger one.

A plain vote (a fixed number of samples, none cut short) can be cut to any size after the fact: its
samples are exchangeable, so the vote of k of them is as good a draw of a k-sample run as any. The
expected score over random choices of k is used, which is the same on average as one choice and
varies less.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

ORDERS = 64
"""Random orders of the samples that expectations are averaged over."""
CUT_SHORT = frozenset({"culled", "cancelled", "budget", "time", "failed"})


@dataclass(frozen=True, slots=True)
class Ballots:
    """The samples of one question: the class each votes for (None: none), and which are right."""

    classes: tuple[int | None, ...]
    right: frozenset[int]


def ballots(row: dict[str, Any]) -> Ballots | None:
    """The ballots of a row, None unless it is a plain vote."""
    branches = row["branches"]
    whole = all(branch["stop"] not in CUT_SHORT for branch in branches)
    plan = row["plan"]
    if plan.get("strategy") != "self-consistency" or plan.get("samples") != len(branches):
        return None
    if not whole:
        return None
    classes = tuple(branch["class"] for branch in branches)
    right = frozenset(b["class"] for b in branches if b["correct"] and b["class"] is not None)
    return Ballots(classes, right)


def curve(question: Ballots, *, seed: int = 0) -> list[float]:
    """Expected score of the vote of 1, 2, ... samples; ties score the share that is right."""
    classes = list(question.classes)
    rng = random.Random(f"{seed}/{classes}")  # noqa: S311 - resampling, not a secret
    totals = [0.0] * len(classes)
    for _ in range(ORDERS):
        rng.shuffle(classes)
        counts: Counter[int] = Counter()
        for size, vote in enumerate(classes):
            if vote is not None:
                counts[vote] += 1
            totals[size] += _score(counts, question.right)
    return [total / ORDERS for total in totals]


def _score(counts: Counter[int], right: frozenset[int]) -> float:
    most = max(counts.values(), default=0)
    leaders = [vote for vote, count in counts.items() if count == most]
    return sum(vote in right for vote in leaders) / len(leaders) if leaders else 0.0


def at_size(curves: Sequence[Sequence[float]], size: float) -> list[float]:
    """Each question's expected score with `size` samples on average.

    Between two whole numbers some questions get one sample more than others, chosen at random:
    the expectation lies on the line between the two scores.
    """
    low = int(size)
    share = size - low
    return [
        points[low - 1] if share < 1e-9 else points[low - 1] * (1 - share) + points[low] * share
        for points in curves
    ]
