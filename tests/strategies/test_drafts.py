"""Prose and code at more effort: drafts until one passes what can be checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from contract import counted, plan, question
from fakes import Fake

from ttc_cli.core.branch import Branch
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.events import end_of
from ttc_cli.core.outcome import Outcome
from ttc_cli.core.run import Run
from ttc_cli.core.verify import Graded
from ttc_cli.drawing import drafts
from ttc_cli.engine.scripted import ScriptedEngine

BROKEN = "```python\ndef f(:\n```"
SOUND = "```python\ndef f(x):\n    return x\n```"


def drawn(
    replies: Sequence[str], text: str, *, task: str = "code", early_stop: bool = True,
    check: Any = None,
) -> tuple[Outcome, int]:  # fmt: skip
    """The outcome of drafts that come in this order, and how many were drawn."""
    said = iter(replies)

    def script(request: BranchRequest) -> str:
        return next(said)

    counting, count = counted(script)
    asked = replace(question(task), text=text)
    run = Run(ScriptedEngine(counting), clock=lambda: 0.0)
    chosen = plan("self-consistency", samples=8, early_stop=early_stop)
    chosen = replace(chosen, check=check)
    return end_of(drafts.draw(run, asked, chosen)), count()


@pytest.mark.parametrize(
    ("replies", "text", "count"),
    [
        ([SOUND], "Write f.", 1),
        ([BROKEN, SOUND], "Write f.", 2),
        ([BROKEN, BROKEN, SOUND, BROKEN], "Write f.", 4),
        (["The Long Life of Bees", "Bees"], "A title on bees, at most 10 characters.", 2),
        (["```json\n{\n```", '```json\n{"a": 1}\n```'], "Give an example.", 2),
        (["Surely **fine**"], "Say something.", 1),
    ],
)
def test_drawing_ends_with_the_first_draft_that_lacks_nothing(
    replies: list[str], text: str, count: int
) -> None:
    outcome, drafted = drawn(replies, text)
    assert drafted == count
    assert outcome.branch is not None
    assert not drafts.lacks(outcome.branch, replace(question("code"), text=text))
    assert outcome.note == drafts.PASSED


def test_where_none_passes_the_one_that_lacks_least_is_told_of() -> None:
    outcome, drafted = drawn([BROKEN] * 8, "Write f.")
    assert drafted == 8
    assert isinstance(outcome.branch, Branch)
    assert outcome.branch.id == (0,)
    assert outcome.note == (
        "no draft of 8 passes what can be checked: python that parses (SyntaxError)"
    )


def test_all_are_drawn_where_that_was_asked_for() -> None:
    outcome, drafted = drawn([BROKEN, SOUND, *[BROKEN] * 6], "Write f.", early_stop=False)
    assert (drafted, outcome.branch and outcome.branch.text) == (8, SOUND)


def test_drafts_are_drawn_until_one_does_what_the_question_shows() -> None:
    wrong = SOUND.replace("return x", "return 0")
    check = Fake(lambda text: Graded(float("return x" in text), "f(1) is 0"), gate=True)
    outcome, drafted = drawn([wrong, wrong, SOUND, wrong], "Write f.", check=check)
    assert (drafted, outcome.branch and outcome.branch.text) == (4, SOUND)
    outcome, drafted = drawn([wrong] * 8, "Write f.", check=check)
    assert (drafted, outcome.verified) == (8, None)
    assert outcome.note.endswith("code that does what the question shows (f(1) is 0)")
