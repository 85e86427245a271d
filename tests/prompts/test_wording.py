"""What is said of how an answer is wanted."""

from __future__ import annotations

from ttc_cli.prompts.message import THINK, WORDINGS, wording


def test_wordings_are_distinct_and_count_round() -> None:
    for task, row in WORDINGS.items():
        assert len(set(row)) == len(row)
        assert wording(task) == row[0]
        assert wording(task, len(row)) == row[0]
    assert wording("plain") == ""
    assert all(r"\boxed{}" in text for text in WORDINGS["math"])


def test_asked_for_thoughts_come_first() -> None:
    assert wording("plain", think=True) == THINK
    assert wording("math", think=True) == f"{THINK}\n{wording('math')}"
