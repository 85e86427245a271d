from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from flow import finish
from flows import PROMPT, Policy, babble, branches, by_id, engine

from ttc_cli.core.branch import Branch, Prompt
from ttc_cli.core.errors import ContextOverflow, EngineFailed
from ttc_cli.core.events import Close, Open, StepDone, Text
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Outputs, Stop, StopRule
from ttc_cli.core.steps import StepRule
from ttc_cli.engine.scripted import Line, ScriptedEngine

RULE = StopRule(40)


class Clock:
    """Goes on by one second whenever it is read."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def frozen() -> float:
    return 0.0


def test_events_tell_the_whole_story() -> None:
    events, done = finish(Run(engine()).extend(branches(6), stop=RULE))
    assert sorted(by_id(done)) == [(i,) for i in range(6)]
    for branch in done:
        texts = [e for e in events if isinstance(e, Text) and e.branch == branch.id]
        assert "".join(e.text for e in texts) == branch.text
        assert sum(e.tokens for e in texts) == branch.tokens_sampled
        kinds = [type(e) for e in events if getattr(e, "branch", None) == branch.id]
        assert (kinds[0], kinds[-1]) == (Open, Close)
        assert kinds.count(Open) == kinds.count(Close) == 1
        assert branch.stop in (Stop.END, Stop.LENGTH)
    closes = [e.branch for e in events if isinstance(e, Close)]
    assert closes == [branch.id for branch in done], "in the order they stopped"


def test_the_same_seed_gives_the_same_log() -> None:
    logs = [
        finish(Run(engine(), seed=seed, clock=frozen).extend(branches(5), stop=RULE))[0]
        for seed in (3, 3, 4)
    ]
    assert logs[0] == logs[1] != logs[2]


def test_each_branch_draws_alone() -> None:
    """What a branch says depends on the run's seed and its path, not on its neighbours."""
    _, together = finish(Run(engine(), seed=1).extend(branches(5), stop=RULE))
    for branch in branches(5):
        _, (alone,) = finish(Run(engine(), seed=1).extend([branch], stop=RULE))
        assert by_id(together)[branch.id].text == alone.text


def test_a_retry_with_a_salt_is_another_draw() -> None:
    texts = [
        finish(Run(engine()).extend(branches(4), stop=RULE, salt=salt))[1] for salt in ("", "b")
    ]
    assert {b.text for b in texts[0]} != {b.text for b in texts[1]}


def test_a_branch_goes_on_from_its_text() -> None:
    run = Run(ScriptedEngine(lambda r: Line((" c",) if r.prefix else (" a", "\n\n", " b"))))
    rule = StopRule(10, steps=StepRule(min_chars=1))
    events, (first,) = finish(run.extend(branches(1), stop=rule))
    assert (first.text, first.stop) == (" a\n\n", Stop.STEP)
    assert [e.index for e in events if isinstance(e, StepDone)] == [0]
    _, (second,) = finish(run.extend([first], stop=rule))
    assert (second.text, second.stop) == (" a\n\n c", Stop.END)
    assert second.tokens_sampled == 4, "the tokens of both extensions and the end of the turn"


def test_a_culled_branch_stops_and_its_tokens_are_wasted() -> None:
    lines = iter([" a b", " a" * 30, " a" * 5, " c d"])
    run = Run(ScriptedEngine(lambda _: next(lines)))
    _, done = finish(run.extend(branches(4), stop=StopRule(50), draw=Policy(0, [(1,), (3,)])))
    assert {b.id: b.stop for b in done} == {
        (0,): Stop.END,
        (1,): Stop.CULLED,
        (2,): Stop.END,
        (3,): Stop.END,  # it finished in the same step as the first: nothing to cull
    }
    culled = by_id(done)[(1,)]
    assert (culled.text, culled.tokens_sampled) == (" a" * 3, 3)
    assert run.ledger.usage.wasted == 3, "also what came in the step that decided"
    assert not run.engine.running


def test_a_policy_draws_more_while_it_wants() -> None:
    run = Run(engine())
    _, done = finish(run.extend([], stop=RULE, draw=Policy(more=7)))
    assert len(done) == len(by_id(done)) == 7


def test_more_is_drawn_when_all_that_was_live_is_culled() -> None:
    class Fickle(Policy):
        def cull(self, live: Sequence[Branch], done: Sequence[Branch]) -> list[tuple[int, ...]]:
            return [branch.id for branch in live if len(done) < 3 and branch.text]

    _, done = finish(Run(engine()).extend([], stop=RULE, draw=Fickle(more=4)))
    assert [b.stop is Stop.CULLED for b in done] == [True, True, True, False]


def test_a_deadline_stops_what_is_live() -> None:
    run = Run(engine(), deadline=20.0, clock=Clock())
    _, done = finish(run.extend(branches(8), stop=StopRule(1_000)))
    assert {b.stop for b in done} <= {Stop.TIME, Stop.END}
    assert Stop.TIME in {b.stop for b in done}
    assert len(done) == 8
    assert not run.engine.running
    _, late = finish(run.extend(branches(2), stop=RULE))
    assert [(b.stop, b.tokens_sampled) for b in late] == [(Stop.TIME, 0)] * 2


def test_a_reserve_ends_earlier() -> None:
    counts = []
    for reserve in (0.0, 15.0):
        run = Run(engine(), deadline=30.0, clock=Clock())
        finish(run.extend(branches(8), stop=StopRule(1_000), reserve=reserve))
        counts.append(run.ledger.spent)
    assert counts[1] < counts[0]


def test_an_interrupt_keeps_what_is_there() -> None:
    run = Run(ScriptedEngine(lambda _: " a" * 50))
    flow = run.extend(branches(2), stop=StopRule(100))
    for event in flow:
        if isinstance(event, Text):
            run.interrupt()
            break
    _, done = finish(flow)
    assert {b.stop for b in done} == {Stop.CANCELLED}
    assert all(b.text == " a" for b in done)
    assert not run.engine.running


def test_closing_anywhere_leaves_nothing_behind() -> None:
    total = len(finish(Run(engine()).extend(branches(4), stop=RULE, draw=Policy(6, [(2,)])))[0])
    assert total > 50
    for at in range(total):
        run = Run(engine())
        flow = run.extend(branches(4), stop=RULE, draw=Policy(6, [(2,)]))
        seen = [next(flow) for _ in range(at + 1)]
        flow.close()
        assert not run.engine.running, f"closed at event {at}"
        whole = sum(e.tokens for e in seen if isinstance(e, Close) and e.stop != Stop.CULLED)
        assert run.ledger.usage.wasted == run.ledger.spent - whole


def test_a_budget_is_never_exceeded() -> None:
    rng = random.Random(1)
    for _ in range(200):
        limit = rng.randrange(120)
        ledger = Ledger(limit)
        run = Run(engine(width=rng.randrange(1, 9)), ledger=ledger, seed=rng.randrange(99))
        part = ledger.child(rng.choice([None, rng.randrange(120)]), verifier=rng.random() < 0.2)
        draw = Policy(rng.randrange(8), [(rng.randrange(6),)], rng.randrange(1, 4))
        flow = run.extend(
            branches(rng.randrange(1, 6)),
            stop=StopRule(rng.randrange(40), (" stop",), StepRule(min_chars=1)),
            draw=rng.choice([None, draw]),
            ledger=part,
        )
        if rng.random() < 0.3:
            for _ in zip(range(rng.randrange(60)), flow, strict=False):
                assert ledger.spent <= limit
            flow.close()
        else:
            _, done = finish(flow)
            assert sum(b.tokens_sampled for b in done) == part.spent
            if Stop.BUDGET in {b.stop for b in done}:
                assert part.left == 0
        assert ledger.spent <= limit
        assert part.limit is None or part.spent <= part.limit
        assert not run.engine.running


def test_scores_come_in_the_order_asked() -> None:
    scorer = ScriptedEngine(babble, width=2, scorer=lambda r: (float(len(r.prefix)), -1.0))
    run = Run(scorer)
    branch = Branch((0,), PROMPT)
    items = [(PROMPT, ()), (PROMPT, branch.forced("a").forced("b").steps), (PROMPT, ())]
    _, scores = finish(run.score(items, ("yes", "no")))
    assert scores == [(0.0, -1.0), (2.0, -1.0), (0.0, -1.0)]
    assert run.ledger.spent == 0
    assert run.ledger.usage.prefilled > 0


def test_closing_a_scoring_leaves_nothing_behind() -> None:
    run = Run(ScriptedEngine(babble, width=1))
    flow = run.score([(PROMPT, ())] * 4, ("yes",))
    next(flow)
    flow.close()
    assert not run.engine.running


def test_a_late_scoring_returns_what_it_has() -> None:
    run = Run(ScriptedEngine(babble, width=1), deadline=3.0, clock=Clock())
    _, scores = finish(run.score([(PROMPT, ())] * 4, ("yes",)))
    assert scores[0] is not None
    assert scores[-1] is None
    assert not run.engine.running


def test_a_prompt_that_does_not_fit_is_an_error_and_nothing_stays_live() -> None:
    run = Run(engine(context=8))
    huge = Branch((9,), Prompt((("word " * 20, False),)))
    with pytest.raises(ContextOverflow):
        finish(run.extend([*branches(2), huge], stop=RULE))
    assert not run.engine.running


def test_a_branch_grown_to_the_brim_is_a_result() -> None:
    run = Run(ScriptedEngine(lambda _: " a" * 50, context=12))
    _, (full,) = finish(run.extend(branches(1), stop=RULE))
    assert full.stop is Stop.CONTEXT
    events, (again,) = finish(run.extend([full.forced(" so the answer is")], stop=RULE))
    assert again.stop is Stop.CONTEXT
    assert isinstance(events[-1], Close)


def test_a_failing_branch_says_why() -> None:
    run = Run(ScriptedEngine(lambda _: Line((" a",), fails=True)))
    _, (branch,) = finish(run.extend(branches(1), stop=RULE))
    assert branch.stop is Stop.FAILED
    assert branch.error
    assert run.ledger.usage.wasted == branch.tokens_sampled == 2


def test_a_dead_engine_is_an_error_of_the_run() -> None:
    class Dead(ScriptedEngine):
        def poll(self, timeout: float) -> list[object]:
            raise EngineFailed("gone")

    run = Run(Dead(babble))
    with pytest.raises(EngineFailed):
        finish(run.extend(branches(2), stop=RULE))
    assert not run.engine.running


def test_branches_may_bring_their_own_sampling() -> None:
    seen = {}

    def script(request: object) -> str:
        seen[request.sampling.temperature] = True
        return " a"

    warm = replace(branches(1)[0], meta={"sampling": replace(_sampling(), temperature=1.1)})
    finish(Run(ScriptedEngine(script)).extend([warm, *branches(1)], stop=RULE))
    assert set(seen) == {1.1, _sampling().temperature}


def _sampling() -> object:
    from ttc_cli.core.sampling import Sampling

    return Sampling()


def test_numbers_arrive_one_a_token() -> None:
    outputs = Outputs(logprobs=True, confidence=True, certainty=True, hidden="end")
    _, (branch,) = finish(Run(engine()).extend(branches(1), stop=RULE, outputs=outputs))
    n = branch.tokens_sampled
    step = branch.steps[-1]
    assert len(step.logprobs) == len(step.confidences) == len(step.certainties) == n
    assert len(step.hidden) == 1


class Shelf(dict):
    """A pool in memory."""

    def put(self, key: str, branch: Branch) -> None:
        self[key] = branch


def test_a_pool_draws_only_what_is_new() -> None:
    pool = Shelf()
    _, first = finish(Run(engine(), pool=pool).extend(branches(3), stop=RULE))
    run = Run(engine(), pool=pool)
    events, second = finish(run.extend(branches(5), stop=RULE))
    assert run.reused == 3
    for branch in first:
        again = by_id(second)[branch.id]
        assert (again.text, again.stop, again.steps) == (branch.text, branch.stop, branch.steps)
    new = sum(by_id(second)[(i,)].tokens_sampled for i in (3, 4))
    assert run.ledger.spent == new, "what the pool had costs nothing"
    assert sum(isinstance(e, Close) for e in events) == 5
