"""Answers under a schema: a free thought, then JSON that is always valid, or no answer."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from fakes import ask, scores, solve
from suite import schemas

from ttc_cli.answers.schema.answer import AnswerSchema
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.errors import UsageError
from ttc_cli.core.events import Close, end_of
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.outcome import Plan
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Sampling
from ttc_cli.drawing.replies import filled, reply
from ttc_cli.engine.llama.engine import LlamaEngine
from ttc_cli.engine.scripted import Script
from ttc_cli.strategies import registry

SUM = {
    "type": "object",
    "properties": {"sum": {"type": "integer"}, "unit": {"enum": ["m", "s"]}},
    "required": ["sum", "unit"],
}
NAMES = registry.under_schema()


def plan(name: str, samples: int = 6, **more: Any) -> Plan:
    return Plan(name, "high", samples, **{"branch_tokens": 60, **more})


def two_phases(*answers: str, thought: str = "Three and four.") -> Script:
    """A thought first, and under a grammar one of the answers, by the seed."""

    def script(request: BranchRequest) -> str:
        return answers[request.seed % len(answers)] if request.grammar else thought

    return script


@pytest.mark.parametrize("name", NAMES)
def test_a_thought_comes_before_the_answer(name: str) -> None:
    script = two_phases('{"sum": 7, "unit": "m"}')
    outcome, _, _ = solve(name, script, plan(name), form=AnswerSchema(SUM))
    assert outcome.branch is not None
    assert reply(outcome.branch) == ("Three and four.", '{"sum": 7, "unit": "m"}')
    assert outcome.answer == '{"sum": 7, "unit": "m"}'


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_valid_is_never_an_answer(name: str) -> None:
    script = two_phases('{"sum": "seven"}', "no JSON")
    outcome, _, run = solve(name, script, plan(name), form=AnswerSchema(SUM))
    assert (outcome.branch, outcome.answer, outcome.votes) == (None, None, ())
    assert run.ledger.spent > 0


def test_answers_vote_in_canonical_spelling() -> None:
    script = two_phases('{"sum": 7, "unit": "m"}', '{"unit": "m", "sum": 7.0}')
    outcome, _, _ = solve("self-consistency", script, plan("x", 16), form=AnswerSchema(SUM))
    assert outcome.agreement == 1.0
    assert [votes.answer for votes in outcome.votes] == ['{"sum": 7, "unit": "m"}']


def test_no_thought_where_none_may_be() -> None:
    script = two_phases('{"sum": 7, "unit": "m"}')
    chosen = plan("direct", thinking_budget=0)
    outcome, _, _ = solve("direct", script, chosen, form=AnswerSchema(SUM))
    assert outcome.branch is not None
    assert outcome.branch.text == '{"sum": 7, "unit": "m"}'


@pytest.mark.parametrize("name", ["self-consistency", "best-of-n"])
def test_fields_vote_one_by_one(name: str) -> None:
    said = ['{"sum": 7, "unit": "m"}', '{"sum": 7, "unit": "s"}', '{"sum": 8, "unit": "s"}']
    lines = iter(said * 2)

    def script(request: BranchRequest) -> str:
        return next(lines) if request.grammar else "Hm."

    chosen = plan(name, 3, early_stop=False, verifier=scores({"sum": 0.5}))
    outcome, _, _ = solve(name, script, chosen, form=AnswerSchema(SUM), fields=True)
    assert outcome.answer == '{"sum": 7, "unit": "s"}'
    assert outcome.agreement == pytest.approx(2 / 3, abs=0.02)
    assert outcome.branch is not None
    assert json.loads(reply(outcome.branch)[1]) == {"sum": 7, "unit": "s"}


def test_fields_that_do_not_fit_together_leave_the_vote_as_it_is() -> None:
    pairs = [{"a": 1, "b": 1}, {"a": 1, "b": 3}, {"a": 2, "b": 2}, {"a": 3, "b": 2}]
    form = AnswerSchema({"enum": pairs})  # 1 and 2 have most votes, and are no pair
    lines = iter(map(json.dumps, pairs))

    def script(request: BranchRequest) -> str:
        return next(lines) if request.grammar else "Hm."

    chosen = plan("x", 4, early_stop=False)
    outcome, _, _ = solve("self-consistency", script, chosen, form=form, fields=True)
    assert outcome.branch is not None
    assert form.valid(reply(outcome.branch)[1]) == outcome.answer
    assert "do not fit" in outcome.note


def test_the_thought_leaves_room_for_the_answer() -> None:
    script = two_phases('{"sum": 7, "unit": "m"}', thought="hm " * 500)
    outcome, _, run = solve("direct", script, plan("direct", budget=60), form=AnswerSchema(SUM))
    assert outcome.answer == '{"sum": 7, "unit": "m"}'
    assert run.ledger.spent <= 60


def test_nothing_is_made_up_for_an_answer_that_was_not_begun() -> None:
    script = two_phases('{"sum": 7, "unit": "m"}', thought="hm " * 500)
    outcome, _, _ = solve("direct", script, plan("direct", budget=3), form=AnswerSchema(SUM))
    assert outcome.answer in (None, '{"sum": 0, "unit": "m"}')
    assert outcome.branch is None or "sum" in outcome.branch.steps[-2].text
    assert outcome.stopped == "tokens"


def drawn(engine: LlamaEngine, name: str, form: AnswerSchema, **more: Any) -> tuple[Any, Run]:
    chosen = plan(name, **more)
    run = Run(engine, ledger=Ledger(chosen.budget))
    strategy = registry.find(name)
    return end_of(strategy.solve(run, ask(form=form), chosen, strategy.options())), run


def test_a_real_model_under_each_schema_of_the_suite(tiny: LlamaEngine) -> None:
    rng, answered = random.Random(4), 0
    for name, schema in schemas():
        try:
            form = AnswerSchema(schema)
        except UsageError:
            continue
        tokens = rng.choice([2, 7, 30, 90])
        warm = Sampling(temperature=1.5, min_p=0.0)
        outcome, run = drawn(
            tiny,
            "direct",
            form,
            thinking_budget=0,
            branch_tokens=tokens,
            budget=tokens,
            greedy=warm,
        )
        assert run.ledger.spent <= tokens
        assert outcome.branch is not None, name
        assert form.valid(reply(outcome.branch)[1]) == outcome.answer, name
        answered += 1
    assert answered >= 147


@pytest.mark.parametrize("name", NAMES)
def test_every_strategy_answers_a_real_model(name: str, tiny: LlamaEngine) -> None:
    form = AnswerSchema(SUM)
    for budget in (None, 40, 120):
        outcome, run = drawn(tiny, name, form, samples=3, branch_tokens=50, budget=budget)
        assert budget is None or run.ledger.spent <= budget
        if outcome.branch is not None:
            assert form.valid(reply(outcome.branch)[1]) == outcome.answer
        else:
            assert budget is not None


def test_an_answer_that_its_form_ended_is_marked(tiny: LlamaEngine) -> None:
    form = AnswerSchema({"type": "array", "items": {"type": "string"}, "minItems": 9})
    outcome, _ = drawn(
        tiny, "direct", form, thinking_budget=0, branch_tokens=12, budget=12, greedy=Sampling()
    )
    assert outcome.branch is not None
    assert filled(outcome.branch)
    assert len(json.loads(reply(outcome.branch)[1])) == 9


def test_phases_go_on_under_the_same_name_until_both_are_done() -> None:
    form = AnswerSchema(SUM)
    outcome, events, _ = solve(
        "self-consistency", two_phases('{"sum": 7, "unit": "m"}'), plan("x", 4), form=form
    )
    closed = [event for event in events if isinstance(event, Close)]
    assert len({event.branch for event in closed}) == len(closed)
    assert {event.branch for event in closed} == {branch.id for branch in outcome.branches}
