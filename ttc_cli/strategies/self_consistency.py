"""Self-consistency (Wang et al. 2022, arXiv 2203.11171), adaptive between and inside samples.

Samples vote by equivalence class of their short answers. Drawing stops once the samples left
would add too little (see `stopping`), and what is still being written then is culled at once.
No more branches are under way than will be needed even if all agree, so the engine stays as full
as it can without overdrawing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from ttc_cli.core.branch import Branch
from ttc_cli.core.events import Close, Event, Flow, Note, watch
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.drawing import drafts
from ttc_cli.drawing.mending import mend
from ttc_cli.drawing.replies import cut_by, grow
from ttc_cli.programs.report import report
from ttc_cli.voting.adaptive import Options, Voting
from ttc_cli.voting.ballot import Ballot
from ttc_cli.voting.evidence import evidence
from ttc_cli.voting.fields import by_field
from ttc_cli.voting.grading import wanted
from ttc_cli.voting.mixed import MixedVote

__all__ = ["Options", "solve"]
SCHEMA = True


def solve(run: Run, question: Question, plan: Plan, options: Options) -> Flow[Outcome]:
    """Draw, count and stop; returns the winning class's most confident branch."""
    if not question.votable:
        return (yield from drafts.draw(run, question, plan))
    known = evidence(run.engine.info.name, question, plan)
    ballot = Ballot(question, known if plan.early_stop or plan.kinds != "plain" else len)
    draw: Voting | MixedVote
    if plan.kinds == "plain":
        draw = Voting(run, ballot, question, plan, options)
    else:
        draw = MixedVote(run, ballot, question, plan)
    outputs = wanted(run, plan) if options.give_up else plan.outputs

    told = 0  # branches that the last event about the vote counted

    def react(event: Event) -> Iterator[Event]:
        nonlocal told
        while draw.notes:
            yield Note(draw.notes.pop(0))
        if isinstance(event, Close):
            ballot.take(draw.done)
            told = len(ballot.seen)
            yield ballot.event()

    again = partial(grow, run, question=question, plan=plan, sampling=plan.sampled, outputs=outputs)

    def drawn(begun: Sequence[Branch]) -> Flow[list[Branch]]:
        done = yield from watch(again(begun, draw=draw), react)
        return (yield from mend(run, question, done, again)) if options.mend else done

    done = yield from draw.draw(drawn)
    ballot.learn(done)
    if len(ballot.seen) > told:
        yield ballot.event()
    if not ballot.votes:
        return (yield from drafts.unvoted(run, question, done))
    decided = draw.decided and not run.late and ballot.settled
    why = "vote-decided" if len(done) > 1 else "confident"
    outcome = Outcome(
        ballot.winner(), ballot.votes[0].answer, ballot.votes,
        ballot.agreement if len(done) > 1 else None,
        why if decided else cut_by(run, done, "complete"), tuple(done),
        program=report(done, ballot.winners),
    )  # fmt: skip
    return by_field(outcome, question.form) if options.fields else outcome
