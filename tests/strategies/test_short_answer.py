"""Short answers of replies."""

from __future__ import annotations

import pytest

from ttc_cli.core.branch import Branch, Prompt, Step
from ttc_cli.core.outcome import Question
from ttc_cli.core.sampling import Stop
from ttc_cli.drawing import replies

PROMPT = Prompt((("?", True),))


@pytest.mark.parametrize(
    ("asked", "said", "found"),
    [
        ("Who wrote Faust? The name only.", "The name only.", None),
        ("Who wrote Faust? The name only.", "Goethe", "Goethe"),
        ("Which is true? The sky is blue. The sky is red.", "The sky is blue.", "The sky is blue"),
    ],
)
def test_words_on_form_that_a_reply_repeats_are_no_answer(
    asked: str, said: str, found: str | None
) -> None:
    branch = Branch((0,), PROMPT, (Step(said),), Stop.END)
    posed = Question(asked, "short", None, lambda variant, think: PROMPT)
    answer = replies.short_answer(branch, posed)
    assert (answer.text if answer else None) == found
