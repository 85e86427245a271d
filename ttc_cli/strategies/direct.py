"""One plain answer: the baseline that all other strategies are priced against."""

from __future__ import annotations

from ttc_cli.core.branch import Branch
from ttc_cli.core.events import Flow
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import StopRule, Want
from ttc_cli.strategies.common import CLOSING_SECONDS, NoOptions, close, hold_back, single

Options = NoOptions


def solve(run: Run, question: Question, plan: Plan, options: NoOptions) -> Flow[Outcome]:
    """Draw one branch; when it is cut off, make it answer with what was held back."""
    (branch,) = yield from run.extend(
        [Branch((0,), question.render(0, False))],
        stop=StopRule(plan.branch_tokens),
        sampling=plan.greedy,
        want=Want(confidence=True),
        ledger=run.ledger.child(hold_back(run, question)),
        reserve=CLOSING_SECONDS if question.votable else 0.0,
    )
    branch = yield from close(run, branch, question)
    return single(run, branch, question)
