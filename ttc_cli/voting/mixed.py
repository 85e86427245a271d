"""The drawing policy of a vote over programs and plain replies: stages, each begun at once.

Two samples of different kinds that agree settle most questions (arXiv 2604.17433). Where they do
not, few more will: the next stage is opened wide, which takes hardly longer than one sample.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from ttc_cli.core.branch import Branch, BranchId
from ttc_cli.core.events import Flow
from ttc_cli.core.outcome import Plan, Question
from ttc_cli.core.programs import GREEDY_PROGRAM, PLAIN, PROGRAM, ran
from ttc_cli.core.run import Run
from ttc_cli.drawing import replies
from ttc_cli.programs.begun import program
from ttc_cli.voting.ballot import Ballot
from ttc_cli.voting.likelihood import read

Stage = tuple[int, float]
"""Samples begun by then, and how likely to be right the leader must be to end there."""
NONE = "none has an answer"
SETTLED = 0.8
"""How likely to be right a leader must be to end in the middle of the first stage."""
ORDER = (GREEDY_PROGRAM, PROGRAM, PLAIN)
"""Kinds in the order they are begun; the last goes on. One program of each prompt and two plain
replies are right on 54.5% of 339 training questions, one program and two plain replies on 53.8%,
at 0.9 times the tokens: docs/evidence.md."""
STAGES: Mapping[str, tuple[Stage, ...]] = {
    "low": ((1, 0.4), (2, 0.0)),
    "auto": ((2, 0.5), (4, 0.0)),
    "medium": ((2, 0.65), (4, 0.0)),
    "high": ((3, 0.7), (5, 0.0)),
    "max": ((6, 0.9), (16, 0.8), (32, 0.7)),
}
"""By effort: what is begun at once, and the bar to end there."""


def stages(effort: str, samples: int) -> list[Stage]:
    """The stages of an effort, up to and at least to a number of samples."""
    kept = [(many, bar) for many, bar in STAGES[effort] if many < samples]
    return [*kept, (samples, kept[-1][1] if kept else 1.0)]  # the rest, by the last bar


def order(samples: int) -> tuple[str, ...]:
    """The kinds of so many samples."""
    return (ORDER + ORDER[-1:] * samples)[:samples]


def sample(run: Run, question: Question, plan: Plan, number: int, *, comments: str = "") -> Branch:
    """The sample of that number, of the kind whose turn it is, before it is drawn.

    Args:
        comments: what a program's model is told besides the question.
    """
    kinds = order(number + 1) if plan.kinds == "mixed" else ()
    plain = plan.kinds == "plain" or (plan.kinds == "mixed" and kinds[-1] == PLAIN)
    if plain or not question.programs:
        return replies.sample(question, plan, number)
    nth = sum(kind != PLAIN for kind in kinds[:-1]) if kinds else number
    begins = "continue" in run.engine.info.capabilities
    return program(question, plan, number, nth=nth, begins=begins, comments=comments)


class MixedVote:
    """Decides what is begun, and when the vote is over."""

    def __init__(self, run: Run, ballot: Ballot, question: Question, plan: Plan) -> None:
        self._run = run
        self._ballot = ballot
        self._question = question
        self._plan = plan
        early = plan.early_stop
        self._stages = stages(plan.effort, plan.samples) if early else [(plan.samples, 1.0)]
        self._bar = SETTLED
        self._started = 0
        self.notes: list[str] = []
        """Lines for people on why more samples were begun, until somebody takes them."""
        self.done: Sequence[Branch] = []
        self.decided = False

    def draw(self, grow: Callable[[Sequence[Branch]], Flow[list[Branch]]]) -> Flow[list[Branch]]:
        """All samples, stage after stage: the next one once the last has not settled the question.

        Args:
            grow: draws whole samples, by this policy.
        """
        while self._stages and not self.decided:
            before = self.done
            drawn = yield from grow(list(self._begun()))
            self.done = yield from read(self._run, self._question, self._plan, [*before, *drawn])
            self._ballot.learn(self.done)
            self._settle(last=True)
            if self._run.spent:
                break
        return list(self.done)

    def _begun(self) -> Iterable[Branch]:
        upto = self._stages[0][0]
        if self.done:
            self.notes.append(f"going on from {self._started} to {upto} samples: {self._why()}")
        told = self._error(self.done)
        while self._started < upto:
            yield sample(self._run, self._question, self._plan, self._started, comments=told)
            self._started += 1

    def _error(self, done: Sequence[Branch]) -> str:
        """What later programs over files are told: the last error, since mistakes are of a kind."""
        errors = [found.error for branch in done if (found := ran(branch)) and found.error]
        return f"An earlier version failed: {errors[-1]}" if errors and self._question.data else ""

    def more(self, live: Sequence[Branch], done: Sequence[Branch]) -> Iterable[Branch]:
        """Nothing: a stage is begun whole."""
        return ()

    def cull(self, live: Sequence[Branch], done: Sequence[Branch]) -> Collection[BranchId]:
        """Everything live, once the vote is decided in the middle of a stage.

        Where answers are read, that waits for the stage's end.
        """
        if live and done and not self.decided and self._question.bare is None:
            self._ballot.learn([*self.done, *done])
            self._settle(last=False)
        return [branch.id for branch in live] if self.decided else []

    def _settle(self, *, last: bool) -> None:
        """Whether the leader is sure enough; within a stage, by the bar of the one before too."""
        own = self._stages[0][1]
        if self._plan.early_stop:
            lead = self._ballot.lead
            self.decided = lead is not None and lead >= (own if last else max(own, self._bar))
        if last:
            self._bar = own
            self._stages.pop(0)

    def _why(self) -> str:
        lead, leading = self._ballot.lead, self._ballot.leading
        return f"{leading} ({lead:.0%} sure)" if leading and lead is not None else NONE
