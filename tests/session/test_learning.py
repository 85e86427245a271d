"""What one plain answer takes, and what a run cost against it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ttc_cli.core.branch import Branch, Prompt
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.events import Done
from ttc_cli.core.outcome import Outcome, TreeStep
from ttc_cli.core.sampling import Stop
from ttc_cli.session.effort import plain_answer, whole_lengths
from ttc_cli.session.plan import plan
from ttc_cli.session.request import Request
from ttc_cli.session.running import answering, start


def outcome(*lines: tuple[Stop, int]) -> Outcome:
    branches = [Branch((n,), Prompt(()), (), stop, t) for n, (stop, t) in enumerate(lines)]
    return Outcome(None, branches=tuple(branches))


@pytest.mark.parametrize(
    ("lines", "tokens"),
    [
        ([(Stop.END, 80), (Stop.END, 120)], 100),
        ([(Stop.END, 100), (Stop.LENGTH, 500)], 300),  # one that runs on is an answer too
        ([(Stop.END, 100), (Stop.CULLED, 10), (Stop.BUDGET, 50)], 100),
        ([(Stop.LENGTH, 520)], 520),  # cut: no shorter than it was, whatever was expected
        ([(Stop.CANCELLED, 520)], 520),
        ([(Stop.BUDGET, 40)], 140),
        ([], 140),
    ],
)
def test_a_plain_answer_is_a_line_that_nobody_stopped(
    lines: list[tuple[Stop, int]], tokens: float
) -> None:
    assert plain_answer(outcome(*lines), 140.0) == tokens


def test_lines_of_a_tree_count_from_the_root_and_revisions_not_at_all() -> None:
    steps = (TreeStep((0,), "a", 0.5, "open", 30), TreeStep((0, 1), "b", 0.5, "finished", 20))
    leaf = Branch((0, 1), Prompt(()), (), Stop.END, 20)
    assert whole_lengths(Outcome(leaf, branches=(leaf,), tree=steps)) == [50]
    draft = Branch((0,), Prompt(()), (), Stop.END, 90)
    assert whole_lengths(Outcome(leaf, branches=(draft, leaf))) == [90]


def cost(session: Any, prompt: str, **more: Any) -> float:
    planned = plan(session, replace(Request.of(session.settings, prompt), **more))
    events = list(answering(planned, start(planned, session.engine)))
    (done,) = (event for event in events if isinstance(event, Done))
    return float(done.result["ttc"]["cost"]["multiplier"])


STORY = "Tell me a story of a ship."


@pytest.mark.parametrize(("most", "multiplier"), [(700, 1.0), (35, 0.1), (2000, 1.0)])
def test_a_direct_answer_is_one_plain_answer_cut_or_not(
    stage: Callable[..., Any], most: int, multiplier: float
) -> None:
    session = stage(lambda _: "".join(f"w{n} " for n in range(900)), max_tokens=most)
    assert cost(session, STORY) == multiplier


def test_samples_cost_as_many_plain_answers_whatever_stopped_them(
    stage: Callable[..., Any],
) -> None:
    def script(request: BranchRequest) -> str:
        return "".join(f"w{n} " for n in range(20 if request.seed % 2 else 3000))

    session = stage(script, effort="high", samples=4, strategy="self-consistency")
    assert cost(session, STORY, early_stop=False) == 4.0


def test_a_search_is_priced_by_whole_lines(stage: Callable[..., Any]) -> None:
    def script(request: BranchRequest) -> str:
        said = "".join(step.text for step in request.prefix)
        steps = [f"This is step {n} of {request.seed}.\n\n" for n in range(said.count("\n\n"), 4)]
        return "".join(steps) + "So it is \\boxed{7}."

    session = stage(script, effort="medium", strategy="beam")
    assert cost(session, "What is 3 + 4?", verifiers=("regex:7",)) == 4.0
