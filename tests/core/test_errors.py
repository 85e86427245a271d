from __future__ import annotations

import pytest

from ttc_cli.core import errors
from ttc_cli.core.errors import UsageError


def test_a_message_is_a_line_that_can_be_read_whatever_it_names() -> None:
    told = str(UsageError("no such name: " + "x" * 10_000, "choose another"))
    assert len(told) < 1100
    assert "(10,014 characters)" in told
    assert told.endswith("; choose another")


def test_a_key_stands_neither_in_the_message_nor_in_the_hint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(errors, "_KNOWN", {"sk-one-two"})
    told = str(errors.TtcError("it says sk-one-two", "it has sk-one-two" + "x" * 10**6))
    assert "sk-one-two" not in told
    assert len(told) < 3000
