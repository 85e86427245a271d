"""Statistics over fixed seeds: the odds say how unlikely a failure is if the generator is good."""

from __future__ import annotations

import itertools
import math

from ttc_cli.core.sampling import branch_seed, uniform

BRANCHES = [*((i,) for i in range(40)), *((i, j) for i in range(6) for j in range(6))]


def test_numbers_are_in_the_unit_interval() -> None:
    for seed in (0, 1, 2**64 - 1, 2**63):
        for position in (0, 1, 10**9):
            assert 0 <= uniform(seed, position) < 1


def test_positions_of_a_branch_are_uniform() -> None:
    """Chi-square over 20 cells, 19 degrees of freedom: above 60 once in 200,000 times."""
    for seed in (0, 1, branch_seed(7, (3,))):
        n, cells = 20_000, [0] * 20
        for position in range(n):
            cells[int(uniform(seed, position) * 20)] += 1
        assert sum((c - n / 20) ** 2 / (n / 20) for c in cells) < 60


def test_branches_are_uniform_at_one_position() -> None:
    """As above, over the first draws of 20,000 branches."""
    n, cells = 20_000, [0] * 20
    for i in range(n):
        cells[int(uniform(branch_seed(1, (i,)), 0) * 20)] += 1
    assert sum((c - n / 20) ** 2 / (n / 20) for c in cells) < 60


def test_branches_are_uncorrelated() -> None:
    """Correlations of 1,000 positions between 2,850 pairs: |r| > 0.16 once in 1,000 times."""
    rows = [[uniform(branch_seed(0, b), p) - 0.5 for p in range(1_000)] for b in BRANCHES]
    norms = [math.sqrt(sum(x * x for x in row)) for row in rows]
    for (a, na), (b, nb) in itertools.combinations(zip(rows, norms, strict=True), 2):
        assert abs(sum(map(float.__mul__, a, b))) / (na * nb) < 0.16


def test_neighbouring_positions_are_uncorrelated() -> None:
    """|r| over 20,000 pairs is above 0.035 once in a million times."""
    xs = [uniform(11, p) - 0.5 for p in range(20_001)]
    r = sum(map(float.__mul__, xs, xs[1:])) / sum(x * x for x in xs[1:])
    assert abs(r) < 0.035


def test_seeds_differ_by_run_path_and_salt() -> None:
    seeds = [
        branch_seed(run, branch, salt)
        for run in (0, 1, 12)
        for branch in [*BRANCHES, (), (12,), (1, 2), (1, 2, 0)]
        for salt in ("", "again")
    ]
    distinct = {
        (run, b, s)
        for run in (0, 1, 12)
        for b in [*BRANCHES, (), (12,), (1, 2), (1, 2, 0)]
        for s in ("", "again")
    }
    assert len(set(seeds)) == len(distinct)


def test_the_numbers_are_the_same_on_every_machine() -> None:
    """Answers are promised to come again for the same seed: these may never change."""
    assert branch_seed(0, (0,)) == 75380312359882322
    assert uniform(0, 0) == 0.8833108082136426
