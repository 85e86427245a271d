"""Monte Carlo tree search over steps, PUCT with virtual loss (arXiv 1712.01815, 2309.17179)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ttc_cli.core.events import Flow
from ttc_cli.core.options import option
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.stepwise import searching
from ttc_cli.stepwise.tree import FINISHED, OPEN, Node, Policy

NEEDS, SCORER = searching.NEEDS, searching.SCORER


@dataclass(frozen=True, slots=True)
class Options(searching.Options):
    """Options of mcts."""

    expand: int = option(3, "children of a step before one is chosen", least=1)
    c: float = option(1.4, "weight of exploration")
    finish: int = option(0, "finished lines to end with; 0: a half")


@dataclass(slots=True)
class _Seen:
    visits: int = 0
    value: float = 0.0
    pending: int = 0


class Visits:
    """Visits and values of a tree's nodes; selection by PUCT with virtual loss.

    Args:
        expand: children of a node before one of them is gone on with.
        c: weight of exploration.
    """

    def __init__(self, root: Node, expand: int, c: float) -> None:
        self._root, self._expand, self._c = root, max(1, expand), c
        self._seen: dict[Node, _Seen] = {root: _Seen()}

    def select(self, count: int) -> list[Node]:
        """Nodes to grow by a child each."""
        picked = [self._select() for _ in range(count)]
        for seen in self._seen.values():
            seen.pending = 0
        return picked

    def learn(self, grown: Sequence[Node]) -> None:
        """Add the scores of new nodes to those of all above them."""
        for node in grown:
            self._seen.setdefault(node, _Seen())
            if node.score is None:
                continue  # nothing was learnt: no visit
            above: Node | None = node
            while above is not None:
                self._seen[above].visits += 1
                self._seen[above].value += node.score
                above = above.parent

    def _select(self) -> Node:
        node = self._root
        while True:
            self._seen[node].pending += 1
            grown = sum(child.draws for child in node.children)
            open_ = [child for child in node.children if self._alive(child)]
            # Children that were asked for and have not come count: the batch spreads.
            coming = self._seen[node].pending - 1 - sum(self._seen[c].pending for c in open_)
            if grown + coming < self._expand or not open_:
                return node
            node = max(open_, key=lambda child: (self._puct(node, child), *child.rank[1]))

    def _alive(self, node: Node) -> bool:
        """Whether there is anything left to grow below it."""
        if node.state != OPEN:
            return False
        grown = sum(child.draws for child in node.children)
        return grown < self._expand or any(self._alive(child) for child in node.children)

    def _puct(self, parent: Node, child: Node) -> float:
        seen, above = self._seen[child], self._seen[parent]
        visits = seen.visits + seen.pending
        value = seen.value / visits if visits else 0.0
        prior = child.prior / (math.fsum(c.prior for c in parent.children) or 1.0)
        return value + self._c * prior * math.sqrt(above.visits + above.pending) / (1 + visits)


def mcts(root: Node, draws: int, options: Options) -> Policy:
    """Selection by PUCT, expansion by one child, value by the verifier: no rollouts.

    Selections of one asking are told apart by virtual loss: a node on the way to a pending one
    counts as visited in vain, so that the batch spreads. The prior of a child is the mean
    probability of its step's tokens, normalised over its siblings.

    Source: AlphaZero's PUCT (Silver et al. 2017, arXiv 1712.01815); virtual loss (Chaslot et
    al. 2008); for steps of language models Feng et al. 2023 (arXiv 2309.17179).

    Args:
        draws: children drawn at once.
    """
    visits, ended = Visits(root, options.expand, options.c), set[Node]()
    finish = options.finish or -(-draws // 2)
    while len(ended) < finish:
        grown = yield visits.select(max(1, draws))
        ended |= {node for node in grown if node.state == FINISHED}
        visits.learn(grown)
    yield []


def solve(run: Run, question: Question, plan: Plan, options: Options) -> Flow[Outcome]:
    """Search; returns the best finished line and the tree."""
    return searching.search(run, question, plan, options, mcts, goes_back=True)
