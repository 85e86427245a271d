"""The example's strategy and verifier, on the scripted engine: no model is needed."""

from __future__ import annotations

import pytest
from ttc_example import first_finish, words

from ttc_cli.core.branch import Branch, Prompt, Step
from ttc_cli.core.errors import UsageError
from ttc_cli.core.events import end_of
from ttc_cli.core.options import deal
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Stop
from ttc_cli.engine.scripted import ScriptedEngine, from_choices

PROMPT = Prompt((("What is 3 + 4?", True),))
QUESTION = Question("What is 3 + 4?", "math", "number", lambda variant, think: PROMPT)
LONG = "Let us see. " * 20 + "It is \\boxed{8}."
SHORT = "It is \\boxed{7}."


def test_the_first_to_finish_wins_and_the_others_are_given_up() -> None:
    run = Run(ScriptedEngine(from_choices((LONG, SHORT))))
    plan = Plan("first-finish", "high", samples=6, branch_tokens=200)
    outcome: Outcome = end_of(first_finish.solve(run, QUESTION, plan, first_finish.Options()))
    assert outcome.answer == "7"
    assert {branch.stop for branch in outcome.branches} == {Stop.END, Stop.CULLED}
    assert run.ledger.usage.wasted > 0


def test_a_wait_that_makes_no_sense() -> None:
    with pytest.raises(UsageError, match="at least 1, not '0'"):
        deal([("first-finish", first_finish.Options)], {"wait": "0"})


def test_words_are_counted() -> None:
    verifier = words.build("3", words.Options(), unsafe=False)
    replies = ["one two three", "one two three four"]
    branches = [
        Branch((i,), PROMPT, (Step(text, sampled=True),), Stop.END)
        for i, text in enumerate(replies)
    ]
    run = Run(ScriptedEngine(from_choices((SHORT,))))
    first, second = end_of(verifier(run, branches, QUESTION))
    assert (first.score, second.score) == (1.0, 0.0)
    assert second.note == "4 words; at most 3"
    with pytest.raises(UsageError, match="write words:N"):
        words.build("many", words.Options(), unsafe=False)
