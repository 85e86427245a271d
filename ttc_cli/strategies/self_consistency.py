"""Self-consistency (Wang et al. 2022, arXiv 2203.11171), adaptive between and inside samples.

Samples vote by equivalence class of their short answers. Drawing stops once the lead is safe
(the Beta criterion, or nothing left that could overturn it), and what is still being written
then is culled at once. Never more branches are under way than could still be needed, so the
engine stays as full as it can without overdrawing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ttc_cli.answers import medoid
from ttc_cli.core.branch import Branch, BranchId
from ttc_cli.core.events import Close, Event, Flow, watch
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Stop, StopRule, Want
from ttc_cli.strategies.ballot import Ballot
from ttc_cli.strategies.common import CLOSING_SECONDS, close, hold_back, reply
from ttc_cli.strategies.stopping import lead_probability, unbeatable, votes_needed

LADDER = (0.5, 0.7, 0.9, 1.1)
"""Temperatures of `--diverse`, in turn."""


@dataclass(frozen=True, slots=True)
class Options:
    """Options of self-consistency."""

    confidence: float = field(
        default=0.95, metadata={"help": "stop once the lead is this safe (Beta criterion)"}
    )


def solve(run: Run, question: Question, plan: Plan, options: Options) -> Flow[Outcome]:
    """Draw, count and stop; returns the winning class's most confident branch."""
    ballot = Ballot(question)
    draw = Voting(ballot, question, plan, options.confidence)

    def react(event: Event) -> Iterator[Event]:
        if isinstance(event, Close) and question.votable:
            ballot.take(draw.done)
            yield ballot.event()

    done = yield from watch(
        run.extend(
            [],
            stop=StopRule(plan.branch_tokens),
            sampling=plan.sampled,
            want=Want(confidence=True),
            draw=draw,
            ledger=run.ledger.child(hold_back(run, question)),
            reserve=CLOSING_SECONDS,
        ),
        react,
    )
    ballot.take(done)
    if not ballot.votes:
        return (yield from _without_votes(run, question, done))
    stopped = "complete"
    if run.late:
        stopped = "interrupted" if run.interrupted else "seconds"
    elif draw.decided:
        stopped = "vote-decided"
    elif any(branch.stop is Stop.BUDGET for branch in done):
        stopped = "tokens"
    elif any(branch.stop is Stop.TIME for branch in done):
        stopped = "seconds"
    return Outcome(
        ballot.winner(), ballot.votes[0].answer, ballot.votes, ballot.agreement, stopped,
        tuple(done),
    )


class Voting:
    """The drawing policy: pure decisions on what is live and what is done."""

    def __init__(self, ballot: Ballot, question: Question, plan: Plan, confidence: float) -> None:
        self._ballot = ballot
        self._question = question
        self._plan = plan
        self._confidence = confidence
        self._started = 0
        self.done: Sequence[Branch] = []
        self.decided = False

    def more(self, live: Sequence[Branch], done: Sequence[Branch]) -> Iterable[Branch]:
        """As many as could still be needed if all of them agreed with the leader."""
        if self.decided:
            return
        left = self._plan.samples - self._started
        want = left
        if self._plan.early_stop and self._question.votable:
            first, second = self._ballot.lead
            needed = votes_needed(int(first), int(second), self._confidence, self._plan.samples)
            want = max(0, needed - len(live))
        for _ in range(min(want, left)):
            yield self._branch(self._started)
            self._started += 1

    def cull(self, live: Sequence[Branch], done: Sequence[Branch]) -> Collection[BranchId]:
        """Everything live, once the vote is decided."""
        if len(done) > len(self.done):
            self.done = list(done)
            self._ballot.take(done)
            self.decided = self.decided or self._settled(len(live))
        return [branch.id for branch in live] if self.decided else ()

    def _settled(self, live: int) -> bool:
        if not self._plan.early_stop or not self._ballot.votes:
            return False
        left = self._plan.samples - self._started + live
        if left and unbeatable([v.weight for v in self._ballot.votes], left):
            return True
        return bool(left) and lead_probability(*self._ballot.lead) >= self._confidence

    def _branch(self, number: int) -> Branch:
        if not self._plan.diverse:
            return Branch((number,), self._question.render(0, False))
        warmth = LADDER[number % len(LADDER)]
        sampling = replace(self._plan.sampled, temperature=warmth)
        prompt = self._question.render(number, False)
        return Branch((number,), prompt, meta={"sampling": sampling})


def _without_votes(run: Run, question: Question, done: list[Branch]) -> Flow[Outcome]:
    """No branch has a short answer: the reply most like the others, or a forced answer."""
    whole = [branch for branch in done if branch.stop is not None and branch.stop.whole]
    if whole and not question.votable:
        texts = [reply(branch)[1] for branch in whole]
        return Outcome(
            whole[medoid(texts)],
            branches=tuple(done),
            stopped="interrupted" if run.interrupted else "complete",
            note="no short answer to vote on: this is the reply most like the others",
        )
    started = [branch for branch in done if branch.text.strip()]
    if not started:
        return Outcome(None, branches=tuple(done), stopped=_why(run, done))
    longest = max(started, key=lambda b: (len(b.text), [-i for i in b.id]))
    closed = yield from close(run, longest, question)
    ballot = Ballot(question)
    ballot.take([closed])
    answer = ballot.votes[0].answer if ballot.votes else None
    return Outcome(
        closed,
        answer,
        branches=tuple(done),
        stopped=_why(run, done),
        note="no sample came to its end: the longest was made to answer" if answer else "",
    )


def _why(run: Run, done: list[Branch]) -> str:
    if run.interrupted:
        return "interrupted"
    return "seconds" if any(b.stop is Stop.TIME for b in done) else "tokens"
