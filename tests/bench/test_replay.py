"""A run on the replay is the run on the engine: drawn, replayed, or partly both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import bench_stage as stage
import pytest
from flow import finish

from ttc_cli.bench.replay import Replay, ReplayClient
from ttc_cli.bench.samples import SampleLog
from ttc_cli.core.branch import Branch, Prompt
from ttc_cli.core.engine import Engine
from ttc_cli.core.errors import ContextOverflow
from ttc_cli.core.events import Close, Event, Flow, end_of
from ttc_cli.core.ledger import Ledger, Usage
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Stop, StopRule
from ttc_cli.engine.scripted import Line
from ttc_cli.strategies import registry

PROMPT = Prompt((("What is 3 + 4?", False),))
QUESTION = Question("What is 3 + 4?", "math", "number", lambda variant, think: PROMPT)
PLANS = {
    "plain": Plan("self-consistency", "high", 12, 30, early_stop=False),
    "adaptive": Plan("self-consistency", "high", 12, 30),
    "budget": Plan("self-consistency", "high", 12, 30, budget=150),
    "direct": Plan("direct", "low", 1, 10, budget=10),
}


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SampleLog]:
    log = SampleLog(tmp_path / "samples.jsonl")
    yield log
    log.close()


def solve(engine: Engine, plan: Plan, seed: int) -> tuple[list[Event], Outcome, Usage]:
    run = Run(engine, ledger=Ledger(plan.budget), seed=seed, clock=lambda: 0.0)
    strategy = registry.find(plan.strategy)
    options = strategy.options()
    events, outcome = finish(strategy.solve(run, QUESTION, plan, options))
    return events, outcome, run.ledger.usage


def facts(found: tuple[list[Event], Outcome, Usage]) -> Any:
    """All that a strategy saw and said. Ids of cut-off branches are not among it."""
    events, outcome, usage = found
    branches = [(b.id, b.text, b.stop, b.tokens_sampled, b.confidences) for b in outcome.branches]
    closes = [event for event in events if isinstance(event, Close)]
    counted = (usage.sampled, usage.verifier, usage.wasted)
    return outcome.answer, outcome.votes, outcome.stopped, branches, closes, counted


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("seed", range(5))
def test_drawn_and_replayed_runs_are_those_of_the_engine(
    log: SampleLog, name: str, seed: int
) -> None:
    direct = solve(stage.Stage(), PLANS[name], seed)
    replay = Replay(stage.Stage(), log)
    drawn = solve(replay.client(), PLANS[name], seed)
    assert facts(drawn) == facts(direct)
    assert drawn[0] == direct[0]
    again = solve(Replay(stage.Stage(), log).client(), PLANS[name], seed)
    assert facts(again) == facts(direct)


@pytest.mark.parametrize("name", ["adaptive", "budget"])
@pytest.mark.parametrize("seed", range(5))
def test_a_cheaper_run_replays_what_a_plain_one_drew(log: SampleLog, name: str, seed: int) -> None:
    solve(Replay(stage.Stage(), log).client(), PLANS["plain"], seed)
    engine = stage.Stage()
    replayed = solve(Replay(engine, log).client(), PLANS[name], seed)
    assert facts(replayed) == facts(solve(stage.Stage(), PLANS[name], seed))
    assert [r for r in engine.requests if not r.prefix] == []  # only a forced answer may be new


class FirstWins:
    """A policy that gives up all others in mid-sentence once two are done."""

    def more(self, live: Any, done: Any) -> list[Branch]:
        return []

    def cull(self, live: list[Branch], done: list[Branch]) -> list[tuple[int, ...]]:
        return [branch.id for branch in live] if len(done) >= 2 else []


def culling(engine: Engine) -> tuple[Any, Usage]:
    run = Run(engine, ledger=Ledger(400), seed=1, clock=lambda: 0.0)
    branches = [Branch((i,), PROMPT) for i in range(12)]
    done = end_of(run.extend(branches, stop=StopRule(30), draw=FirstWins()))
    return [(b.id, b.text, b.stop, b.tokens_sampled) for b in done], run.ledger.usage


def test_culling_in_mid_sentence_costs_what_it_would_have(log: SampleLog) -> None:
    direct = culling(stage.Stage())
    assert direct[1].wasted > 0
    drawn = culling(Replay(stage.Stage(), log).client())
    assert drawn[0] == direct[0]
    assert (drawn[1].sampled, drawn[1].wasted) == (direct[1].sampled, direct[1].wasted)
    assert len(log) == 2  # what was given up is not on record
    solve(Replay(stage.Stage(), log).client(), PLANS["plain"], 1)
    replayed = culling(Replay(stage.Stage(), log).client())
    assert replayed == drawn


@pytest.mark.parametrize("slow", range(3))
def test_a_run_does_not_depend_on_what_else_is_drawn(log: SampleLog, slow: int) -> None:
    """Two runs at once through an engine with room for two branches, against each alone."""
    replay = Replay(stage.Stage(width=2), log, width=2)
    plans = [PLANS["adaptive"], PLANS["budget"]]
    players = [replay.client(), replay.client()]
    both = list(enumerate(zip(plans, players, strict=True)))
    found = side_by_side([start(e, p, slow + i) for i, (p, e) in both], players)
    for i, (plan, outcome) in enumerate(zip(plans, found, strict=True)):
        alone = solve(stage.Stage(), plan, slow + i)[1]
        assert [(b.id, b.text, b.stop) for b in outcome.branches] == [
            (b.id, b.text, b.stop) for b in alone.branches
        ]


def start(engine: Engine, plan: Plan, seed: int) -> Flow[Outcome]:
    run = Run(engine, ledger=Ledger(plan.budget), seed=seed)
    strategy = registry.find(plan.strategy)
    return strategy.solve(run, QUESTION, plan, strategy.options())


def side_by_side(flows: list[Flow[Outcome]], players: list[ReplayClient]) -> list[Outcome]:
    live, out = dict(enumerate(flows)), dict[int, Outcome]()
    while live:
        for number, flow in list(live.items()):
            try:
                next(flow)
            except StopIteration as end:
                out[number] = end.value
                del live[number]
                players[number].close()
    return [out[i] for i in range(len(flows))]


def test_one_sample_serves_two_runs_and_outlives_the_first(log: SampleLog) -> None:
    engine = stage.Stage()
    replay = Replay(engine, log)
    first, second = replay.client(), replay.client()
    one = start(first, PLANS["plain"], 1)
    two = start(second, PLANS["plain"], 1)
    for _ in range(40):
        next(one)
        next(two)
    one.close()
    first.close()
    (outcome,) = side_by_side([two], [second])
    assert len(engine.requests) == 12
    assert facts(solve(stage.Stage(), PLANS["plain"], 1))[3] == [
        (b.id, b.text, b.stop, b.tokens_sampled, b.confidences) for b in outcome.branches
    ]


def test_a_closed_run_leaves_nothing_behind(log: SampleLog) -> None:
    replay = Replay(stage.Stage(), log, width=4)
    client = replay.client()
    flow = start(client, PLANS["plain"], 1)
    for _ in range(30):
        next(flow)
    assert replay.outstanding > 0
    flow.close()
    client.close()
    assert replay.outstanding == 0
    assert not replay.engine.poll(0)


def test_a_sample_that_failed_is_not_recorded(log: SampleLog) -> None:
    engine = stage.Stage(script=lambda request: Line(("no",), fails=True))
    outcome = solve(Replay(engine, log).client(), PLANS["plain"], 1)[1]
    assert {b.stop for b in outcome.branches} == {Stop.FAILED}
    assert outcome.branches[0].error == "the script says so"
    assert len(log) == 0


def test_a_sample_the_cache_has_no_room_for_fails_alone(log: SampleLog) -> None:
    class Full(stage.Stage):
        def submit(self, request: Any) -> None:
            if request.seed % 2:
                raise ContextOverflow("the prompt takes 9 tokens and the context holds 8")
            super().submit(request)

    outcome = solve(Replay(Full(), log).client(), PLANS["plain"], 1)[1]
    stops = {b.stop for b in outcome.branches}
    assert Stop.FAILED in stops
    assert Stop.END in stops


def test_scores_are_recorded_too(log: SampleLog) -> None:
    item = (PROMPT, ())
    engine = stage.Stage(scorer=lambda request: (-0.123456, -2.0))
    first = end_of(Run(Replay(engine, log).client()).score([item], ("Yes", "No")))
    unasked = stage.Stage(scorer=lambda request: (0.0, 0.0))
    again = end_of(Run(Replay(unasked, log).client()).score([item], ("Yes", "No")))
    assert first == again == [(-0.1235, -2.0)]
    assert unasked.requests == []


def test_seconds_are_shared_out_among_those_drawn_at_once(log: SampleLog) -> None:
    ticks = iter(range(10_000))
    replay = Replay(stage.Stage(), log, clock=lambda: float(next(ticks)))
    client = replay.client()
    solve(client, replace(PLANS["plain"], samples=4), 1)
    assert client.seconds == pytest.approx(replay.seconds)
    assert sum(client.spent.values()) == pytest.approx(client.seconds)
