"""What a sentence restates of its question is not the answer; nothing else is taken away."""

from __future__ import annotations

from pathlib import Path

import pytest

from ttc_cli.answers import Worker, equivalent, extract

Case = tuple[str, str, bool, str]


def table() -> list[Case]:
    question, cases = "", []
    text = (Path(__file__).parent / "replies.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("? "):
            question = line[2:]
        elif line.strip() and not line.startswith("# "):
            same = " == " in line
            a, b = line.split(" == " if same else " != ", 1)
            cases.append((question, a.replace("\\n", "\n"), same, b))
    return cases


CASES = table()


@pytest.mark.parametrize(("question", "a", "same", "b"), CASES)
def test_replies(question: str, a: str, same: bool, b: str, worker: Worker) -> None:
    one, other = (extract(reply, None, question) for reply in (a, b))
    together = bool(one and other) and equivalent(one.text, other.text, worker=worker)
    assert together is same, (one, other)


ODD = [
    "?",
    "+ ?",
    "the?",
    "How?",
    "How many?",
    "What?",
    "Who is?",
    "Where?",
    "Is?",
    "¿?",
    "什么?",
    "In what?",
    "What's?",
    "What is a?",
    "Do you call?",
    "Name the",
    "x" * 5000 + "?",
]


@pytest.mark.parametrize("question", ODD)
def test_what_is_no_question_changes_nothing(question: str) -> None:
    for reply in ("It is Rome.", "Yes, it is.", "Rome", "?", "...", "is", "the is the", "七"):
        assert extract(reply, None, question) == extract(reply)


def test_a_span_still_holds_the_answer() -> None:
    found = extract(
        "Sure.\nThe capital of Italy is **Rome**.", None, "What is the capital of Italy?"
    )
    assert found is not None
    assert found.text == "Rome"
    assert found.span == (6, 39)
