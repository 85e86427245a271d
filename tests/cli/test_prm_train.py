"""`ttc prm train` on a scripted model that is right half of the time."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from harness import Ttc

from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.sampling import uniform
from ttc_cli.prm import fit


@pytest.fixture(autouse=True)
def _one_head(monkeypatch: pytest.MonkeyPatch) -> None:
    """How a head is chosen is tried elsewhere."""
    monkeypatch.setattr(fit, "GRID", fit.GRID[:1])


class Solver:
    """Counts what it is asked; each reply has three steps and some thirty words."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, request: BranchRequest) -> str:
        self.asked += 1
        a, b = map(int, re.findall(r"What is (\d+) \+ (\d+)", request.prompt.text)[-1])
        said = "".join(step.text for step in request.prefix)
        off = uniform(request.seed, 1) < 0.5
        steps = [
            f"We take the number {a} first of all.\n\n",
            f"Then we add the number {b} to it.\n\n",
            f"That makes \\boxed{{{a + b + off}}}.",
        ]
        return "".join(steps[said.count("\n\n") :])


def questions(n: int, name: str = "sums.jsonl", *, answers: bool = True, first: int = 0) -> str:
    rows = [
        {"id": f"q{i}", "question": f"What is {i} + {2 * i}?"}
        | ({"answer": f"{3 * i}"} if answers else {})
        for i in range(first, first + n)
    ]
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return name


def train(ttc: Ttc, solver: Solver, data: str, *more: str) -> Any:
    asked = ("prm", "train", "-d", data, "--name", "sums", "--traces", "2", *more)
    return ttc(*asked, "--json", script=solver)


def facts(ttc: Ttc, data: str, *more: str) -> dict[str, Any]:
    ran = train(ttc, Solver(), data, *more)
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_what_was_drawn_is_not_drawn_again(ttc: Ttc) -> None:
    solver = Solver()
    assert train(ttc, solver, questions(12), "--rollouts", "0").code == 0
    assert solver.asked >= 24
    again = Solver()
    assert train(ttc, again, questions(12), "--rollouts", "0").code == 0
    assert again.asked == 0
    more = Solver()
    ran = train(ttc, more, questions(14), "--rollouts", "0")
    assert json.loads(ran.out)["traces"] == 28
    assert "14 of 14 questions" in ran.err
    assert "-" not in ran.err  # minutes that are left


def test_another_way_of_drawing_does_not_mix_in(ttc: Ttc) -> None:
    assert facts(ttc, questions(12), "--rollouts", "0")["traces"] == 24
    assert facts(ttc, questions(12, first=50), "--rollouts", "0")["traces"] == 24
    assert facts(ttc, questions(12), "--rollouts", "0", "--traces", "3")["traces"] == 36
    solver = Solver()
    train(ttc, solver, questions(12), "--rollouts", "0", "--majority")
    assert solver.asked >= 24  # their labels are not those of the references


@pytest.mark.parametrize(("rollouts", "budget"), [("0", 1500), ("2", 600)])
def test_the_budget_is_kept_and_used(ttc: Ttc, rollouts: str, budget: int) -> None:
    data = questions(100)
    more = ("--rollouts", rollouts, "--traces", "1", "--max-tokens", str(budget))
    found = facts(ttc, data, *more)
    assert 0.6 * budget < found["tokens"] <= budget
    told = train(ttc, Solver(), data, *more).err  # it is spent already
    assert not told or int(re.findall(r"(\d+) tokens", told)[-1]) <= budget


def test_a_budget_for_nothing_says_so(ttc: Ttc) -> None:
    solver = Solver()
    ran = train(ttc, solver, questions(12), "--max-tokens", "20")
    assert ran.code == 2
    assert "too few" in ran.err
    assert solver.asked == 0


def test_without_references_the_majority_is_right(ttc: Ttc) -> None:
    data = questions(12, answers=False)
    found = facts(ttc, data, "--rollouts", "0", "--traces", "5")
    assert found["traces"] == 60
    assert 0.5 < found["right"] < 1


def test_too_few_questions_are_refused_before_any_is_drawn(ttc: Ttc) -> None:
    solver = Solver()
    ran = train(ttc, solver, questions(9))
    assert (ran.code, solver.asked) == (2, 0)
    assert ran.err == (
        "ttc: 9 questions of sums.jsonl can be used, which is too few; give at least 10\n"
    )
