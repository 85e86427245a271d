"""Drawing policies of votes: how many samples, which to give up half-way, when to stop."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from ttc_cli.core.branch import Branch, BranchId
from ttc_cli.core.errors import UsageError
from ttc_cli.core.events import Flow
from ttc_cli.core.options import option
from ttc_cli.core.outcome import Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.core.verify import Live
from ttc_cli.drawing.replies import sample
from ttc_cli.voting.ballot import Ballot
from ttc_cli.voting.fields import FIELDS_HELP
from ttc_cli.voting.likelihood import read
from ttc_cli.voting.stopping import Standing, further, together

SURE = 0.9
"""How likely to be right one sample must be to settle a question alone."""
GIVE_UP = "with -V probe:NAME: stop a sample that scores below this half-way or later; 0 for none"


@dataclass(frozen=True, slots=True)
class Options:
    """Options of self-consistency."""

    loss: float = option(0.01, "chance of a right answer that stopping may forgo")
    width: int = option(
        1, "keep at least this many samples under way: faster, and more is wasted", least=1
    )
    give_up: float = option(0.0, GIVE_UP, below=1)
    fields: bool = option(False, FIELDS_HELP)
    mend: bool = option(True, "let a reply with a wrong sum go on from the right one")


class Voting:
    """The drawing policy: decisions on what is live and what is done."""

    def __init__(
        self, run: Run, ballot: Ballot, question: Question, plan: Plan, options: Options
    ) -> None:
        self._run = run
        self._ballot = ballot
        self._question = question
        self._plan = plan
        self._options = options
        self._escalates = plan.effort == "auto"
        self._pruner = StepScorePruner(options.give_up, plan)
        self._started = 0
        self._stage = 1
        self.notes: list[str] = []
        """Lines for people on why more samples were begun, until somebody takes them."""
        self.done: Sequence[Branch] = []
        self.decided = False

    def draw(self, grow: Callable[[Sequence[Branch]], Flow[list[Branch]]]) -> Flow[list[Branch]]:
        """All samples; their answers are read where they are weighed.

        Args:
            grow: draws whole samples, by this policy.
        """
        done = yield from grow([])
        if not self._plan.early_stop:
            return done
        return (yield from read(self._run, self._question, self._plan, done))

    def more(self, live: Sequence[Branch], done: Sequence[Branch]) -> Iterable[Branch]:
        """As many as will be needed even if all of them agree with the leader."""
        if self.decided:
            return
        left = self._plan.samples - self._started
        want = left
        if self._plan.early_stop:
            needed = max(self._needed(left + len(live), together), self._options.width)
            want = max(0, needed - len(live))
        want = min(want, left)
        if want and done and self._escalates:
            self._tell(self._started + want)
        for _ in range(want):
            yield sample(self._question, self._plan, self._started)
            self._started += 1

    def cull(self, live: Sequence[Branch], done: Sequence[Branch]) -> Collection[BranchId]:
        """Everything live, once the vote is decided."""
        if len(done) > len(self.done):
            self.done = list(done)
            self._ballot.take(done)
            self.decided = self.decided or self._settled(len(live))
        if self.decided:
            return [branch.id for branch in live]
        return self._pruner.cull(live, done)

    def _settled(self, live: int) -> bool:
        if not self._plan.early_stop:
            return False
        left = self._plan.samples - self._started + live
        return bool(left) and self._needed(left) == 0

    def _needed(self, left: int, ask: Callable[[Standing, int, float], int] = further) -> int:
        """How many further samples to begin; 0 when the vote is settled.

        Args:
            ask: the fewest that could settle it, or `together`.
        """
        standing = self._ballot.standing
        if self._escalates and standing.drawn < 2:
            return int((self._ballot.lead or 0.0) < SURE)
        return ask(standing, left, (2 if self._escalates else 1) * self._options.loss)

    def _tell(self, total: int) -> None:
        """Say why it goes on to `total` samples: after the first, and each time they doubled."""
        if self._started >= self._stage:
            self.notes.append(f"escalating from {self._started} to {total}: {self._why()}")
        while self._stage <= self._started:
            self._stage *= 2

    def _why(self) -> str:
        standing, votes = self._ballot.standing, self._ballot.votes
        if not votes:
            many = "the first sample has" if standing.drawn == 1 else "the samples have"
            return f"{many} no short answer"
        if standing.drawn == 1:
            return f"the first sample is not sure ({self._ballot.lead or 0.0:.0%})"
        if len(votes) == 1:
            return f"only {votes[0].count} of {standing.drawn} samples have a short answer"
        return f"samples disagree ({self._ballot.leading})"


def lost(scores: Sequence[float], whole: Sequence[int], bar: float) -> bool:
    """Whether a sample is not worth going on with.

    Args:
        scores: of its steps so far.
        whole: how many steps the samples have that came to their end; half-way is half of their
            mean, so that nothing is lost before the first of them.
        bar: what the latest step must reach.
    """
    half_way = bool(whole) and 2 * len(scores) * len(whole) >= sum(whole)
    return half_way and bool(scores) and scores[-1] < bar


class StepScorePruner:
    """The drawing policy that draws nothing and gives up what is lost.

    Args:
        bar: see `lost`; 0 gives up nothing.
        plan: its verifier scores the steps.

    Raises:
        UsageError: there is a bar and no verifier that scores steps while they are written.
    """

    def __init__(self, bar: float, plan: Plan) -> None:
        self._bar = bar
        self._grade = plan.verifier.live if isinstance(plan.verifier, Live) else None
        self._known: dict[BranchId, tuple[float, ...]] = {}
        if bar and self._grade is None:
            raise UsageError(
                "give-up needs a verifier that scores steps while they are written",
                "give -V probe:NAME; `ttc prm train` makes one",
            )

    def more(self, live: Sequence[Branch], done: Sequence[Branch]) -> Iterable[Branch]:
        """Nothing."""
        return ()

    def cull(self, live: Sequence[Branch], done: Sequence[Branch]) -> Collection[BranchId]:
        """Those of `live` that are lost."""
        if not self._bar:
            return ()
        ended = [self._scores(b) for b in done if b.stop is not None and b.stop.whole]
        whole = [len(scores) for scores in ended if scores]
        return [b.id for b in live if lost(self._scores(b), whole, self._bar)]

    def _scores(self, branch: Branch) -> tuple[float, ...]:
        """Of its steps; the head is asked once a step, not at every token."""
        states = sum(len(step.marks) for step in branch.steps)
        if self._grade is not None and states != len(self._known.get(branch.id, ())):
            self._known[branch.id] = self._grade(branch).steps
        return self._known.get(branch.id, ())
