"""Best-first search over steps (Yao et al. 2023, arXiv 2305.10601): back to what looks best."""

from __future__ import annotations

from dataclasses import dataclass

from ttc_cli.core.events import Flow
from ttc_cli.core.options import option
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.stepwise import searching
from ttc_cli.stepwise.tree import FINISHED, Node, Policy, live

NEEDS, SCORER = searching.NEEDS, searching.SCORER


@dataclass(frozen=True, slots=True)
class Options(searching.Options):
    """Options of best-first."""

    expand: int = option(4, "children of a step when it is visited", least=1)
    finish: int = option(0, "finished lines to end with; 0: a quarter")


def best_first(root: Node, draws: int, options: Options) -> Policy:
    """A frontier by score. Going back to an earlier step, when all below it look worse, is free.

    It is over once enough lines finished, unless something unfinished looks better than all of
    them. A step is visited once: with fewer than four children it often loses the right way for
    good.

    Source: tree of thoughts with best-first order (Yao et al. 2023, arXiv 2305.10601;
    Koh et al. 2024, arXiv 2407.01476).

    Args:
        draws: children drawn at once.
    """
    expand, finish = max(1, min(options.expand, draws)), options.finish or -(-draws // 4)
    frontier, ended = list[Node](), set[Node]()
    width, wanted = max(1, draws // expand), [root] * max(1, draws)
    while True:
        grown = yield wanted
        ended |= {node for node in grown if node.state == FINISHED}
        frontier = live([*frontier, *grown])
        visited, frontier = frontier[:width], frontier[width:]
        best = max((node.rank[0] for node in ended), default=0.0)
        promising = bool(visited) and visited[0].rank[0] > best
        over = len(ended) >= finish and not promising
        # With nothing left to visit, the search starts afresh beside what it has.
        wanted = [] if over else [n for n in visited or [root] for _ in range(expand)]


def solve(run: Run, question: Question, plan: Plan, options: Options) -> Flow[Outcome]:
    """Search; returns the best finished line and the tree."""
    return searching.search(run, question, plan, options, best_first, goes_back=True)
