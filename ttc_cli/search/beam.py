"""Beam search, diverse subtrees and REBASE: all live lines grow a step, then the best go on."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ttc_cli.search.tree import DEAD, FINISHED, OPEN, Node, live, shares


class Beam:
    """Keep the best `draws / expand` lines each round and grow each by `expand` children.

    A line that finishes among the best takes its place with it, until none is left.

    Source: Snell et al. 2024 (arXiv 2408.03314); search-and-learn (Hugging Face 2024).

    Args:
        root: of the tree. draws: children drawn in the first round, and at most in each.
        expand: children of each line that is kept.
        balance: above 0, the next round's children are shared out in proportion to
            exp(score / balance) over all live lines instead (REBASE, arXiv 2408.00724: 0.2), and
            each finished line lowers their number by one.
    """

    goes_back = False

    def __init__(self, root: Node, draws: int, expand: int = 4, balance: float = 0.0) -> None:
        self._expand = max(1, min(expand, draws))
        self._room = draws if balance else -(-draws // self._expand)
        self._balance = balance
        self._next = [root] * draws

    def ask(self) -> Sequence[Node]:
        """See `Policy`."""
        return self._next

    def tell(self, grown: Sequence[Node]) -> None:
        """See `Policy`."""
        nodes = live(grown)
        if self._balance:
            self._room -= len({node for node in grown if node.state == FINISHED})
            top = max((node.score or 0.0 for node in nodes), default=0.0)
            weights = [math.exp(((n.score or 0.0) - top) / self._balance) for n in nodes]
            counts = shares(weights, max(0, self._room))
            self._next = [n for n, k in zip(nodes, counts, strict=True) for _ in range(k)]
        else:
            came = {node: None for node in grown if node.state != DEAD}
            kept = sorted(came, key=lambda node: node.rank, reverse=True)[: self._room]
            self._room -= sum(node.state == FINISHED for node in kept)
            self._next = [n for n in kept if n.state == OPEN for _ in range(self._expand)]


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
