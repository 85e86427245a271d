"""Best-first search over steps (Yao et al. 2023, arXiv 2305.10601): back to what looks best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ttc_cli.core.events import Flow
from ttc_cli.core.options import option
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.stepwise import searching
from ttc_cli.stepwise.tree import FINISHED, Frontier, Node

NEEDS, SCORER = searching.NEEDS, searching.SCORER


@dataclass(frozen=True, slots=True)
class Options(searching.Options):
    """Options of best-first."""

    expand: int = option(4, "children of a step when it is visited", least=1)
    finish: int = option(0, "finished lines to end with; 0: a quarter")


class BestFirst:
    """A frontier by score. Going back to an earlier step, when all below it look worse, is free.

    Source: tree of thoughts with best-first order (Yao et al. 2023, arXiv 2305.10601;
    Koh et al. 2024, arXiv 2407.01476). A step is visited once: with fewer than four children it
    often loses the right way for good.

    Args:
        root: of the tree. draws: children drawn at once.
        expand: children of a node when it is visited.
        finish: finished lines after which the search is over, unless something unfinished looks
            better than all of them.
    """

    goes_back = True

    def __init__(self, root: Node, draws: int, expand: int = 4, finish: int = 4) -> None:
        self._root = root
        self._draws = max(1, draws)
        self._expand = max(1, min(expand, draws))
        self._finish = finish
        self._frontier = Frontier()
        self._ended: set[Node] = set()
        self._next: list[Node] = [root] * self._draws

    def ask(self) -> Sequence[Node]:
        """See Policy."""
        return self._next

    def tell(self, grown: Sequence[Node]) -> None:
        """See Policy."""
        self._ended |= {node for node in grown if node.state == FINISHED}
        self._frontier.add(grown)
        visited = self._frontier.take(max(1, self._draws // self._expand))
        best = max((node.rank[0] for node in self._ended), default=0.0)
        promising = bool(visited) and visited[0].rank[0] > best
        if len(self._ended) >= self._finish and not promising:
            self._next = []
            return
        # With nothing left to visit, the search starts afresh beside what it has.
        self._next = [n for n in visited or [self._root] for _ in range(self._expand)]


def solve(run: Run, question: Question, plan: Plan, options: Options) -> Flow[Outcome]:
    """Search; returns the best finished line and the tree."""
    finish = options.finish or -(-plan.samples // 4)
    return searching.search(
        run, question, plan, options, BestFirst, expand=options.expand, finish=finish
    )
