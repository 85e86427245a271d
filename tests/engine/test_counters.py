"""What an engine did between two moments."""

from __future__ import annotations

from ttc_cli.engine.host import Counters


def test_what_came_after_is_the_difference() -> None:
    counters = Counters(steps=5, rows=4, prefilled=100, by_width={1: (10, 1.0), 4: (8, 0.5)})
    before = counters.copy()
    counters.steps, counters.rows, counters.prefill_seconds = 9, 7, 0.25
    counters.by_width[4] = (20, 1.25)
    counters.by_width[8] = (16, 0.5)
    assert counters.since(before) == Counters(
        steps=4, rows=3, prefill_seconds=0.25, by_width={4: (12, 0.75), 8: (16, 0.5)}
    )
    assert before.by_width == {1: (10, 1.0), 4: (8, 0.5)}, "a copy stays as it was"


def test_nothing_came_after() -> None:
    counters = Counters(steps=5, rows=3, by_width={1: (10, 1.0)})
    assert counters.since(counters.copy()) == Counters()


def test_a_new_context_counts_from_nothing_and_all_it_did_came_after() -> None:
    before = Counters(steps=50, prefilled=900, by_width={1: (10, 1.0), 2: (4, 0.1)})
    anew = Counters(steps=3, prefilled=40, by_width={1: (2, 0.2)})
    spent = anew.since(before)
    assert spent == anew
    spent.by_width[1] = (0, 0.0)
    assert anew.by_width == {1: (2, 0.2)}
