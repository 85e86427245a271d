"""A few of the inputs that `benchmarks/strangers.py` tries by the thousand."""

from __future__ import annotations

import pytest
from strangers import CHECKS, faults


@pytest.mark.parametrize("kind", CHECKS)
def test_hostile_input_is_taken_or_refused_in_one_line(kind: str) -> None:
    assert list(faults(kind, range(40))) == []
