"""One program whose value is the answer (PAL, Gao et al. 2022, arXiv 2211.10435).

A program that fails is a failed sample: a plain reply follows, unless only programs are wanted.
With more samples, programs vote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ttc_cli.core.branch import Branch
from ttc_cli.core.events import Flow, Note
from ttc_cli.core.options import option
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.programs import ran
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import GREEDY
from ttc_cli.drawing.replies import cut_by, grow
from ttc_cli.programs.report import report
from ttc_cli.strategies import self_consistency
from ttc_cli.strategies.direct import plain
from ttc_cli.voting.mixed import sample

AGAIN = 2  # programs drawn after one that failed where no plain reply may follow


@dataclass(frozen=True, slots=True)
class Options:
    """Options of program."""

    repairs: int = option(0, "programs drawn anew, with the error told, when one fails")


def solve(run: Run, question: Question, plan: Plan, options: Options) -> Flow[Outcome]:
    """Write a program, run it, and answer with what it returns."""
    if not question.programs or run.programs is None:
        yield Note("no program can be run for this question: a plain reply instead")
        return (yield from plain(run, question, plan))
    only = replace(plan, kinds="programs")
    if plan.samples > 1 and not options.repairs:
        # One of each prompt: the second where the first is doubted.
        only = replace(only, effort="low") if plan.samples == len(question.programs) else only
        outcome = yield from self_consistency.solve(run, question, only, self_consistency.Options())
        error = _error(outcome.branches)
    else:
        more = max(options.repairs, AGAIN if plan.kinds == "programs" else 0)
        outcome, error = yield from _repaired(run, question, only, more)
    if outcome.answer or plan.kinds == "programs" or run.spent:
        return outcome
    yield Note(f"the program failed ({error}): a plain reply follows")
    reply = yield from plain(run, question, plan, len(outcome.branches))
    branches = (*outcome.branches, *reply.branches)
    return replace(reply, branches=branches, program=report(outcome.branches, []))


def _repaired(run: Run, question: Question, plan: Plan, more: int) -> Flow[tuple[Outcome, str]]:
    """One program, and others that are told the error while they fail; the last error."""
    done: list[Branch] = []
    error = ""
    while len(done) <= more and not run.spent:
        comments = f"An earlier version failed: {error}" if error else ""
        draft = sample(run, question, plan, len(done), comments=comments)
        done += yield from grow(run, [draft], question, plan, sampling=GREEDY)
        error = _error(done)
        if not error:
            break
    answer = (found.answer if (found := ran(done[-1])) else None) if done and not error else None
    why, evidence = cut_by(run, done, "complete"), report(done, done[-1:] if answer else [])
    chosen = done[-1] if answer else None
    return Outcome(chosen, answer, (), None, why, tuple(done), program=evidence), error


def _error(done: Sequence[Branch]) -> str:
    """Why the last program has no answer; empty where it has one."""
    found = ran(done[-1]) if done else None
    return "it came to no end" if found is None else found.error
