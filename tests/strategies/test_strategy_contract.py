"""One contract for every strategy, on the scripted engine."""

from __future__ import annotations

import random
import re

import pytest
from contract import ANSWERS, NAMES, SEARCHES, counted, idle, moments, plan, solve
from fakes import Fake

from ttc_cli.core.events import Event, Note
from ttc_cli.core.verify import Graded
from ttc_cli.engine.scripted import Line, ScriptedEngine, from_choices, split


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_answers_and_accounts(name: str) -> None:
    engine = ScriptedEngine(from_choices(ANSWERS))
    outcome, _, run = solve(name, engine, plan(name))
    assert outcome is not None
    assert outcome.branch is not None
    assert outcome.answer in ("7", "8", "12")
    drawn = sum(branch.tokens_sampled for branch in outcome.branches)
    assert run.ledger.usage.sampled >= drawn > 0
    assert idle(engine)


def test_budget_is_never_exceeded() -> None:
    rng = random.Random()
    for _ in range(60):
        name, budget = rng.choice(NAMES), rng.choice([0, 1, 2, 5, 17, 40, 100, 400])
        engine = ScriptedEngine(from_choices(ANSWERS), width=rng.choice([1, 3, 32]))
        chosen = plan(
            name,
            samples=rng.choice([1, 2, 5, 16]),
            budget=budget,
            early_stop=rng.random() < 0.7,
            thinking_budget=rng.choice([-1, 0, 10]),
        )
        outcome, _, run = solve(name, engine, chosen, seed=rng.randrange(10**6))
        assert run.ledger.spent <= budget
        assert outcome is not None
        assert idle(engine)
        if budget == 0:
            assert outcome.branch is None
            assert outcome.stopped == "tokens"


def test_one_sample(name: str) -> None:
    outcome, _, _ = solve(name, ScriptedEngine(from_choices(ANSWERS)), plan(name, samples=1))
    assert outcome is not None
    assert outcome.branch is not None
    assert len(outcome.branches) == 1


def test_no_parsable_answer(name: str) -> None:
    engine = ScriptedEngine(lambda request: "Who can tell? " + "Nobody can say so. " * 8)
    outcome, _, _ = solve(name, engine, plan(name))
    assert outcome is not None
    assert outcome.branch is not None  # what was said is still said
    assert not outcome.votes


def test_every_branch_fails(name: str) -> None:
    engine = ScriptedEngine(lambda request: Line(split("It is 7 and"), fails=True))
    outcome, _, run = solve(name, engine, plan(name))
    assert outcome is not None
    assert not outcome.votes
    assert any(branch.error for branch in outcome.branches)
    assert run.ledger.usage.wasted > 0


def test_closing_at_any_event_leaves_nothing_running(name: str) -> None:
    _, events, _ = solve(name, ScriptedEngine(from_choices(ANSWERS)), plan(name))
    for at in (0, *moments(events)):
        engine = ScriptedEngine(from_choices(ANSWERS))
        solve(name, engine, plan(name), stop_after=at)
        assert idle(engine)


def test_interrupt_at_any_event_gives_the_best_so_far(name: str) -> None:
    _, events, _ = solve(name, ScriptedEngine(from_choices(ANSWERS)), plan(name))
    for at in moments(events):
        engine = ScriptedEngine(from_choices(ANSWERS))
        outcome, _, _ = solve(name, engine, plan(name), interrupt_after=at)
        assert outcome is not None
        assert idle(engine)
        assert outcome.stopped in ("interrupted", "complete", "vote-decided", "confident")


def test_same_seed_same_result(name: str) -> None:
    def events(seed: int) -> list[Event]:
        return solve(name, ScriptedEngine(from_choices(ANSWERS)), plan(name), seed=seed)[1]

    assert events(3) == events(3)
    assert len({repr(events(seed)) for seed in range(12)}) > 1


def test_prose_is_not_voted_on(name: str) -> None:
    engine = ScriptedEngine(from_choices(["The sea is wide and blue.", "The sea is deep."]))
    outcome, _, _ = solve(name, engine, plan(name, early_stop=False), task="plain")
    assert outcome is not None
    assert outcome.branch is not None
    assert outcome.agreement is None
    assert not outcome.votes


def test_agreeing_samples_stop_early_and_plain_ones_do_not() -> None:
    script, drawn = counted(lambda request: "So \\boxed{7}.")
    outcome, _, _ = solve("self-consistency", ScriptedEngine(script), plan("", samples=16))
    assert outcome is not None
    assert outcome.stopped == "vote-decided"
    assert outcome.agreement == 1.0
    few = drawn()
    assert few <= 6
    script, drawn = counted(lambda request: "So \\boxed{7}.")
    engine = ScriptedEngine(script)
    outcome, _, _ = solve("self-consistency", engine, plan("", samples=16, early_stop=False))
    assert outcome is not None
    assert drawn() == 16
    assert outcome.votes[0].count == 16
    assert outcome.stopped == "complete"


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_says_once_that_its_steps_have_no_scores(name: str) -> None:
    broken = plan(name, verifier=Fake(lambda _: Graded(None, "its model is gone")))
    outcome, events, _ = solve(name, ScriptedEngine(from_choices(ANSWERS)), broken)
    assert outcome is not None
    assert re.fullmatch(r"fake failed on (\d+) of \1 steps: its model is gone", outcome.note)
    assert not [event for event in events if isinstance(event, Note)]


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_says_that_no_line_came_to_its_end(name: str) -> None:
    engine = ScriptedEngine(lambda request: "One more step.\n\n" * 200)
    outcome, _, _ = solve(name, engine, plan(name, samples=2, budget=60))
    assert outcome is not None
    assert outcome.branch is not None
    assert outcome.note.startswith("no line came to its end")
    outcome, _, _ = solve(name, ScriptedEngine(from_choices(ANSWERS)), plan(name))
    assert outcome is not None
    assert not outcome.note


def test_replies_that_end_without_an_answer_are_not_said_to_be_cut() -> None:
    texts = iter(["Who can tell?", *["well, " * 200] * 3])
    engine = ScriptedEngine(lambda request: next(texts, "7}"), width=1)  # at last it is made to
    outcome, _, _ = solve("self-consistency", engine, plan("self-consistency", samples=4))
    assert outcome is not None
    assert outcome.note == "no sample ended with an answer: the longest was made to answer"
