"""Diverse verifier tree search (search-and-learn, Hugging Face 2024): independent subtrees."""

from __future__ import annotations

from dataclasses import dataclass

from ttc_cli.core.events import Flow
from ttc_cli.core.options import option
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.search.beam import Dvts
from ttc_cli.stepwise import searching
from ttc_cli.stepwise.searching import NEEDS, SCORER

__all__ = ["NEEDS", "SCORER", "Options", "solve"]


@dataclass(frozen=True, slots=True)
class Options(searching.Options):
    """Options of dvts."""

    expand: int = option(4, "children among which a subtree chooses", least=1)


def solve(run: Run, question: Question, plan: Plan, options: Options) -> Flow[Outcome]:
    """Search; returns the best finished line and the tree."""
    return searching.search(run, question, plan, options, Dvts, expand=options.expand)
