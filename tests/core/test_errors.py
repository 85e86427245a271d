from __future__ import annotations

from ttc_cli.core.errors import UsageError


def test_a_message_is_a_line_that_can_be_read_whatever_it_names() -> None:
    told = str(UsageError("no such name: " + "x" * 10_000, "choose another"))
    assert len(told) < 1100
    assert "(10,014 characters)" in told
    assert told.endswith("; choose another")
