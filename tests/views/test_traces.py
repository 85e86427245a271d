"""Runs told again as a tree."""

from __future__ import annotations

from ttc_cli.views.traces import Trace, tree


def test_a_reply_that_fits_is_shown_whole() -> None:
    lines = tree({(0,): Trace((0,), "12 + 7 = 19"), (1,): Trace((1,), "word " * 30)})
    assert lines[0].endswith("· 12 + 7 = 19")
    assert "· …" in lines[1]
    assert lines[1].endswith("word word")
