from __future__ import annotations

from ttc_cli.engine.tuning import MOST, Widths

DIP = {1: 18.0, 2: 22.0, 4: 30.0, 8: 25.0, 16: 40.0, 32: 44.0}


def test_without_speeds_as_wide_as_can_be() -> None:
    assert [Widths()(n) for n in (0, 1, 7, MOST, 500)] == [0, 1, 7, MOST, MOST]


def test_a_dip_is_stepped_back_from() -> None:
    widths = Widths(DIP)
    assert [widths(n) for n in (1, 2, 4, 8, 16, 32, 40)] == [1, 2, 4, 4, 16, 32, 32]


def test_never_slower_than_the_best_narrower_width() -> None:
    widths = Widths(DIP)
    for n in range(1, 33):
        chosen = widths(n)
        assert 1 <= chosen <= n
        best = max(speed for width, speed in DIP.items() if width <= n)
        assert (widths.speed(chosen) or 0) * 1.03 >= best


def test_speeds_between_two_measured_are_on_the_line() -> None:
    widths = Widths(DIP)
    assert widths.speed(6) == 27.5
    assert widths.speed(32) == 44.0
    assert widths.speed(33) is None
    assert Widths({4: 30.0}).speed(1) is None


def test_a_cap_of_ones_own() -> None:
    assert Widths(DIP, most=8)(100) == 4
    assert Widths(most=3)(100) == 3
