from __future__ import annotations

from ttc_cli.core.branch import Branch, Message, Prompt, Step
from ttc_cli.core.sampling import Stop

PROMPT = Prompt((("<user>", True), ("2 + 2?", False)), (Message("user", "2 + 2?"),))
BRANCH = Branch((2,), PROMPT, (Step("It is 4.", (7, 8), (-1.0, -2.0), (3.0, 4.0)),), Stop.END, 2, 1)


def test_a_fork_is_open_and_named_for_its_parent() -> None:
    child = BRANCH.fork(0)
    assert child.id == (2, 0)
    assert child.fork(3).id == (2, 0, 3)
    assert (child.text, child.stop) == (BRANCH.text, None)
    assert (child.tokens_sampled, child.seconds) == (0, 0.0), "its own costs, not the parent's"


def test_forced_text_is_not_sampled() -> None:
    forced = BRANCH.forced(" Wait,")
    assert forced.text == "It is 4. Wait,"
    assert forced.stop is None
    assert not forced.steps[-1].sampled
    assert forced.steps[0].sampled
    assert forced.id == BRANCH.id


def test_token_numbers_run_over_all_steps() -> None:
    branch = Branch((0,), PROMPT, (*BRANCH.steps, Step("!", (9,), (-3.0,), (5.0,))))
    assert branch.logprobs == (-1.0, -2.0, -3.0)
    assert branch.confidences == (3.0, 4.0, 5.0)


def test_a_prompt_is_its_pieces() -> None:
    assert PROMPT.text == "<user>2 + 2?"
