"""Votes and efforts replayed on samples that were drawn before, and how calibrated they are."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from evidence_model import Asked, Numbers

from ttc_cli.core.programs import GREEDY_PROGRAM, PLAIN, PROGRAM
from ttc_cli.prm.measures import auc, brier, calibration
from ttc_cli.voting.mixed import Stage

Choose = Callable[[Asked, Sequence[int]], dict[int, float]]


@dataclass
class Played:
    right: float
    tokens: int
    samples: int
    sure: float


def play(
    one: Asked, choose: Choose, kinds: Sequence[str], plan: Sequence[Stage], rng: random.Random
) -> Played:
    """One run: stages are begun whole, and end once the leader is likely enough."""
    plain = rng.sample(one.named("plain"), len(one.named("plain")))
    programs = one.named("program-A-0") + one.named("program-B-1")
    queues = {PLAIN: plain, PROGRAM: programs, GREEDY_PROGRAM: one.named("program-B-0")}
    picked: list[int] = []
    found: dict[int, float] = {}
    for upto, bar in plan:
        while len(picked) < upto and queues[kinds[len(picked)]]:
            picked.append(queues[kinds[len(picked)]].pop(0))
        found = choose(one, picked)
        if found and max(found.values()) >= bar:
            break
    tokens = sum(one.samples[i].tokens for i in picked)
    best = max(found, key=lambda of: found[of], default=-2)
    return Played(float(best == one.right), tokens, len(picked), found.get(best, 0.0))


def judge(questions: Sequence[Asked], choose: Choose, kinds: Sequence[str], plan: Sequence[Stage],
          orders: int = 8) -> dict[str, Any]:  # fmt: skip
    """Means over random orders of each question's plain replies, and all runs' confidences."""
    rng = random.Random(3)
    runs = [[play(one, choose, kinds, plan, rng) for _ in range(orders)] for one in questions]
    flat = [run for group in runs for run in group]
    return {
        "right": [float(np.mean([run.right for run in group])) for group in runs],
        "accuracy": float(np.mean([run.right for run in flat])),
        "tokens": float(np.mean([run.tokens for run in flat])),
        "samples": float(np.mean([run.samples for run in flat])),
        "confidence": calibrated(
            [group[0].sure for group in runs], [group[0].right for group in runs]
        ),
    }


def ece(sure: Numbers, right: Numbers, bins: int = 8) -> float:
    """Expected calibration error over equally full bins."""
    parts = calibration(sure, right, bins)
    return sum(p["n"] * abs(p["score"] - p["right"]) for p in parts) / len(sure)


def calibrated(sure: Sequence[float], right: Sequence[float]) -> dict[str, Any]:
    """ECE and Brier score, beside what chance and the base rate would have."""
    rng = np.random.default_rng(0)
    values = np.array(sure)
    perfect = [ece(values, rng.random(len(values)) < values) for _ in range(400)]
    high = values >= 0.9
    return {
        "n": len(values),
        "ece": ece(values, right),
        "ece_of_a_perfect_one": float(np.percentile(perfect, 90)),
        "brier": brier(values, right),
        "brier_of_base_rate": float(np.mean(right) * (1 - np.mean(right))),
        "auc": auc(values, right),
        "above_0.9": [
            int(high.sum()),
            float(np.mean(np.array(right)[high])) if high.any() else None,
        ],
        "reliability": calibration(values, right, 8),
    }
