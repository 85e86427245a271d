"""Diverse verifier tree search (search-and-learn, Hugging Face 2024): independent subtrees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ttc_cli.core.events import Flow
from ttc_cli.core.options import option
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.stepwise import searching
from ttc_cli.stepwise.tree import DEAD, FINISHED, Node

NEEDS, SCORER = searching.NEEDS, searching.SCORER


@dataclass(frozen=True, slots=True)
class Options(searching.Options):
    """Options of dvts."""

    expand: int = option(4, "children among which a subtree chooses", least=1)


class Dvts:
    """Independent subtrees, each greedy over its children: more diverse than a beam.

    Source: diverse verifier tree search, search-and-learn (Hugging Face 2024).

    Args:
        root: of the tree. draws: children drawn in a round; a subtree for each `expand` of them.
        expand: children among which a subtree chooses.
    """

    goes_back = False

    def __init__(self, root: Node, draws: int, expand: int = 4) -> None:
        self._expand = max(1, min(expand, draws))
        self._heads: list[Node] = [root] * max(1, draws // self._expand)

    def ask(self) -> Sequence[Node]:
        """See `Policy`."""
        return [head for head in self._heads for _ in range(self._expand)]

    def tell(self, grown: Sequence[Node]) -> None:
        """See `Policy`. A subtree whose best child finished is done."""
        heads: list[Node] = []
        for first in range(0, len(grown), self._expand):
            usable = [n for n in grown[first : first + self._expand] if n.state != DEAD]
            best = max(usable, key=lambda n: n.rank, default=None)
            if best is not None and best.state != FINISHED:
                heads.append(best)
        self._heads = heads


def solve(run: Run, question: Question, plan: Plan, options: Options) -> Flow[Outcome]:
    """Search; returns the best finished line and the tree."""
    return searching.search(run, question, plan, options, Dvts, expand=options.expand)
