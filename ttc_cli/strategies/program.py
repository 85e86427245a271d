"""One program whose value is the answer (PAL, Gao et al. 2022, arXiv 2211.10435).

A program that fails is a failed sample: a plain reply follows, unless only programs are wanted.
With more samples, programs vote.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ttc_cli.core.branch import Branch
from ttc_cli.core.events import Flow, Note
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.programs import ran
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import GREEDY
from ttc_cli.drawing.replies import cut_by, grow
from ttc_cli.programs.report import report
from ttc_cli.strategies import self_consistency
from ttc_cli.strategies.direct import plain
from ttc_cli.voting.mixed import sample

AGAIN = 2
"""Programs drawn after one that failed where no plain reply may follow."""


@dataclass(frozen=True, slots=True)
class Options:
    """Options of program."""

    repairs: int = field(
        default=0, metadata={"help": "programs drawn anew, with the error told, when one fails"}
    )


def solve(run: Run, question: Question, plan: Plan, options: Options) -> Flow[Outcome]:
    """Write a program, run it, and answer with what it returns."""
    if not question.programs or run.programs is None:
        yield Note("no program can be run for this question: a plain reply instead")
        return (yield from plain(run, question, plan))
    only = replace(plan, kinds="programs")
    if plan.samples > 1:
        return (yield from self_consistency.solve(run, question, only, self_consistency.Options()))
    done: list[Branch] = []
    error = ""
    most = max(options.repairs, AGAIN if plan.kinds == "programs" else 0)
    while len(done) <= most and not run.spent:
        comments = f"An earlier version failed: {error}" if error else ""
        draft = sample(run, question, only, len(done), comments=comments)
        done += yield from grow(run, [draft], question, plan, sampling=GREEDY)
        found = ran(done[-1])
        if found is not None and found.answer:
            answer, why = found.answer, cut_by(run, done, "complete")
            evidence = report(done, done[-1:])
            return Outcome(done[-1], answer, (), None, why, tuple(done), program=evidence)
        error = found.error if found is not None else "it came to no end"
    outcome = Outcome(None, stopped=cut_by(run, done, "complete"))
    if plan.kinds != "programs" and not run.spent:
        yield Note(f"the program failed ({error}): a plain reply follows")
        outcome = yield from plain(run, question, plan, len(done))
    return replace(outcome, branches=(*done, *outcome.branches), program=report(done, []))
