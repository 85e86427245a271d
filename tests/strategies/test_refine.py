"""Refine: a draft, what a verifier says of it, and a better one."""

from __future__ import annotations

from typing import Any

import pytest
from fakes import Fake, ask, plan, scores, solve

from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.errors import ContextOverflow
from ttc_cli.core.events import end_of
from ttc_cli.core.run import Run
from ttc_cli.core.verify import Graded
from ttc_cli.engine.scripted import ScriptedEngine
from ttc_cli.strategies import registry
from ttc_cli.verifiers import registry as verifiers
from ttc_cli.views.traces import traces


def drafts(*texts: str) -> tuple[Any, list[BranchRequest]]:
    said = iter(texts)
    seen: list[BranchRequest] = []

    def script(request: BranchRequest) -> str:
        seen.append(request)
        return next(said)

    return script, seen


def test_it_revises_with_the_verifiers_words_until_accepted() -> None:
    script, seen = drafts("\\boxed{9}", "\\boxed{8}", "\\boxed{7}", "never said")
    verifier = scores({"9": 0.0, "8": 0.5, "7": 1.0}, gate=True)
    outcome, events, _ = solve("refine", script, plan(verifier=verifier))
    assert outcome.answer == "7"
    assert [trace.text for trace in traces(events).values()] == [
        "\\boxed{9}", "\\boxed{8}", "\\boxed{7}",
    ]  # fmt: skip
    assert outcome.stopped == "confident"
    assert len(seen) == 3
    assert "[reply: \\boxed{9}]" in seen[1].prompt.text
    assert "9 will not do" in seen[1].prompt.text
    assert "[reply: \\boxed{8}]" in seen[2].prompt.text


def test_a_worse_revision_is_dropped_and_the_best_is_revised_again() -> None:
    script, seen = drafts("\\boxed{8}", "\\boxed{9}", "\\boxed{9}1", "\\boxed{8}")
    verifier = scores({"9": 0.1, "8": 0.5})
    outcome, _, _ = solve("refine", script, plan(4, verifier=verifier))
    assert outcome.answer == "8"
    assert all("[reply: \\boxed{8}]" in request.prompt.text for request in seen[1:])
    assert len({request.seed for request in seen}) == 4  # not the same revision once more
    assert len(outcome.branches) == 4


def test_it_stops_when_nothing_changes() -> None:
    script, seen = drafts("It is \\boxed{8}.", "I checked: \\boxed{8.0}.", "never said")
    outcome, _, _ = solve("refine", script, plan())
    assert outcome.answer == "8.0"
    assert len(seen) == 2
    assert "criticised itself" in outcome.note


def test_rounds_bound_the_revisions() -> None:
    script, seen = drafts(*(f"\\boxed{{{n}}}" for n in range(20)))
    solve("refine", script, plan(verifier=scores({})), rounds=2)
    assert len(seen) == 3


def test_a_conversation_that_no_longer_fits_ends_with_what_there_is() -> None:
    engine = ScriptedEngine(lambda r: "\\boxed{3} " + "well " * 20, context=32)
    strategy = registry.find("refine")
    flow = strategy.solve(Run(engine), ask(), plan(), strategy.options())
    assert end_of(flow).answer == "3"


def test_a_draft_that_does_not_fit_is_an_error() -> None:
    engine = ScriptedEngine(lambda r: "\\boxed{3}", context=3)
    strategy = registry.find("refine")
    with pytest.raises(ContextOverflow):
        list(strategy.solve(Run(engine), ask(), plan(), strategy.options()))


FIRST = "First we take the three and one more.\n\n"


STEPPED = {  # a reply's last words: its steps' scores
    "\\boxed{9}": (0.8, 0.6, 0.1),
    "\\boxed{8}": (0.8, 0.5, 0.2),
    "\\boxed{7}": (0.8, 0.9, 1.0),
}


def stepped() -> Fake:
    """Grades by the last step of those that a table gives."""

    def judge(text: str) -> Graded:
        steps = next(scores for said, scores in STEPPED.items() if said in text)
        return Graded(steps[-1], "the sum is off", steps)

    return Fake(judge)


def test_it_goes_back_to_the_best_scored_step_and_on_from_there() -> None:
    script, seen = drafts(
        FIRST + "Then we double what we have.\n\nSo \\boxed{9}.",
        "Then we add the other three.\n\nSo \\boxed{7}.",
    )
    outcome, _, _ = solve("refine", script, plan(verifier=stepped()))
    assert outcome.answer == "7"
    assert outcome.branch is not None
    assert outcome.branch.text == FIRST + "Then we add the other three.\n\nSo \\boxed{7}."
    draft, again = seen
    assert again.prompt == draft.prompt
    assert "".join(step.text for step in again.prefix) == FIRST
    assert again.seed != draft.seed
    assert outcome.branch.id == (0, 2, 0)  # two steps thrown away, in round 0


def test_each_step_is_gone_back_to_once_and_then_words_are_given() -> None:
    second = "Then we double what we have.\n\n"
    script, seen = drafts(
        f"{FIRST}{second}So \\boxed{{9}}.",
        f"{second}Or \\boxed{{8}}.",  # better, and gives one new step to go back to, at 0.5
        *["So \\boxed{9}."] * 2,
        "So \\boxed{8}.",
    )
    outcome, events, _ = solve("refine", script, plan(verifier=stepped()), rounds=4)
    begun = ["".join(step.text for step in request.prefix) for request in seen]
    assert begun == ["", FIRST, FIRST + second, FIRST + second, ""]
    assert "the sum is off" in seen[-1].prompt.text
    assert len({request.seed for request in seen}) == 5
    assert outcome.answer == "8"
    told = traces(events)
    assert [told[branch.id].text for branch in outcome.branches] == [
        branch.text for branch in outcome.branches
    ]


def test_it_goes_back_to_the_step_before_a_wrong_sum_and_else_begins_anew() -> None:
    start = "There are 3 boxes of 4 pens, so 3 * 4 = 12 pens.\n\n"
    wrong, right = (
        "With 5 more there are 12 + 5 = 18.\n\n",
        "With 5 more there are 12 + 5 = 17.\n\n",
    )
    end = "The answer is \\boxed{17}."
    script, seen = drafts(start + wrong + end, right + end)
    sums = verifiers.assemble(["sums"], {}, unsafe=False)
    outcome, _, _ = solve("refine", script, plan(verifier=sums))
    assert outcome.branch is not None
    assert outcome.branch.text == start + right + end
    assert [step.text for step in seen[1].prefix] == [start]

    script, seen = drafts("3 * 4 = 11 pens in all, of 3 boxes.\n\n" + end, start + right + end)
    solve("refine", script, plan(verifier=sums))
    assert not seen[1].prefix
    assert "a sum is wrong: it is 3 * 4 = 12" in seen[1].prompt.text
