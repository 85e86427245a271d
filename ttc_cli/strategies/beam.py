"""Beam search over steps (Snell et al. 2024, arXiv 2408.03314); REBASE as its option."""

from __future__ import annotations

from dataclasses import dataclass

from ttc_cli.core.events import Flow
from ttc_cli.core.options import option
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.search.beam import Beam
from ttc_cli.stepwise import searching
from ttc_cli.stepwise.searching import NEEDS, SCORER

__all__ = ["NEEDS", "SCORER", "Options", "solve"]


@dataclass(frozen=True, slots=True)
class Options(searching.Options):
    """Options of beam."""

    expand: int = option(4, "children of each line that is kept", least=1)
    balance: float = option(
        0.0, "above 0: share children out by exp(score / balance) (REBASE: 0.2)"
    )


def solve(run: Run, question: Question, plan: Plan, options: Options) -> Flow[Outcome]:
    """Search; returns the best finished line and the tree."""
    return searching.search(
        run, question, plan, options, Beam, expand=options.expand, balance=options.balance
    )
