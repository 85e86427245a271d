"""Monte Carlo tree search over steps, PUCT with virtual loss (arXiv 1712.01815, 2309.17179)."""

from __future__ import annotations

from dataclasses import dataclass, field

from ttc_cli.core.events import Flow
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.search.mcts import Mcts
from ttc_cli.search.tree import Node
from ttc_cli.stepwise import searching
from ttc_cli.stepwise.searching import NEEDS, SCORER

__all__ = ["NEEDS", "SCORER", "Options", "solve"]


@dataclass(frozen=True, slots=True)
class Options(searching.Options):
    """Options of mcts."""

    expand: int = field(
        default=3, metadata={"help": "children of a step before one is chosen", "least": 1}
    )
    c: float = field(default=1.4, metadata={"help": "weight of exploration"})
    finish: int = field(default=0, metadata={"help": "finished lines to end with; 0: a half"})


def solve(run: Run, question: Question, plan: Plan, options: Options) -> Flow[Outcome]:
    """Search; returns the best finished line and the tree."""

    def make(root: Node) -> Mcts:
        return Mcts(
            root, plan.samples, options.expand, options.finish or -(-plan.samples // 2), options.c
        )

    return (yield from searching.search(run, question, plan, options, make))
