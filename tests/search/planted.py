"""Random trees with one planted best path, for searches on the scripted engine."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flow import finish

from ttc_cli.core.branch import Branch, Prompt
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.events import Event, Flow
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Outputs, branch_seed, uniform
from ttc_cli.core.verify import Graded
from ttc_cli.engine.scripted import Line, ScriptedEngine, split
from ttc_cli.strategies import registry

PROMPT = Prompt((("Find the way.", True),))
QUESTION = Question("Find the way.", "math", "number", lambda variant, think: PROMPT)


@dataclass(frozen=True)
class Wood:
    """Where each step has `width` ways and the right one is taken with chance `luck`."""

    seed: int
    depth: int = 4
    width: int = 3
    luck: float = 0.45
    noise: float = 0.1
    loops: float = 0.0

    def right(self, depth: int) -> int:
        return int(uniform(self.seed, depth) * self.width)

    def path(self, text: str) -> list[int]:
        """The ways that a reply took."""
        return [int(way) for way in re.findall(r"the way (\d+)\n\n", text)]

    def script(self, request: BranchRequest) -> Line:
        said = "".join(step.text for step in request.prefix)
        if said.endswith("\\boxed{"):  # made to answer
            return Line(("13", "}."))
        begun = said.rpartition("\n\n")[2]  # a step that was cut is gone on with
        whole = said.removesuffix(begun)
        out = ""
        for depth in range(len(self.path(whole)), self.depth):
            if uniform(request.seed, 2 * depth) < self.luck:
                way = self.right(depth)
            else:
                way = int(uniform(request.seed, 2 * depth + 1) * self.width)
            out += f"At fork number {depth} we take the way {way}\n\n"
        if known := re.search(r"the way (\d+)$", begun):
            out = re.sub(r"the way \d+", known[0], out, count=1)
        answer = self.answer(self.path(whole + out))
        return Line(split(f"{out}So the answer is \\boxed{{{answer}}}.".removeprefix(begun)))

    def answer(self, path: Sequence[int]) -> int:
        return sum(way * self.width**i for i, way in enumerate(path))

    @property
    def best(self) -> str:
        return str(self.answer([self.right(d) for d in range(self.depth)]))

    def engine(self) -> ScriptedEngine:
        return ScriptedEngine(self.script)


@dataclass(frozen=True)
class Oracle:
    """Knows how far a line kept to the right path, but for some noise."""

    wood: Wood
    name: str = "oracle"
    gate: bool = False
    outputs: Outputs = field(default_factory=Outputs)
    needs: tuple[str, ...] = ()

    def score(self, branch: Branch) -> float:
        path = self.wood.path(branch.text)
        good = sum(way == self.wood.right(d) for d, way in enumerate(path)) / max(1, len(path))
        noise = uniform(branch_seed(self.wood.seed, branch.id, "noise"), 0) - 0.5
        return min(1.0, max(0.0, good + self.wood.noise * noise))

    def __call__(
        self, run: Run, branches: Sequence[Branch], question: Question
    ) -> Flow[list[Graded]]:
        yield from ()
        return [Graded(self.score(branch)) for branch in branches]


def wood_of(rng: random.Random) -> Wood:
    return Wood(
        rng.randrange(10**6),
        depth=rng.randrange(2, 6),
        width=rng.randrange(2, 5),
        luck=rng.uniform(0.2, 0.6),
        noise=rng.choice([0.0, 0.2, 0.5]),
    )


def plan_of(name: str, wood: Wood, *, samples: int = 8, budget: int | None = None) -> Plan:
    return Plan(name, "high", samples, branch_tokens=200, budget=budget, verifier=Oracle(wood))


def solve(name: str, wood: Wood, plan: Plan, **options: Any) -> tuple[Outcome, list[Event], Run]:
    run = Run(wood.engine(), ledger=Ledger(plan.budget), seed=wood.seed, clock=lambda: 0.0)
    strategy = registry.find(name)
    flow = strategy.solve(run, QUESTION, plan, strategy.options(**options))
    events, outcome = finish(flow)
    assert not run.engine.poll(0), "something is still under way"
    return outcome, events, run


def best_of_n(wood: Wood, budget: int) -> bool:
    """Whether whole lines drawn for so many tokens, judged by the oracle, hold the best path."""
    engine, oracle, spent, best = wood.engine(), Oracle(wood), 0, (-1.0, "")
    for number in range(10**6):
        request = BranchRequest(0, PROMPT, None, seed=branch_seed(wood.seed, (number,)))  # type: ignore[arg-type]
        text = "".join(wood.script(request).tokens)
        spent += len(split(text)) + 1
        if spent > budget:
            break
        score = oracle.score(Branch((number,), PROMPT, (_step(text),)))
        best = max(best, (score, text))
    del engine
    return f"{{{wood.best}}}" in best[1]


def _step(text: str) -> Any:
    from ttc_cli.core.branch import Step

    return Step(text)
