"""What is said of an answer that is likelier wrong than right."""

from __future__ import annotations

import threading

import pytest

from ttc_cli.core.branch import Branch, Prompt, Step
from ttc_cli.core.outcome import Evidence, Outcome
from ttc_cli.core.sampling import Stop
from ttc_cli.session.programs import runner
from ttc_cli.session.verdict import doubt

CODE = "def solution():\n    unused = 4\n    return 10 * 2"


@pytest.mark.parametrize(("sure", "said"), [(0.31, ": its program does not use 4"), (0.6, "")])
def test_what_a_program_does_not_use_is_named_where_the_answer_is_doubted(
    sure: float, said: str
) -> None:
    ran = runner("10 boxes of 4 pens: how many pens?", unsafe=True)(CODE, threading.Event())
    assert (ran.answer, ran.left_out) == ("20", ("4",))
    program = Evidence(CODE, ran.answer, 1, 0, 1, left_out=ran.left_out)
    line = doubt(Outcome(None, ran.answer, confidence=sure, program=program))
    assert line == (f"NOT SURE: confidence 0.31; the answer is a guess{said}" if said else "")


def test_without_a_program_nothing_is_named() -> None:
    assert doubt(Outcome(None, "20", confidence=0.2)).endswith("the answer is a guess")


def test_a_wrong_sum_in_a_reply_is_told_where_nothing_is_known_of_confidence() -> None:
    prompt = Prompt((("How many?", True),))
    for said, line in (
        ("1. 3 + 4 = 8.\nSo \\boxed{8}", "3 + 4 = 7"),
        ("3 + 4 = 7: \\boxed{7}", ""),
    ):
        branch = Branch((0,), prompt, (Step(said),), Stop.END)
        told = doubt(Outcome(branch, said[-2]))
        assert told == (line and f"NOT SURE: a sum in the reply is wrong: it is {line}")
        assert not doubt(Outcome(branch))  # prose
        unsure = doubt(Outcome(branch, said[-2], confidence=0.02))
        assert unsure.endswith(line or "the answer is a guess")
