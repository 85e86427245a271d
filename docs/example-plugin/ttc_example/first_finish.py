"""First-finish search (Agarwal et al. 2025, arXiv 2505.18149): the reply that ends first wins.

Shorter chains of thought are right more often than longer ones, so nothing is voted on: many are
begun at once, and when one has come to its end all others are given up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from ttc_cli.core.branch import Branch, BranchId
from ttc_cli.core.events import Flow
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import StopRule
from ttc_cli.drawing import replies


@dataclass(frozen=True, slots=True)
class Options:
    """Options of first-finish: `-O wait=2`."""

    wait: int = field(
        default=1, metadata={"help": "replies that must end; the shortest wins", "least": 1}
    )


@dataclass(frozen=True, slots=True)
class GiveUpTheRest:
    """Gives up all live branches once enough have come to their end."""

    enough: int

    def more(self, live: Sequence[Branch], done: Sequence[Branch]) -> Iterable[Branch]:
        """All are begun at once."""
        return ()

    def cull(self, live: Sequence[Branch], done: Sequence[Branch]) -> Collection[BranchId]:
        """All live ones, when it is decided."""
        over = sum(map(replies.ended, done)) >= self.enough
        return [branch.id for branch in live] if over else ()


def solve(run: Run, question: Question, plan: Plan, options: Options) -> Flow[Outcome]:
    """Begin all samples; take the shortest of those that end first."""
    done = yield from run.extend(
        [replies.sample(question, plan, number) for number in range(plan.samples)],
        stop=StopRule(plan.branch_tokens),
        sampling=plan.sampled if plan.samples > 1 else plan.greedy,
        draw=GiveUpTheRest(options.wait),
        ledger=run.ledger.child(replies.hold_back(run, question)),
        reserve=replies.CLOSING_SECONDS,
    )
    whole = [branch for branch in done if replies.ended(branch)]
    if not whole:
        return (yield from replies.longest(run, done, question))
    winner = min(whole, key=lambda branch: (branch.tokens_sampled, branch.id))
    found = replies.answer_of(winner, question)
    early = len(whole) < len(done)
    return Outcome(
        winner,
        found.text if found else None,
        stopped="confident" if early else "complete",
        branches=tuple(done),
        note=f"the first of {plan.samples} to finish",
    )
