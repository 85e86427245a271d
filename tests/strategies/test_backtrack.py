"""Going back in a scored reply: where to, with what, and what it costs."""

from __future__ import annotations

from dataclasses import replace

from ttc_cli.core.branch import Branch, Prompt, Step
from ttc_cli.core.events import end_of
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Stop, StopRule
from ttc_cli.engine.llama.engine import LlamaEngine
from ttc_cli.stepwise.tree import DEAD, live, points

PROMPT = Prompt((("The ship came home and the men said", False),))
PIECES = ("the first of the steps\n\n", "the second of the steps\n\n", "and the end of a ship")
REPLY = Branch((4,), PROMPT, (Step("".join(PIECES)),), Stop.END, meta={"closed": True})


def test_the_best_scored_step_comes_first_and_of_equals_the_latest() -> None:
    found = live(points(REPLY, (0.2, 0.7, 0.9)))
    assert [node.branch.text for node in found] == [PIECES[0] + PIECES[1], PIECES[0]]
    node = live(points(REPLY, (0.5, 0.5, 0.9)))[0]
    assert node.branch.text == PIECES[0] + PIECES[1]
    assert node.branch.fork(3).id == (4, 1, 3)
    assert node.branch.fork(3).stop is None
    assert not node.branch.meta  # a version made to answer says nothing of the next


def test_what_is_dead_is_not_gone_back_to() -> None:
    nodes = points(REPLY, (0.9, 0.7, 0.9))
    nodes[0].state = DEAD
    assert [node.branch.text for node in live(nodes)] == [PIECES[0] + PIECES[1]]


def test_scores_of_other_steps_give_nothing_to_go_back_to() -> None:
    assert points(REPLY, ()) == []
    assert points(REPLY, (0.5, 0.5)) == []
    assert len(points(REPLY, (0.5, 0.5, 0.5, 0.5))) == 2  # the turn ended after a blank line
    assert points(replace(REPLY, steps=(Step("one step"),)), (0.5,)) == []
    assert points(REPLY, (0.5, 0.5, 0.5), start=len(PIECES[0] + PIECES[1])) == []


def test_what_was_measured_up_to_there_is_kept() -> None:
    numbers = tuple(float(n) for n in range(15))
    begun = Step(PIECES[0], confidences=numbers[:6], hidden=("a",), marks=(6,), sampled=False)
    rest = Step(PIECES[1] + PIECES[2], confidences=numbers[6:], hidden=("b", "c"), marks=(5, 9))
    whole = replace(REPLY, steps=(begun, rest))
    first, second = points(whole, (0.1, 0.2, 0.3))
    assert first.branch.confidences == numbers[:6]
    (step,) = second.branch.steps
    assert (step.confidences, step.hidden, step.marks) == (numbers[:11], ("a", "b"), (6, 11))
    assert not step.sampled


def test_what_led_there_is_not_evaluated_again(tiny: LlamaEngine) -> None:
    run = Run(tiny)
    (said,) = end_of(run.extend([REPLY], stop=StopRule(4)))
    before = replace(run.ledger.usage)
    back = live(points(replace(said, steps=REPLY.steps), (0.3, 0.6, 0.1)))[0]
    given = tiny.count(PROMPT, back.branch.steps)
    (done,) = end_of(run.extend([back.branch.fork(0)], stop=StopRule(4)))
    assert done.text.startswith(PIECES[0] + PIECES[1])
    assert given > 20
    assert run.ledger.usage.shared - before.shared == given - 1
    assert run.ledger.usage.prefilled - before.prefilled == 1  # the last, for its logits
