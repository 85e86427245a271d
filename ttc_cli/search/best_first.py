"""Best-first search: whatever looks best anywhere in the tree is grown next."""

from __future__ import annotations

from collections.abc import Sequence

from ttc_cli.search.tree import Node, live


class BestFirst:
    """A queue by score. Going back to an earlier step, when all below it look worse, is free.

    Source: tree of thoughts with best-first order (Yao et al. 2023, arXiv 2305.10601); two
    expansions a visit as in Koh et al. 2024 (arXiv 2407.01476).

    Args:
        root: of the tree.
        draws: children drawn at once.
        expand: children of a node when it is visited.
        finish: finished lines after which the search is over.
    """

    def __init__(self, root: Node, draws: int, expand: int = 2, finish: int = 4) -> None:
        self._root = root
        self._draws = max(1, draws)
        self._expand = max(1, min(expand, draws))
        self._finish = finish
        self._queue: list[Node] = []
        self._ended: set[Node] = set()
        self._next: list[Node] = [root] * self._draws

    def ask(self) -> Sequence[Node]:
        """See Policy."""
        return self._next

    def tell(self, grown: Sequence[Node]) -> None:
        """See Policy."""
        self._ended |= {node for node in grown if node.state == "finished"}
        if len(self._ended) >= self._finish:
            self._next = []
            return
        self._queue = live([*self._queue, *grown])
        visits = max(1, self._draws // self._expand)
        visited, self._queue = self._queue[:visits], self._queue[visits:]
        # With nothing left to visit, the search starts afresh beside what it has.
        self._next = [n for n in visited or [self._root] for _ in range(self._expand)]
