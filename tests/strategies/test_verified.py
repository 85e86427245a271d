"""Best-of-n: how it uses what a verifier says; and what holds for refine as well."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from fakes import Fake, ask, plan, scores, solve

from ttc_cli.core import options
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.errors import MissingCapability, UsageError
from ttc_cli.core.events import Score, end_of
from ttc_cli.core.outcome import Plan
from ttc_cli.core.run import Run
from ttc_cli.core.verify import Graded
from ttc_cli.engine.scripted import Line, ScriptedEngine, from_choices, split
from ttc_cli.session import effort
from ttc_cli.session.request import Request
from ttc_cli.strategies import registry

CHOICES = ("So \\boxed{7}.", "It is \\boxed{8}.", "Well, \\boxed{9} it is.")


def in_turn(*texts: str) -> Any:
    """A script that says one text after another, whatever it is asked."""
    lines = itertools.cycle(texts)
    return lambda request: next(lines)


def test_the_best_scored_sample_wins_against_the_majority() -> None:
    script = in_turn(*["So \\boxed{7}."] * 7, "It is \\boxed{8}.")
    verifier = scores({"7": 0.3, "8": 0.9})
    outcome, events, _ = solve("best-of-n", script, plan(verifier=verifier), choose="argmax")
    assert outcome.answer == "8"
    assert outcome.agreement == pytest.approx(0.9 / (0.9 + 7 * 0.3))
    assert [event.score for event in events if isinstance(event, Score)].count(0.3) == 7


def test_scores_are_the_weights_of_votes() -> None:
    script = in_turn(*["So \\boxed{7}."] * 5, *["It is \\boxed{8}."] * 3)
    verifier = scores({"7": 0.2, "8": 0.6})
    outcome, _, _ = solve("best-of-n", script, plan(verifier=verifier), choose="vote")
    assert outcome.answer == "8"
    assert [(v.answer, v.count) for v in outcome.votes] == [("8", 3), ("7", 5)]
    assert outcome.agreement == pytest.approx(1.8 / 2.8)


def test_all_samples_are_graded_in_one_batch() -> None:
    verifier = scores({"7": 0.5})
    solve("best-of-n", from_choices(CHOICES), plan(16, verifier=verifier))
    assert verifier.batches == [16]


def test_a_gate_ends_the_drawing_when_it_lets_one_through() -> None:
    script = in_turn(*["So \\boxed{7}."] * 5, "It is \\boxed{8}.")
    verifier = scores({"8": 1.0}, gate=True)
    outcome, _, _ = solve("best-of-n", script, plan(64, verifier=verifier))
    assert outcome.answer == "8"
    assert outcome.stopped == "confident"
    assert len(outcome.branches) == 8
    late, _, _ = solve("best-of-n", script, plan(64, verifier=verifier, early_stop=False))
    assert len(late.branches) == 64
    assert late.stopped == "complete"


@pytest.mark.parametrize("choose", ["argmax", "vote"])
def test_a_failure_is_reported_and_is_no_score(choose: str) -> None:
    script = in_turn("So \\boxed{7}.", "It is \\boxed{8}.")
    verifier = Fake(lambda text: Graded(None, "it hung") if "8" in text else Graded(0.4))
    outcome, _, _ = solve("best-of-n", script, plan(verifier=verifier), choose=choose)
    assert outcome.answer == "7"
    assert outcome.note == "fake failed on 4 of 8: it hung"


@pytest.mark.parametrize("score", [0.0, None])
def test_without_any_score_confidence_decides_between_equals(score: float | None) -> None:
    texts = itertools.cycle(CHOICES[:2])

    def script(request: BranchRequest) -> Line:
        text = next(texts)
        return Line(split(text), confidence=9.0 if "8" in text else 1.0)

    verifier = Fake(lambda text: Graded(score, "no"), gate=True)
    outcome, _, _ = solve("best-of-n", script, plan(verifier=verifier))
    assert outcome.answer == "8"
    assert outcome.stopped == "complete"
    assert outcome.note
    alone, _, _ = solve("best-of-n", script, plan())
    assert alone.answer == "8"
    assert "evidence" in alone.note


def test_prose_and_code_take_the_best_scored_reply() -> None:
    script = in_turn("The sea is wide.", "The sea is deep.")
    outcome, _, _ = solve("best-of-n", script, plan(verifier=scores({"deep": 0.9})), "plain")
    assert outcome.branch is not None
    assert outcome.branch.text == "The sea is deep."
    assert outcome.votes == ()


def test_the_choice_does_not_depend_on_the_order_of_the_pool() -> None:
    rng = random.Random(3)
    texts = [f"{'well ' * rng.randrange(9)}\\boxed{{{rng.randrange(3)}}}." for _ in range(8)]
    for choose in ("argmax", "vote"):
        chosen = set()
        for width in (1, 2, 3, 8):  # how many are under way decides who stops first
            engine = ScriptedEngine(lambda r: texts[r.seed % 8], width=width)
            strategy = registry.find("best-of-n")
            verifier = scores({"0": 0.5, "1": 0.5, "2": 0.5})
            options = strategy.options(choose=choose)
            outcome = end_of(strategy.solve(Run(engine), ask(), plan(verifier=verifier), options))
            assert outcome.branch is not None
            chosen.add((outcome.branch.id, outcome.answer))
        assert len(chosen) == 1


def test_budgets_hold_verifiers_included() -> None:
    rng = random.Random(11)
    for _ in range(70):
        name, budget = rng.choice(["best-of-n", "refine"]), rng.choice([0, 1, 7, 30, 90, 400])
        verifier = rng.choice(
            [
                scores({"7": 0.5, "8": 1.0}, gate, talks)
                for gate in (True, False)
                for talks in (0, 5)
            ]
        )
        chosen = plan(rng.choice([1, 3, 8]), budget=budget, verifier=verifier)
        outcome, _, run = solve(name, from_choices(CHOICES), chosen)
        assert run.ledger.spent <= budget
        if verifier.talks and verifier.batches:
            assert run.ledger.usage.verifier > 0 or run.ledger.left == 0
        drawn = sum(branch.tokens_sampled for branch in outcome.branches)
        assert run.ledger.usage.sampled >= drawn  # what was made to answer took more


@pytest.mark.parametrize("name", ["best-of-n", "refine"])
def test_interrupts_bring_the_best_so_far(name: str) -> None:
    def chosen() -> Plan:
        return plan(6, verifier=scores({"7": 0.2, "8": 0.4}, talks=3))

    _, events, _ = solve(name, from_choices(CHOICES), chosen())
    closed = False
    for at in range(1, len(events)):
        outcome, _, _ = solve(name, from_choices(CHOICES), chosen(), interrupt_after=at)
        closed = closed or any(b.stop is not None and b.stop.whole for b in outcome.branches)
        assert outcome.stopped in ("interrupted", "complete")
        assert outcome.branch is not None or not closed
    assert closed


def test_a_verifiers_needs_are_checked_before_anything_is_drawn() -> None:
    engine = ScriptedEngine(from_choices(CHOICES), capabilities=frozenset({"continue"}))
    strategy = registry.find("best-of-n")
    verifier = scores({})
    verifier.needs = ("score",)
    flow = strategy.solve(Run(engine), ask(), plan(verifier=verifier), strategy.options())
    with pytest.raises(MissingCapability, match="fake needs score"):
        next(flow)


def test_bad_options_are_refused() -> None:
    refine = [("refine", {"accept": value}) for value in ("2", "0")]
    for name, given in [("best-of-n", {"choose": "dice"}), *refine]:
        with pytest.raises(UsageError):
            options.deal([(name, registry.find(name).options)], given)


@pytest.mark.parametrize("level", list(effort.EFFORTS))
@pytest.mark.parametrize("task", ["math", "code", "plain"])
def test_with_a_verifier_auto_is_best_of_n(level: str, task: str) -> None:
    chosen = effort.plan(ask(task), Request(), level, verifier=scores({}))
    assert chosen.strategy == "best-of-n"
    assert chosen.samples == effort.EFFORTS[level].multiplier
