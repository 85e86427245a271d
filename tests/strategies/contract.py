"""What the contract of strategies is checked with: a question, plans, and how they are run."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from fakes import Fake

from ttc_cli.core.branch import Prompt
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.events import Event
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.core.verify import Graded
from ttc_cli.engine.scripted import Line, Script, ScriptedEngine
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


def moments(events: list[Event], most: int = 20) -> list[int]:
    """Places among events, all but the first event's: one of each kind of event, others at random.

    Every run of the tests looks at others; pytest-randomly's seed brings them back.
    """
    kinds = {type(event): at for at, event in enumerate(events)}.values()
    others = random.sample(range(1, len(events)), min(most, len(events) - 1))
    return sorted({*kinds, *others} - {0})


def idle(engine: ScriptedEngine) -> bool:
    return not engine.poll(0)


def counted(script: Script) -> tuple[Script, Callable[[], int]]:
    seen: list[BranchRequest] = []

    def wrapped(request: BranchRequest) -> Line | str:
        seen.append(request)
        return script(request)

    return wrapped, lambda: len(seen)
