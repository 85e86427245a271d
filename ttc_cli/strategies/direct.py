"""One plain answer: the baseline that all other strategies are priced against."""

from __future__ import annotations

from ttc_cli.core.branch import Branch
from ttc_cli.core.events import Flow
from ttc_cli.core.options import NoOptions
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.drawing.replies import close, grow, opened, single
from ttc_cli.voting.likelihood import read

STREAMS, VOTES, SCHEMA = True, False, True


def solve(run: Run, question: Question, plan: Plan, options: NoOptions) -> Flow[Outcome]:
    """Draw one branch; when it is cut off, make it answer with what was held back."""
    return (yield from plain(run, question, plan))


def plain(run: Run, question: Question, plan: Plan, number: int = 0) -> Flow[Outcome]:
    """The one plain answer, as the branch of that number."""
    draft = opened(Branch((number,), question.render(0, False)), question, plan)
    (branch,) = yield from grow(run, [draft], question, plan, sampling=plan.greedy)
    branch = yield from close(run, branch, question)
    (branch,) = yield from read(run, question, plan, [branch])
    return single(run, branch, question)
