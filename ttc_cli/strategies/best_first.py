"""Best-first search over steps (Yao et al. 2023, arXiv 2305.10601): back to what looks best."""

from __future__ import annotations

from dataclasses import dataclass

from ttc_cli.core.events import Flow
from ttc_cli.core.options import option
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.search.best_first import BestFirst
from ttc_cli.stepwise import searching
from ttc_cli.stepwise.searching import NEEDS, SCORER

__all__ = ["NEEDS", "SCORER", "Options", "solve"]


@dataclass(frozen=True, slots=True)
class Options(searching.Options):
    """Options of best-first."""

    expand: int = option(4, "children of a step when it is visited", least=1)
    finish: int = option(0, "finished lines to end with; 0: a quarter")


def solve(run: Run, question: Question, plan: Plan, options: Options) -> Flow[Outcome]:
    """Search; returns the best finished line and the tree."""
    finish = options.finish or -(-plan.samples // 4)
    return searching.search(
        run, question, plan, options, BestFirst, expand=options.expand, finish=finish
    )
