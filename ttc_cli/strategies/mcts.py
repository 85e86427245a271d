"""Monte Carlo tree search over steps, PUCT with virtual loss (arXiv 1712.01815, 2309.17179)."""

from __future__ import annotations

from dataclasses import dataclass

from ttc_cli.core.events import Flow
from ttc_cli.core.options import option
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.search.mcts import Mcts
from ttc_cli.stepwise import searching
from ttc_cli.stepwise.searching import NEEDS, SCORER

__all__ = ["NEEDS", "SCORER", "Options", "solve"]


@dataclass(frozen=True, slots=True)
class Options(searching.Options):
    """Options of mcts."""

    expand: int = option(3, "children of a step before one is chosen", least=1)
    c: float = option(1.4, "weight of exploration")
    finish: int = option(0, "finished lines to end with; 0: a half")


def solve(run: Run, question: Question, plan: Plan, options: Options) -> Flow[Outcome]:
    """Search; returns the best finished line and the tree."""
    finish = options.finish or -(-plan.samples // 2)
    return searching.search(
        run, question, plan, options, Mcts, expand=options.expand, finish=finish, c=options.c
    )
