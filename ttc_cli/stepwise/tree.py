"""The tree of a search: its nodes are steps of reasoning, its paths are lines of thought."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ttc_cli.core.branch import Branch

OPEN, FINISHED, DEAD = "open", "finished", "dead"


@dataclass(eq=False, slots=True)
class Node:
    """One step and all that led to it.

    Args:
        branch: the line of thought up to and with this step; its id is the path from the root.
        parent: None for the root, which holds no step.
        score: of the line so far, in [0, 1]; None when no verifier could say.
        prior: the mean probability of the step's tokens, in (0, 1].
        state: "open" (may be grown), "finished" (came to its end) or "dead" (cut off, looping).
        draws: how many draws said just this; siblings that say the same are one node.
        merged: tokens of all those draws but the first.
    """

    branch: Branch
    parent: Node | None = None
    score: float | None = None
    prior: float = 1.0
    state: str = OPEN
    draws: int = 1
    merged: int = 0
    children: list[Node] = field(default_factory=list)

    @property
    def depth(self) -> int:
        """Steps from the root."""
        return 0 if self.parent is None else 1 + self.parent.depth

    @property
    def rank(self) -> tuple[float, list[int]]:
        """Sort key, best last: the score, then the earlier name."""
        return (-1.0 if self.score is None else self.score, [-i for i in self.branch.id])

    @property
    def tokens(self) -> int:
        """Tokens of the whole line, from the root."""
        return self.branch.tokens_sampled + (0 if self.parent is None else self.parent.tokens)

    def walk(self) -> Iterator[Node]:
        """This node and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


class Policy(Protocol):
    """Decides what to grow. Pure: the same tellings bring the same askings.

    `goes_back`: whether nodes that it passed over may be asked for later.
    """

    goes_back: bool

    def ask(self) -> Sequence[Node]:
        """Nodes to grow by one child each, all at once; one may be named several times.

        Empty: the search is over.
        """

    def tell(self, grown: Sequence[Node]) -> None:
        """What came of the last asking, one node for each that was drawn.

        Draws that said the same are the same node, named as often as it was drawn.
        """


def live(nodes: Sequence[Node]) -> list[Node]:
    """List the distinct open nodes, best first."""
    return sorted({n: None for n in nodes if n.state == OPEN}, key=lambda n: n.rank, reverse=True)


class Frontier:
    """Queue of open steps to return to, each once, the best-scored first.

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
