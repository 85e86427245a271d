"""What is known of a run after some of its events: branches, votes, tokens. No drawing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ttc_cli.core import events
from ttc_cli.core.branch import BranchId
from ttc_cli.core.sampling import Stop
from ttc_cli.prompts.thoughts import ThoughtSplitter

TAIL = 600  # characters of a branch that are kept to be shown


@dataclass(slots=True)
class Lane:
    """One branch that is not finished.

    `state` is "reading", "thinking", "writing" or, between two steps, "waiting"; all that a
    `draft` says is thought.
    """

    branch: BranchId
    splitter: ThoughtSplitter
    draft: bool = False
    state: str = "reading"
    tokens: int = 0
    tail: str = ""
    steps: int = 0
    score: float | None = None
    program: events.ProgramRun | None = None

    def take(self, event: events.Text) -> None:
        """Grow by what was written."""
        self.tokens += event.tokens
        for _, text in self.splitter.feed(event.text):
            self.tail = (self.tail + text)[-TAIL:]
        self.state = "thinking" if self.draft or self.splitter.thinking else "writing"


@dataclass(slots=True)
class Board:
    """The run so far.

    Args:
        clock: seconds; read when an event comes and never else, so a replay under a clock of
            its own shows what the run did.

    `lanes` are the branches under way or between two steps, `done` and `culled` count the
    others; `tokens` are those sampled; `first` is when the first text came.
    """

    clock: Callable[[], float]
    began: float = 0.0
    first: float | None = None
    plan: dict[str, Any] = field(default_factory=dict)
    estimate: dict[str, Any] = field(default_factory=dict)
    lanes: dict[BranchId, Lane] = field(default_factory=dict)
    done: int = 0
    culled: int = 0
    tokens: int = 0
    verifier: int = 0
    money: float | None = None
    votes: tuple[tuple[str, int, float], ...] = ()
    lead: float | None = None
    answered: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        self.began = self.clock()

    def see(self, event: events.Event) -> Lane | None:
        """Take the next event; returns the branch that it finished, if it did."""
        match event:
            case events.Start():
                self.plan, self.estimate = event.plan, event.estimate
            case events.Open():
                self.lanes.pop(event.branch[:-1], None)  # a child goes on where its parent stood
                self._lane(event.branch).state = "reading"
            case events.Text():
                if event.tokens:
                    self.first = self.clock() if self.first is None else self.first
                self.tokens += event.tokens
                self._lane(event.branch).take(event)
            case events.StepDone():
                self._lane(event.branch).steps = event.index + 1
            case events.Score() if event.branch in self.lanes:
                self.lanes[event.branch].score = event.score
            case events.ProgramRun() if event.branch in self.lanes:
                self.lanes[event.branch].program = event
            case events.Vote():
                self.votes, self.lead = event.classes, event.lead
                self.answered = event.answered, event.counted
            case events.Spent():
                self.tokens = max(self.tokens, event.usage.get("sampled", 0))
                self.verifier = event.usage.get("verifier", 0)
                self.money = event.money
            case events.Close():
                return self._close(event)
        return None

    @property
    def live(self) -> list[Lane]:
        """Branches that are being written, in the order of their names."""
        lanes = [lane for lane in self.lanes.values() if lane.state != "waiting"]
        return sorted(lanes, key=lambda lane: lane.branch)

    @property
    def waiting(self) -> list[Lane]:
        """Branches between two steps, the best-scored first."""
        lanes = [lane for lane in self.lanes.values() if lane.state == "waiting"]
        return sorted(lanes, key=lambda lane: (-(lane.score or 0.0), lane.branch))

    def _lane(self, branch: BranchId) -> Lane:
        if branch not in self.lanes:
            thinking = ThoughtSplitter(bool(self.plan.get("thinking")))
            self.lanes[branch] = Lane(branch, thinking, bool(self.plan.get("draft")))
        return self.lanes[branch]

    def _close(self, event: events.Close) -> Lane | None:
        lane = self._lane(event.branch)
        if event.stop == Stop.STEP:
            lane.state = "waiting"
            return None
        del self.lanes[event.branch]
        lane.tokens = event.tokens
        if event.stop in (Stop.CULLED, Stop.CANCELLED):
            self.culled += 1
            return None
        self.done += 1
        return lane
