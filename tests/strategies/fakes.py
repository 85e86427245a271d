"""Verifiers of a few lines, and what drives a strategy with them on the scripted engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flow import finish

from ttc_cli.core.branch import Branch, Prompt
from ttc_cli.core.events import Event, Flow
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.outcome import Form, Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Outputs, StopRule
from ttc_cli.core.verify import Graded
from ttc_cli.engine.scripted import Script, ScriptedEngine
from ttc_cli.strategies import registry


@dataclass
class Fake:
    """Grades a branch by a function of its text.

    `talks` makes it sample as many tokens a branch, as judges that give reasons do.
    """

    judge: Callable[[str], Graded]
    gate: bool = False
    talks: int = 0
    name: str = "fake"
    outputs: Outputs = Outputs()
    needs: tuple[str, ...] = ()
    batches: list[int] = field(default_factory=list)

    def __call__(
        self, run: Run, branches: Sequence[Branch], question: Question
    ) -> Flow[list[Graded]]:
        self.batches.append(len(branches))
        if self.talks:
            yield from run.extend(
                [branch.fork(0) for branch in branches],
                stop=StopRule(self.talks),
                ledger=run.ledger.child(verifier=True),
            )
        return [self.judge(branch.text) for branch in branches]


def scores(table: dict[str, float | None], gate: bool = False, talks: int = 0) -> Fake:
    """Grades by the first of the table's keys that a text holds; 0 without any."""

    def judge(text: str) -> Graded:
        for key, score in table.items():
            if key in text:
                return Graded(score, "" if score else f"{key} will not do")
        return Graded(0.0, "none of them")

    return Fake(judge, gate, talks)


def ask(task: str = "math", form: Form | None = None) -> Question:
    """A question whose next turns show what was said in their prompts."""
    prompt = Prompt((("What is 3 + 4?", True),))

    def follow(reply: str, said: str) -> Prompt:
        return Prompt((*prompt.pieces, (f"\n[reply: {reply}]", False), (f"\n[said: {said}]", True)))

    kind = {"math": "number"}.get(task)
    return Question("What is 3 + 4?", task, kind, lambda v, t: prompt, follow, form=form)


def plan(samples: int = 8, **more: Any) -> Plan:
    """A plan of few tokens, for strategies that a verifier drives."""
    return Plan("best-of-n", "high", samples, branch_tokens=80, **more)


def solve(
    name: str,
    script: Script,
    plan: Plan,
    task: str = "math",
    interrupt_after: int | None = None,
    form: Form | None = None,
    **options: object,
) -> tuple[Outcome, list[Event], Run]:
    """Run a strategy to its end."""
    run = Run(ScriptedEngine(script), ledger=Ledger(plan.budget), clock=lambda: 0.0)
    strategy = registry.find(name)
    flow = strategy.solve(run, ask(task, form), plan, strategy.options(**options))

    def see(events: list[Event]) -> None:
        if len(events) == interrupt_after:
            run.interrupt()

    events, outcome = finish(flow, see)
    assert not run.engine.poll(0)  # nothing is left running
    return outcome, events, run
