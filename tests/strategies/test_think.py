"""Thinking longer, and no longer than was allowed."""

from __future__ import annotations

from contract import plan, question, solve

from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.events import end_of
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.run import Run
from ttc_cli.engine.scripted import ScriptedEngine
from ttc_cli.strategies import registry


def test_thought_budget_closes_the_thought_and_answers() -> None:
    def script(request: BranchRequest) -> str:
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
    outcome = end_of(flow)
    assert outcome.branch is not None
    assert "\nWait longer thought" in outcome.branch.text
    assert outcome.answer == "2"


def test_one_that_says_nothing_after_its_thought_is_made_to_answer() -> None:
    def script(request: BranchRequest) -> str:
        said = "".join(step.text for step in request.prefix)
        if "boxed{" in said:
            return "7}."
        return "" if "</think>" in said else "3 and 4 are 7."

    outcome, _, _ = solve("think", ScriptedEngine(script), plan("think"))
    assert outcome is not None
    assert outcome.answer == "7"
