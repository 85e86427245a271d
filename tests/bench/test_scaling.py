"""The scaling law: exact on exact points, intervals that cover, and a test of where it fails."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic import SIZES, world

from ttc_cli.bench import scaling, votes
from ttc_cli.bench.scaling import crossing, fit

A, B = 0.05, 0.1


def exact(quality: list[float], n: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Questions that all score and cost the same."""
    costs = np.asarray([100.0 * 2**i for i in range(len(quality))])
    return np.tile(costs, (n, 1)), np.tile(quality, (n, 1))


def test_points_on_a_line_give_the_line() -> None:
    law = fit(*exact([0.4, 0.45, 0.5, 0.55]))
    assert law.a.value == pytest.approx(0.05)
    assert law.b.value == pytest.approx(0.4 - 0.05 * np.log2(100))
    assert law.ceiling == pytest.approx(100 * 2**12)
    assert law.saturation is None or law.gains[-1].low <= 0


def test_a_power_law_of_errors_gives_its_exponent() -> None:
    law = fit(*exact([1 - 0.6 * 2 ** (-0.3 * i) for i in range(4)]))
    assert law.beta.value == pytest.approx(0.3)


def test_intervals_cover_the_truth() -> None:
    rng, hits = np.random.default_rng(5), np.zeros(2)
    repeats = 60
    for _ in range(repeats):
        law = fit(*world(rng, 60, A, B), resamples=500)
        hits += (law.a.low <= A <= law.a.high, law.b.low <= B <= law.b.high)
    # of 60, a true 95% stays within this with odds of 99%; benchmarks/fit_coverage.py runs 200
    assert (hits / repeats >= 0.86).all()
    assert (hits / repeats < 1).any()


def test_the_misfit_test_finds_a_bend_and_seldom_cries_wolf() -> None:
    rng = np.random.default_rng(6)
    alarms = [fit(*world(rng, 80, A, B), resamples=400).misfit for _ in range(40)]
    assert np.mean([p < 0.05 for p in alarms if p is not None]) <= 0.15
    cost, _ = world(rng, 200, A, B)
    bent = np.asarray([0.3, 0.5, 0.6, 0.61, 0.61])
    law = fit(cost, (rng.random((200, 1)) < bent).astype(float))
    assert law.misfit is not None
    assert law.misfit < 0.01
    assert law.bend is not None
    assert law.bend.high < 0
    assert law.saturation == 2


def test_saturation_is_from_the_last_worthwhile_step() -> None:
    rng = np.random.default_rng(7)
    cost, _ = world(rng, 400, A, B)
    steps = np.asarray([0.2, 0.2, 0.4, 0.6, 0.8])  # the first step gives nothing, the rest do
    assert fit(cost, (rng.random((400, 1)) < steps).astype(float)).saturation is None
    flat = np.full(5, 0.5)
    assert fit(cost, (rng.random((400, 1)) < flat).astype(float)).saturation == 0


def test_what_never_changes_is_not_certain() -> None:
    law = fit(*exact([1.0, 1.0, 1.0], n=15))
    assert law.a.value == pytest.approx(0)
    assert law.a.low < 0 < law.a.high


def test_two_points_say_nothing_of_a_law() -> None:
    law = fit(*exact([0.4, 0.5]))
    assert (law.misfit, law.bend) == (None, None)


def test_lines_cross_where_they_do() -> None:
    cost, slow = exact([0.5, 0.52, 0.54, 0.56, 0.58])
    _, steep = exact([0.44, 0.5, 0.56, 0.62, 0.68])
    found = crossing((cost, slow), (cost, steep))
    assert found is not None
    assert found.tokens == pytest.approx(100 * 2**1.5)
    assert found.share == 1
    assert found.ahead.value == pytest.approx(0.02)
    apart = crossing((cost, slow), (cost, slow + 0.1))
    assert apart is not None
    assert (apart.tokens, apart.interval, apart.share) == (None, None, 0)
    assert crossing((cost, slow), (cost * 100, steep)) is None


def test_the_best_of_k_is_exact() -> None:
    # the right one is second of three: alone it is drawn 1/3 of the time, of two it is the better
    # in 1 of 3 pairs, and of three it is never the best
    assert votes.ranked([False, True, False]) == pytest.approx([1 / 3, 1 / 3, 0])
    # pass@k of 2 right of 4: 1 - C(2, k) / C(4, k)
    assert votes.ranked([True, True, False, False]) == pytest.approx([1 / 2, 5 / 6, 1, 1])


def test_gains_and_ends_are_of_the_points() -> None:
    law = fit(*world(np.random.default_rng(8), 50, A, B))
    assert len(law.gains) == SIZES.size - 1
    steps = np.diff([point.value for point in law.quality])
    assert [gain.value for gain in law.gains] == pytest.approx(list(steps))
    wide, narrow = (scaling.estimate(0.5, np.linspace(0, 1, 1001), n) for n in (10, 100_000))
    assert narrow.low == pytest.approx(0.025, abs=1e-4)
    assert wide.low < 0.015
