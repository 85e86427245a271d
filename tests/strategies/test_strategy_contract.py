"""One contract for every strategy, on the scripted engine."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from fakes import Fake

from ttc_cli.core.branch import Prompt
from ttc_cli.core.engine import Request
from ttc_cli.core.events import Event, Note, Open
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.core.verify import Graded
from ttc_cli.engine.scripted import Line, Script, ScriptedEngine, from_choices, split
from ttc_cli.strategies import registry

SEARCHES = ("beam", "dvts", "best-first", "mcts", "particle")
ANSWERS = (
    "Let us see. 3 + 4 = 7, so the answer is \\boxed{7}.",
    "We add them up and get \\boxed{7}.",
    "First, three. Then four more. That makes \\boxed{8}.",
    "<think>\nthree and four\n</think>\n\n\\boxed{7}",
    "It is hard to say, and it takes many words to say so: " + "well, " * 30 + "\\boxed{12}.",
)
NAMES = list(registry.BUILTIN)


def question(task: str = "math") -> Question:
    prompt = Prompt((("What is 3 + 4?", True),))

    def follow(reply: str, said: str) -> Prompt:
        return Prompt((*prompt.pieces, (reply, True), (said, False)))

    kind = {"math": "number"}.get(task)
    return Question("What is 3 + 4?", task, kind, lambda v, t: prompt, follow)


def plan(name: str, *, samples: int = 8, budget: int | None = None, **more: Any) -> Plan:
    if name in SEARCHES:  # by length: any order of steps will do
        more.setdefault("verifier", Fake(lambda text: Graded(len(text) % 10 / 10)))
    return Plan(name, "high", samples, branch_tokens=80, budget=budget, **more)


def solve(
    name: str,
    engine: ScriptedEngine,
    chosen: Plan,
    *,
    seed: int = 0,
    task: str = "math",
    stop_after: int | None = None,
    interrupt_after: int | None = None,
) -> tuple[Outcome | None, list[Event], Run]:
    run = Run(engine, ledger=Ledger(chosen.budget), seed=seed, clock=lambda: 0.0)
    strategy = registry.find(name)
    flow = strategy.solve(run, question(task), chosen, strategy.options())
    events: list[Event] = []
    while True:
        if stop_after is not None and len(events) == stop_after:
            flow.close()
            return None, events, run
        if interrupt_after is not None and len(events) == interrupt_after:
            run.interrupt()
        try:
            events.append(next(flow))
        except StopIteration as end:
            return end.value, events, run


def idle(engine: ScriptedEngine) -> bool:
    return not engine.poll(0)


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
    rng = random.Random(7)
    for _ in range(200):
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
    for at in range(len(events)):
        engine = ScriptedEngine(from_choices(ANSWERS))
        solve(name, engine, plan(name), stop_after=at)
        assert idle(engine)


def test_interrupt_at_any_event_gives_the_best_so_far(name: str) -> None:
    _, events, _ = solve(name, ScriptedEngine(from_choices(ANSWERS)), plan(name))
    for at in range(1, len(events)):
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


def counted(script: Script) -> tuple[Script, Callable[[], int]]:
    seen: list[Request] = []

    def wrapped(request: Request) -> Line | str:
        seen.append(request)
        return script(request)

    return wrapped, lambda: len(seen)


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


def test_thought_budget_closes_the_thought_and_answers() -> None:
    def script(request: Request) -> str:
        said = "".join(step.text for step in request.prefix)
        return "so it is \\boxed{7}." if "</think>" in said else "hmm " * 60 + "</think> \\boxed{9}"

    chosen = plan("think", thinking_budget=12)
    outcome, _, run = solve("think", ScriptedEngine(script), chosen)
    assert outcome is not None
    assert outcome.answer == "7"
    assert run.ledger.usage.sampled <= 12 + 10


def test_wait_makes_it_think_longer() -> None:
    lines = iter(["short </think> \\boxed{1}", " longer thought </think>", "\\boxed{2}"])
    strategy = registry.find("think")
    run = Run(ScriptedEngine(lambda request: next(lines)), ledger=Ledger(None))
    flow = strategy.solve(run, question(), plan("think"), strategy.options(waits=1))
    try:
        while True:
            next(flow)
    except StopIteration as end:
        outcome: Outcome = end.value
    assert outcome.branch is not None
    assert "\nWait longer thought" in outcome.branch.text
    assert outcome.answer == "2"


def escalated(texts: list[str], **more: Any) -> tuple[Outcome, int]:
    """What an effort that escalates makes of samples with these texts, and how many it drew."""
    script, drawn = counted(lambda request: next(lines))
    lines = iter([*texts, *[texts[-1]] * 20])
    engine = ScriptedEngine(script, width=1)
    chosen = Plan("self-consistency", "auto", 16, branch_tokens=80, **more)
    outcome, _, _ = solve("self-consistency", engine, chosen)
    assert outcome is not None
    return outcome, drawn()


def test_escalation_stops_at_a_first_sample_that_is_sure() -> None:
    outcome, drawn = escalated(["\\boxed{7}"])
    assert (drawn, outcome.answer, outcome.stopped) == (1, "7", "confident")
    assert outcome.agreement is None


def test_escalation_draws_a_second_when_the_first_hesitates_or_has_no_answer() -> None:
    long = "well, " * 40 + "\\boxed{7}"
    outcome, drawn = escalated([long])
    assert (drawn, outcome.answer, outcome.stopped) == (2, "7", "vote-decided")
    assert outcome.agreement == 1.0
    outcome, drawn = escalated(["who knows", "\\boxed{7}"])
    assert drawn > 2
    assert outcome.answer == "7"


def test_escalation_goes_on_while_samples_disagree_and_never_past_its_cap() -> None:
    several = [f"{'well, ' * 40}\\boxed{{{n}}}" for n in range(20)]
    _, two = escalated([several[0], several[0]])
    _, more = escalated([several[0], several[1], several[0]])
    outcome, all_ = escalated(several)
    assert two < more < all_ == 16
    assert outcome.answer is not None


def test_escalation_says_each_time_it_doubles_and_why() -> None:
    several = [f"{'well, ' * 40}\\boxed{{{n}}}" for n in range(20)]

    def told(texts: list[str]) -> list[str]:
        lines = iter([*texts, *[texts[-1]] * 20])
        engine = ScriptedEngine(lambda request: next(lines), width=1)
        chosen = Plan("self-consistency", "auto", 16, branch_tokens=80)
        _, events, _ = solve("self-consistency", engine, chosen)
        return [event.message for event in events if isinstance(event, Note)]

    assert told(["\\boxed{7}"]) == []
    (only,) = told([several[0], several[0]])
    assert re.fullmatch(
        r"escalating from 1 to 2: the first sample is not sure \(hesitation \d+\.\d, 3 settles\)",
        only,
    )
    first, second, *more = told(several)
    assert first == only
    assert second.startswith("escalating from 2 to ")
    assert second.endswith(": samples disagree (0 ×1, 1 ×1)")
    assert [line.split()[2] for line in more] == ["4", "8"]
    assert told(["who knows", several[0]])[0].endswith(": the first sample has no short answer")


def test_escalation_reuses_what_a_fixed_effort_would_draw() -> None:
    def opened(effort: str) -> list[Any]:
        chosen = Plan("self-consistency", effort, 16, branch_tokens=80)
        _, events, _ = solve("self-consistency", ScriptedEngine(from_choices(ANSWERS)), chosen)
        return [event.branch for event in events if isinstance(event, Open)]

    many = opened("high")
    few = opened("auto")
    assert set(few) <= set(many)


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
