"""Beam search over steps (Snell et al. 2024, arXiv 2408.03314); REBASE as its option."""

from __future__ import annotations

from dataclasses import dataclass, field

from ttc_cli.core.events import Flow
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.search.beam import Beam
from ttc_cli.search.tree import Node
from ttc_cli.stepwise import searching
from ttc_cli.stepwise.searching import NEEDS, SCORER

__all__ = ["NEEDS", "SCORER", "Options", "solve"]


@dataclass(frozen=True, slots=True)
class Options(searching.Options):
    """Options of beam."""

    expand: int = field(
        default=4, metadata={"help": "children of each line that is kept", "least": 1}
    )
    balance: float = field(
        default=0.0,
        metadata={"help": "above 0: share children out by exp(score / balance) (REBASE: 0.2)"},
    )


def solve(run: Run, question: Question, plan: Plan, options: Options) -> Flow[Outcome]:
    """Search; returns the best finished line and the tree."""

    def make(root: Node) -> Beam:
        return Beam(root, plan.samples, options.expand, options.balance)

    return (yield from searching.search(run, question, plan, options, make))
