"""Best-of-N: draw many, let a verifier choose (Cobbe et al. 2021, arXiv 2110.14168).

Either the best-scored sample wins, or classes of equal answers vote with their scores as weights
(Li et al. 2022, arXiv 2206.02336), which forgives a verifier that errs on single samples. Without
a verifier the weights are the model's own confidences. An imperfect score can be overdone: past
some N the best-scored sample is the one that fools the verifier (about 400 in Cobbe's).
"""

from __future__ import annotations

from dataclasses import dataclass

from ttc_cli.core.branch import Branch
from ttc_cli.core.events import Flow
from ttc_cli.core.options import option
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.drawing import replies
from ttc_cli.programs.report import report
from ttc_cli.voting.adaptive import GIVE_UP, StepScorePruner
from ttc_cli.voting.ballot import Ballot
from ttc_cli.voting.evidence import evidence
from ttc_cli.voting.fields import FIELDS_HELP, by_field
from ttc_cli.voting.grading import Grades, wanted
from ttc_cli.voting.likelihood import read
from ttc_cli.voting.mixed import sample

SCHEMA = True
WAVE = 4  # samples drawn before a gate is first asked; then as many again as there are, and so on
UNVERIFIED = "no verifier (-V): chosen by the evidence of the samples themselves"


@dataclass(frozen=True, slots=True)
class Options:
    """Options of best-of-n."""

    choose: str = option(  # prose and code have no classes and always take the best
        "vote", "argmax: the best-scored sample; vote: answers vote, weighed by score",
        words=("argmax", "vote"),
    )  # fmt: skip
    give_up: float = option(0.0, GIVE_UP, below=1)
    fields: bool = option(False, FIELDS_HELP)


def solve(run: Run, question: Question, plan: Plan, options: Options) -> Flow[Outcome]:
    """Draw, grade, choose. A gate ends the drawing as soon as it lets one sample through."""
    outputs, grades = wanted(run, plan), Grades(plan, question)
    pruner = StepScorePruner(options.give_up, plan) if options.give_up else None
    known = evidence(run.engine.info.name, question, plan)
    ballot = Ballot(question, known if plan.verifier is None else grades.weigh)
    waves = plan.early_stop and plan.verifier is not None and plan.verifier.gate
    done: list[Branch] = []
    while len(done) < plan.samples and not any(map(grades.passed, done)):
        more = min(plan.samples - len(done), max(WAVE, len(done)) if waves else plan.samples)
        drawn = yield from replies.grow(
            run, [sample(run, question, plan, len(done) + i) for i in range(more)], question, plan,
            sampling=plan.sampled if plan.samples > 1 else plan.greedy, outputs=outputs,
            draw=pruner,
        )  # fmt: skip
        done += drawn
        yield from grades.take(run, [one for one in drawn if replies.usable(one, question)])
        done = yield from read(run, question, plan, done)
        ballot.learn(done)
        if question.votable:
            yield ballot.event()
        if run.spent:
            break
    whole = [b for b in done if replies.usable(b, question)]
    if not whole:
        return (yield from replies.longest(run, done, question))
    early = any(map(grades.passed, done)) and len(done) < plan.samples
    best = grades.best(whole, ballot, vote=options.choose == "vote")
    mine = ballot.class_of(best)
    share, alike = (ballot.share(mine), ballot.members(mine)) if mine else (None, [])
    outcome = Outcome(
        best, mine.answer if mine else None, ballot.votes, share if len(done) > 1 else None,
        "confident" if early else replies.cut_by(run, done, "complete"), tuple(done),
        grades.report if plan.verifier else UNVERIFIED, program=report(done, alike),
    )  # fmt: skip
    return by_field(outcome, question.form) if options.fields else outcome
