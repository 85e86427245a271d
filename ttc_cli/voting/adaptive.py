"""The drawing policy of self-consistency: how many samples, which to give up, when to stop."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from ttc_cli.core.branch import Branch, BranchId
from ttc_cli.core.errors import UsageError
from ttc_cli.core.outcome import Plan, Question
from ttc_cli.drawing.replies import sample
from ttc_cli.voting.ballot import Ballot
from ttc_cli.voting.evidence import KINDS, hesitation
from ttc_cli.voting.fields import FIELDS_HELP
from ttc_cli.voting.step_pruner import GIVE_UP_HELP, StepScorePruner, check_give_up
from ttc_cli.voting.stopping import (
    Standing,
    further,
    together,
    unbeatable,
    votes_needed,
)

RULES = ("auto", "value", "beta", "escalate")
SURE = 3.0
"""Most hesitation of a sample that settles a question alone. Read off a pool of a 0.5B model on
svamp, where 96% of such samples are right: docs/router.md."""


@dataclass(frozen=True, slots=True)
class Options:
    """Options of self-consistency."""

    rule: str = field(
        default="auto",
        metadata={
            "help": "when to stop: value (the rest adds too little), beta (lead safe) or escalate"
            " (a first sample that is sure, then value at twice the loss); auto: as effort says"
        },
    )
    loss: float = field(
        default=0.01,
        metadata={"help": "chance of a right answer that stopping may forgo"},
    )
    confidence: float = field(
        default=0.95, metadata={"help": "rule=beta: stop once the lead is this safe"}
    )
    weight: str = field(
        default="auto",
        metadata={
            "help": "weigh votes by hesitation, length, or none;"
            " auto: by hesitation, and none with --no-early-stop"
        },
    )
    width: int = field(
        default=1,
        metadata={"help": "keep at least this many samples under way: faster, and more is wasted"},
    )
    give_up: float = field(default=0.0, metadata={"help": GIVE_UP_HELP})
    fields: bool = field(default=False, metadata={"help": FIELDS_HELP})

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise UsageError(f"there is no rule {self.rule!r}", "one of " + ", ".join(RULES))
        if self.weight not in (*KINDS, "auto"):
            raise UsageError(f"no weight is called {self.weight!r}", "auto, " + ", ".join(KINDS))
        check_give_up(self.give_up)
        if self.width < 1:
            raise UsageError("width is 1 or more")
        if self.loss < 0 or not 0 < self.confidence <= 1:
            raise UsageError("loss is 0 or more, and confidence above 0, up to 1")

    def rule_for(self, plan: Plan) -> str:
        """When to stop in this plan, one of `RULES` but "auto"."""
        if self.rule != "auto":
            return self.rule
        return "escalate" if plan.effort == "auto" else "value"

    def weight_for(self, plan: Plan) -> str:
        """How votes are weighed in this plan, one of `evidence.KINDS`."""
        if self.weight != "auto":
            return self.weight
        return "hesitation" if plan.early_stop else "none"


class Voting:
    """The drawing policy: pure decisions on what is live and what is done."""

    def __init__(self, ballot: Ballot, question: Question, plan: Plan, options: Options) -> None:
        self._ballot = ballot
        self._question = question
        self._plan = plan
        self._options = options
        self._rule = options.rule_for(plan)
        self._pruner = StepScorePruner(options.give_up, plan)
        self._started = 0
        self._stage = 1
        self.news: list[str] = []
        """Lines for people on why more samples were begun, until somebody takes them."""
        self.done: Sequence[Branch] = []
        self.decided = False

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
        if want and done and self._rule == "escalate":
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
            ask: of the value rule, the fewest that could settle it, or `together`.
        """
        standing = self._ballot.standing
        if self._rule == "escalate" and standing.drawn < 2:
            return int(not self._sure())
        if self._rule != "beta":
            twice = 2 if self._rule == "escalate" else 1
            return ask(standing, left, twice * self._options.loss)
        if unbeatable(standing.counts, left):
            return 0
        first, second, *_ = (*sorted(standing.counts, reverse=True), 0, 0)
        return votes_needed(first, second, self._options.confidence, left)

    def _tell(self, total: int) -> None:
        """Say why it goes on to `total` samples: after the first, and each time they doubled."""
        if self._started >= self._stage:
            self.news.append(f"escalating from {self._started} to {total}: {self._why()}")
        while self._stage <= self._started:
            self._stage *= 2

    def _why(self) -> str:
        standing, votes = self._ballot.standing, self._ballot.votes
        if not votes:
            many = "the first sample has" if standing.drawn == 1 else "the samples have"
            return f"{many} no short answer"
        if standing.drawn == 1:
            total = hesitation(self._ballot.seen[0].confidences)
            found = f"hesitation {total:.1f}, {SURE:.0f} settles" if total else "no confidences"
            return f"the first sample is not sure ({found})"
        if len(votes) == 1:
            return f"only {votes[0].count} of {standing.drawn} samples have a short answer"
        short = [(" ".join(vote.answer.split())[:20], vote.count) for vote in votes[:3]]
        said = ", ".join(f"{answer} ×{count}" for answer, count in short)
        return f"samples disagree ({said})"

    def _sure(self) -> bool:
        """Whether the one sample there is has an answer and hardly hesitated on its way."""
        if not self._ballot.standing.counts:
            return False
        confidences = self._ballot.seen[0].confidences
        return bool(confidences) and hesitation(confidences) <= SURE
