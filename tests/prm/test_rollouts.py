"""Labels by rollouts on the scripted engine, where the first wrong step is known."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from ttc_cli.core.branch import Prompt
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.events import end_of
from ttc_cli.core.outcome import Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import uniform
from ttc_cli.core.steps import STEPS
from ttc_cli.engine.scripted import ScriptedEngine
from ttc_cli.prm.rollouts import RolloutSpec, corrupted, draw, majority, spoil
from ttc_cli.prm.traces import Trace
from ttc_cli.verifiers.head import FEATURES

QUESTION = Question("q", "math", "number", lambda v, t: Prompt((("q", True),)))
DEPTH = 7


def script(request: BranchRequest) -> str:
    """Goes wrong at some step, by its seed, and never recovers."""
    said = "".join(step.text for step in request.prefix)
    at = said.count("\n\n")
    wrong = "wrong" in said
    out = ""
    for step in range(at, DEPTH):
        wrong = wrong or uniform(request.seed, step) < 0.15
        kind = "wrong" if wrong else "right"
        out += f"Step number {step} of the way is {kind}\n\n"
    return out + f"The answer is \\boxed{{{13 if wrong else 42}}}."


def traces(spec: RolloutSpec, seed: int = 0, *, known: bool = True) -> list[Trace]:
    run = Run(ScriptedEngine(script), seed=seed)
    right: Callable[[str], bool] | None = (lambda answer: answer == "42") if known else None
    found: list[Trace] = end_of(draw(run, QUESTION, "q", right, spec))
    return found


@pytest.mark.parametrize("every", [False, True])
def test_no_wrong_step_is_labelled_right(every: bool) -> None:
    seen = set()
    for seed in range(6):
        for trace in traces(RolloutSpec(traces=4, rollouts=8, every=every), seed):
            assert len(trace.labels) == len(trace.states) == len(trace.features)
            assert trace.features.shape[1] == len(FEATURES)
            for step, label in zip(trace.steps, trace.labels, strict=True):
                if "wrong" in step:
                    assert label == 0
            seen.add(trace.right)
            if trace.begun:
                continue  # a rollout: its labels are its own outcome
            sound = [lab for s, lab in zip(trace.steps, trace.labels, strict=True) if "right" in s]
            assert all(label > 0 for label in sound)  # 8 rollouts miss with chance 1e-3 at most
            if trace.right and not every:
                assert set(trace.labels) == {1.0}
    assert seen == {True, False}


@pytest.mark.parametrize("every", [False, True])
def test_rollouts_are_kept_from_where_they_began(every: bool) -> None:
    run = Run(ScriptedEngine(script))
    spec = RolloutSpec(traces=3, rollouts=4, every=every)
    found: list[Trace] = end_of(draw(run, QUESTION, "q", lambda answer: answer == "42", spec))
    assert sum(trace.tokens for trace in found) == run.ledger.usage.sampled
    rollouts = [trace for trace in found if trace.begun]
    assert rollouts
    assert len(found) - len(rollouts) == 3
    for trace in rollouts:
        assert trace.begun + len(trace.states) == DEPTH + 1
        assert f"number {trace.begun} " in trace.steps[0] or trace.begun == DEPTH
        assert set(trace.labels) == {float(trace.right)}
        first = math.expm1(trace.features[0][0])  # "log step": how many came before it
        assert first == pytest.approx(trace.begun, abs=0.01)


def test_bisecting_takes_fewer_tokens() -> None:
    whole = sum(t.tokens for s in range(5) for t in traces(RolloutSpec(rollouts=4, every=True), s))
    bisected = sum(t.tokens for s in range(5) for t in traces(RolloutSpec(rollouts=4), s))
    alone = sum(t.tokens for s in range(5) for t in traces(RolloutSpec(rollouts=0), s))
    assert alone < bisected < 0.6 * whole


def test_without_a_reference_the_majority_is_right() -> None:
    judge = majority(["0.5", "0.5", "3"])
    assert judge("0.5")
    assert not judge("3")
    found = traces(RolloutSpec(traces=9, rollouts=0), known=False)
    assert sum(t.right for t in found) > 4


def test_spoilt_twins_are_wrong_from_where_they_were_spoilt() -> None:
    run = Run(ScriptedEngine(script))
    good = [t for t in traces(RolloutSpec(traces=9, rollouts=0)) if t.right]
    twins: list[Trace] = end_of(spoil(run, QUESTION, good))
    assert len(twins) == len(good)
    for twin in twins:
        assert not twin.right
        assert twin.labels[-1] == 0
        assert list(twin.labels) == sorted(twin.labels, reverse=True)


def test_a_spoilt_number_is_spoilt_in_what_follows() -> None:
    text = "First we add 3 and 4: 3 + 4 = 77.\n\nThen we halve it, 77 / 7 = 11, as asked."
    for seed in range(20):
        found = corrupted(text, random.Random(seed))
        assert found is not None
        steps, at = found
        assert len(steps) == len(STEPS.cut(text))
        assert steps[:at] == STEPS.cut(text)[:at]
        assert steps[at] != STEPS.cut(text)[at]
        if at == 0:
            assert "77" not in steps[1]
    assert corrupted("no numbers here at all", random.Random(0)) is None
