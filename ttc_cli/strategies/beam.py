"""Beam search over steps (Snell et al. 2024, arXiv 2408.03314); REBASE as its option."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ttc_cli.core.events import Flow
from ttc_cli.core.options import option
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.stepwise import searching
from ttc_cli.stepwise.tree import DEAD, FINISHED, OPEN, Node, live

NEEDS, SCORER = searching.NEEDS, searching.SCORER


@dataclass(frozen=True, slots=True)
class Options(searching.Options):
    """Options of beam."""

    expand: int = option(4, "children of each line that is kept", least=1)
    balance: float = option(
        0.0, "above 0: share children out by exp(score / balance) (REBASE: 0.2)"
    )


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


def shares(weights: Sequence[float], total: int) -> list[int]:
    """`total` split in proportion to the weights, in whole numbers (largest remainders)."""
    whole = math.fsum(weights)
    if not weights or whole <= 0:
        return [0] * len(weights)
    exact = [total * w / whole for w in weights]
    out = [math.floor(x) for x in exact]
    order = sorted(range(len(exact)), key=lambda i: (out[i] - exact[i], i))
    for i in order[: total - sum(out)]:
        out[i] += 1
    return out


def solve(run: Run, question: Question, plan: Plan, options: Options) -> Flow[Outcome]:
    """Search; returns the best finished line and the tree."""
    return searching.search(
        run, question, plan, options, Beam, expand=options.expand, balance=options.balance
    )
