"""Diverse verifier tree search (search-and-learn, Hugging Face 2024): independent subtrees."""

from __future__ import annotations

from dataclasses import dataclass

from ttc_cli.core.events import Flow
from ttc_cli.core.options import option
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.stepwise import searching
from ttc_cli.stepwise.tree import DEAD, FINISHED, Node, Policy

NEEDS, SCORER = searching.NEEDS, searching.SCORER


@dataclass(frozen=True, slots=True)
class Options(searching.Options):
    """Options of dvts."""

    expand: int = option(4, "children among which a subtree chooses", least=1)


def dvts(root: Node, draws: int, options: Options) -> Policy:
    """Independent subtrees, each greedy over its children: more diverse than a beam.

    A subtree whose best child finished is done.

    Args:
        draws: children drawn in a round; a subtree for each `expand` of them.
    """
    expand = max(1, min(options.expand, draws))
    heads = [root] * max(1, draws // expand)
    while True:
        grown = yield [head for head in heads for _ in range(expand)]
        heads = []
        for first in range(0, len(grown), expand):
            usable = [n for n in grown[first : first + expand] if n.state != DEAD]
            best = max(usable, key=lambda n: n.rank, default=None)
            if best is not None and best.state != FINISHED:
                heads.append(best)


def solve(run: Run, question: Question, plan: Plan, options: Options) -> Flow[Outcome]:
    """Search; returns the best finished line and the tree."""
    return searching.search(run, question, plan, options, dvts)
