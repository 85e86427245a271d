"""AUC, Brier, calibration and F1, against their definitions."""

from __future__ import annotations

import math
import random

import pytest

from ttc_cli.prm.measures import auc, brier, calibration, first_error, first_error_f1


def test_auc_is_the_chance_that_a_right_one_is_above_a_wrong_one() -> None:
    rng = random.Random(1)
    for _ in range(100):
        n = rng.randrange(2, 30)
        scores = [rng.choice([0.1, 0.5, 0.9, rng.random()]) for _ in range(n)]
        right = [rng.random() < 0.5 for _ in range(n)]
        pairs = [(s, t) for s, r in zip(scores, right, strict=True) if r
                 for t, q in zip(scores, right, strict=True) if not q]  # fmt: skip
        wins = [1.0 if s > t else 0.5 if s == t else 0.0 for s, t in pairs]
        got = auc(scores, [float(r) for r in right])
        assert got == pytest.approx(sum(wins) / len(wins)) if wins else math.isnan(got)


def test_brier_and_calibration() -> None:
    assert brier([1.0, 0.0], [1, 1]) == 0.5
    assert brier([0.5] * 4, [0, 1, 0, 1]) == 0.25
    bins = calibration([0.9, 0.1, 0.8, 0.2], [1, 0, 1, 1], bins=2)
    assert bins == [
        {"score": pytest.approx(0.15), "right": 0.5, "n": 2},
        {"score": pytest.approx(0.85), "right": 1.0, "n": 2},
    ]


def test_the_first_error_and_its_f1() -> None:
    assert first_error([0.9, 0.4, 0.1], 0.5) == 1
    assert first_error([0.9, 0.6], 0.5) == -1
    scores = [[0.9, 0.2], [0.9, 0.9], [0.1, 0.9], [0.9, 0.9]]
    errors = [1, -1, 1, -1]  # found; sound and left alone; named one too early; sound
    assert first_error_f1(scores, errors) == pytest.approx(2 * 0.5 * 1 / 1.5)
    assert math.isnan(first_error_f1(scores[:1], errors[:1]))
