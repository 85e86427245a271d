"""A few of the inputs that `benchmarks/strangers.py` tries by the thousand."""

from __future__ import annotations

import pytest
from strangers import CHECKS, faults


@pytest.mark.parametrize("kind", CHECKS)
def test_hostile_input_is_taken_or_refused_in_one_line(kind: str) -> None:
    assert list(faults(kind, range(40))) == []


@pytest.mark.parametrize(("kind", "seed"), [("logs", 51049)])
def test_what_once_was_a_fault_is_none(kind: str, seed: int) -> None:
    assert list(faults(kind, range(seed, seed + 1))) == []
