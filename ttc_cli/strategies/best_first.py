"""Best-first search over steps (Yao et al. 2023, arXiv 2305.10601): back to what looks best."""

from __future__ import annotations

from dataclasses import dataclass, field

from ttc_cli.core.events import Flow
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.search.best_first import BestFirst
from ttc_cli.search.tree import Node
from ttc_cli.stepwise import searching
from ttc_cli.stepwise.searching import NEEDS, SCORER

__all__ = ["NEEDS", "SCORER", "Options", "solve"]


@dataclass(frozen=True, slots=True)
class Options(searching.Options):
    """Options of best-first."""

    expand: int = field(
        default=4, metadata={"help": "children of a step when it is visited", "least": 1}
    )
    finish: int = field(default=0, metadata={"help": "finished lines to end with; 0: a quarter"})


def solve(run: Run, question: Question, plan: Plan, options: Options) -> Flow[Outcome]:
    """Search; returns the best finished line and the tree."""

    def make(root: Node) -> BestFirst:
        return BestFirst(
            root, plan.samples, options.expand, options.finish or -(-plan.samples // 4)
        )

    return (yield from searching.search(run, question, plan, options, make))
