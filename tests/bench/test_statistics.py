"""Intervals that cover as they promise, and a test that does not cry wolf."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from ttc_cli.bench.statistics import bootstrap, p_value, paired, wilson

REPEATS = 1000
# Of 1,000 repetitions at a true 95%, a share outside of this has odds of 0.4%; seeds are fixed.
COVER = (0.93, 0.97)


def differences(rng: np.random.Generator, n: int, lost: float, gained: float) -> np.ndarray:
    draws = rng.random(n)
    return np.where(draws < lost, -1.0, np.where(draws < lost + gained, 1.0, 0.0))


@pytest.mark.parametrize(
    ("n", "share"), [(60, 0.43), (60, 0.8), (120, 0.3), (200, 0.55), (500, 0.9)]
)
def test_wilson_covers(n: int, share: float) -> None:
    rng = np.random.default_rng(n)
    hits = [
        low <= share <= high
        for low, high in (wilson(k, n) for k in rng.binomial(n, share, REPEATS))
    ]
    assert COVER[0] <= np.mean(hits) <= COVER[1]


@pytest.mark.parametrize(
    ("n", "lost", "gained"),
    [(60, 0.10, 0.20), (60, 0.15, 0.15), (60, 0.25, 0.35), (120, 0.08, 0.20), (200, 0.10, 0.15)],
)
def test_the_paired_interval_covers(n: int, lost: float, gained: float) -> None:
    rng = np.random.default_rng(n)
    hits = 0
    for seed in range(REPEATS):
        low, high = bootstrap(differences(rng, n, lost, gained), seed=seed, resamples=1000)
        hits += low - 1e-9 <= gained - lost <= high + 1e-9
    assert COVER[0] <= hits / REPEATS <= COVER[1]


def test_the_paired_interval_covers_scores_between() -> None:
    """Scores of cut votes lie between 0 and 1: a right answer with some probability."""
    rng, hits, n = np.random.default_rng(1), 0, 80
    for seed in range(REPEATS):
        values = rng.beta(2, 2, n) - rng.beta(2, 3, n)
        low, high = bootstrap(values, seed=seed, resamples=1000)
        hits += low <= 0.5 - 0.4 <= high
    assert COVER[0] <= hits / REPEATS <= COVER[1]


@pytest.mark.parametrize(("n", "share"), [(60, 0.05), (60, 0.15), (200, 0.1)])
def test_false_alarms_are_rare(n: int, share: float) -> None:
    rng = np.random.default_rng(n)
    alarms = [p_value(differences(rng, n, share, share)) < 0.05 for _ in range(REPEATS)]
    assert np.mean(alarms) <= 0.06


def test_false_alarms_are_rare_for_scores_between() -> None:
    rng = np.random.default_rng(2)
    alarms = [
        p_value(rng.beta(1, 1, 60) - rng.beta(1, 1, 60), seed=i, flips=1000) < 0.05
        for i in range(REPEATS)
    ]
    assert 0.03 <= np.mean(alarms) <= 0.06


def test_a_true_difference_is_found() -> None:
    rng = np.random.default_rng(3)
    found = [p_value(differences(rng, 120, 0.05, 0.25)) < 0.05 for _ in range(200)]
    assert np.mean(found) > 0.9


@pytest.mark.parametrize(("gained", "lost"), [(9, 2), (0, 6), (5, 5), (30, 14)])
def test_right_and_wrong_is_mcnemar_exactly(gained: int, lost: int) -> None:
    n, tail = gained + lost, min(gained, lost)
    exact = min(1.0, 2 * sum(math.comb(n, k) for k in range(tail + 1)) / 2**n)
    assert p_value(np.array([1.0] * gained + [-1.0] * lost + [0.0] * 20)) == pytest.approx(exact)


def test_flips_agree_with_all_flips() -> None:
    """Ten differences have 1,024 flips: the drawn ones come near to the share of all of them."""
    values = np.array([0.3, -0.1, 0.5, 0.2, 0.4, -0.2, 0.1, 0.35, 0.05, 0.15])
    flips = ((np.arange(1024)[:, None] >> np.arange(10)) & 1) * 2 - 1
    exact = np.mean(np.abs(flips @ np.abs(values)) >= abs(values.sum()) - 1e-12)
    assert p_value(values) == pytest.approx(exact, abs=0.01)


def test_nothing_differs() -> None:
    found = paired([1, 0, 1], [1, 0, 1])
    assert found is not None
    assert (found.value, found.p) == (0, 1)
    assert found.low < 0 < found.high  # three questions that agree prove nothing
    assert paired([], []) is None


def test_all_for_one_side_is_not_certain() -> None:
    found = paired([0] * 5 + [1] * 35, [1] * 40)
    assert found is not None
    assert found.value == pytest.approx(0.125)
    assert found.p == pytest.approx(0.0625)
    assert found.low <= 0.03


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (26, 60, 0.3157, 0.5590),
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_wilson_by_hand(right: int, n: int, low: float, high: float) -> None:
    assert wilson(right, n) == pytest.approx((low, high), abs=6e-5)
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_share_lies_in_its_interval_whatever_rounding_does() -> None:
    for n in range(1, 80):
        assert wilson(0, n)[0] == 0
        assert wilson(n, n)[1] == 1


def test_the_same_seed_gives_the_same_and_large_sets_stay_small_in_memory() -> None:
    values = np.random.default_rng(1).choice([-1.0, 0.0, 1.0], 20_000)
    began = time.process_time()
    assert bootstrap(values, seed=1, resamples=500) == bootstrap(values, seed=1, resamples=500)
    assert time.process_time() - began < 10
