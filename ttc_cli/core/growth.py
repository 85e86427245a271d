"""A growing branch, and who decides on it: draws, pools of finished branches, what comes next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from ttc_cli.core.branch import Branch, BranchId, Step
from ttc_cli.core.engine import Delta
from ttc_cli.core.sampling import Stop, StopRule


class Draw(Protocol):
    """A pure policy that decides, after each step of the engine, what to draw and to give up."""

    def more(self, live: Sequence[Branch], done: Sequence[Branch]) -> Iterable[Branch]:
        """Branches to start now; called when one stopped, and once at the start."""

    def cull(self, live: Sequence[Branch], done: Sequence[Branch]) -> Collection[BranchId]:
        """Live branches to stop now."""


class Pool(Protocol):
    """Finished branches kept between runs, under everything that made them."""

    def get(self, key: str) -> Branch | None:
        """A branch drawn earlier under the same key; its id is not the asker's."""

    def put(self, key: str, branch: Branch) -> None:
        """Keep a finished branch."""


@dataclass(frozen=True, slots=True)
class Phase:
    """How a branch goes on once its request ended: under another rule and another grammar."""

    branch: Branch
    stop: StopRule
    grammar: str = ""


Continue = Callable[[Branch], Phase | None]
"""Decides on each branch that stopped whether it goes on; it counts as live until it does not."""


@dataclass(slots=True)
class Growing:
    """A live branch and what has come of it."""

    branch: Branch
    began: float
    pool_key: str = ""
    text: list[str] = field(default_factory=list)
    tokens: tuple[int, ...] = ()
    logprobs: list[float] = field(default_factory=list)
    confidences: list[float] = field(default_factory=list)
    certainties: list[float] = field(default_factory=list)
    hidden: list[object] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    sampled: int = 0
    trouble: str = ""
    """What is wrong for the time being; a branch that has to stop meanwhile stopped for that."""

    def take(self, delta: Delta) -> None:
        """Add what a delta brings."""
        self.text.append(delta.text)
        self.tokens = delta.tokens or self.tokens
        self.logprobs += delta.logprobs
        self.confidences += delta.confidences
        self.certainties += delta.certainties
        self.hidden += delta.hidden
        self.sampled += delta.sampled
        self.trouble = delta.error or ("" if delta.sampled else self.trouble)
        self.marks += [self.sampled] * len(delta.hidden)

    def value(self, now: float, stop: Stop | None = None, error: str = "") -> Branch:
        """The branch as it stands, with a last step of what was drawn so far."""
        drawn = (tuple(self.logprobs), tuple(self.confidences), tuple(self.hidden), True)
        step = Step(
            "".join(self.text), self.tokens, *drawn, tuple(self.certainties), tuple(self.marks)
        )
        return replace(
            self.branch,
            steps=(*self.branch.steps, step),
            stop=stop,
            tokens_sampled=self.branch.tokens_sampled + self.sampled,
            seconds=self.branch.seconds + now - self.began,
            error=error or (self.trouble if stop is not None else ""),
        )
