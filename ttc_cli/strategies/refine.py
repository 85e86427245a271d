"""Refine: draft, check, revise with what the check said, until it is accepted (Self-Refine, Madaan
et al. 2023, arXiv 2303.17651; with results of tests: Chen et al. 2023, arXiv 2304.05128).

A revision that scores worse is dropped; the next one starts from the best version, or from the
best-scored step of all versions, as in best-first search. Without a verifier the model criticises
itself, which makes small models worse as often as better (Huang et al. 2023, arXiv 2310.01798).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ttc_cli.core.branch import Branch
from ttc_cli.core.errors import ContextOverflow
from ttc_cli.core.events import Flow
from ttc_cli.core.options import option
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.drawing import replies
from ttc_cli.prompts.message import revision
from ttc_cli.stepwise.tree import Node, live, points
from ttc_cli.voting.grading import Grades, wanted

VOTES, SCHEMA = False, True
ALONE = "no verifier (-V): the model criticised itself, which may make an answer worse"


@dataclass(frozen=True, slots=True)
class Options:
    """Options of refine."""

    rounds: int = option(0, "most revisions; 0: one less than samples (3 at medium)")
    accept: float = option(
        0.9, "score from which a version is accepted; gates say 1 or 0", above=0, most=1
    )


def solve(run: Run, question: Question, plan: Plan, options: Options) -> Flow[Outcome]:
    """Draft, then go back or revise; returns the best version, the later one of equals."""
    outputs, grades = wanted(run, plan), Grades(plan, question)
    frontier, done = list[Node](), list[Branch]()

    def draw(branch: Branch) -> Flow[Branch]:
        how = plan.sampled if done else plan.greedy
        new = [replies.opened(branch, question, plan)]
        (drawn,) = yield from replies.grow(run, new, question, plan, sampling=how, outputs=outputs)
        drawn = yield from replies.close(run, drawn, question)
        done.append(drawn)
        if replies.ended(drawn):
            yield from grades.take(run, [drawn])
            if question.form is None and "continue" in run.engine.info.capabilities:
                found = points(drawn, grades.steps(drawn), len(branch.text))
                frontier[:] = live([*frontier, *(node for node in found if node.score != 0)])
        return drawn

    best = yield from draw(Branch((0,), question.render(0, False)))
    accepted = stuck = False
    for number in range(options.rounds or plan.samples - 1):
        accepted = (grades.score(best) or 0) >= options.accept
        if accepted or stuck or run.spent or not replies.ended(best):
            break
        if back := frontier.pop(0) if frontier else None:
            begun = back.branch.fork(number)
        else:  # written anew, after the best one and what is wrong with it
            said = question.follow(replies.reply(best)[1], revision(grades.note(best)))
            begun = Branch((*best.id, number), said)
        try:
            revised = yield from draw(begun)
        except ContextOverflow:
            break  # the conversation has grown to the brim: what there is must do
        stuck = not back and replies.unchanged(revised, best, question)
        made_up = replies.filled(revised) and not replies.filled(best)
        if replies.ended(revised) and not made_up and not grades.worse(revised, best):
            best = revised
    outcome = replies.single(run, best, question)
    early = outcome.stopped == "complete" and accepted and len(done) < plan.samples
    return replace(
        outcome, stopped="confident" if early else replies.cut_by(run, done, outcome.stopped),
        branches=tuple(done), note=grades.report if plan.verifier else ALONE,
    )  # fmt: skip
