"""Going back: which step to return to when what came after it is not good enough."""

from __future__ import annotations

from collections.abc import Iterable

from ttc_cli.search.tree import Node, live


class Frontier:
    """Steps that can be gone on from, each once, the best-scored first.

    The move of best-first search and of refine: take the best step there is, and grow a fork of
    its branch. The fork has a name of its own, so a seed of its own, and what led to the step is
    in the KV cache already.
    """

    def __init__(self) -> None:
        self._open: list[Node] = []

    def add(self, nodes: Iterable[Node]) -> None:
        """Steps to return to, those that are open; of equals the first added goes first."""
        self._open = live([*self._open, *nodes])

    def take(self, count: int = 1) -> list[Node]:
        """The best, best first, which are not returned to again; fewer when there are no more."""
        taken, self._open = self._open[:count], self._open[count:]
        return taken

    @property
    def best(self) -> Node | None:
        """What `take` would take first."""
        return self._open[0] if self._open else None
