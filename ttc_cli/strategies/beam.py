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
from ttc_cli.stepwise.tree import DEAD, FINISHED, OPEN, Node, Policy, live

NEEDS, SCORER = searching.NEEDS, searching.SCORER


@dataclass(frozen=True, slots=True)
class Options(searching.Options):
    """Options of beam."""

    expand: int = option(4, "children of each line that is kept", least=1)
    balance: float = option(
        0.0, "above 0: share children out by exp(score / balance) (REBASE: 0.2)"
    )


def beam(root: Node, draws: int, options: Options) -> Policy:
    """Keep the best `draws / expand` lines each round and grow each by `expand` children.

    A line that finishes among the best takes its place with it, until none is left. With a
    balance, the next round's children are shared out in proportion to exp(score / balance) over
    all live lines instead (REBASE, arXiv 2408.00724), and each finished line lowers their number by
    one.

    Source: Snell et al. 2024 (arXiv 2408.03314); search-and-learn (Hugging Face 2024).

    Args:
        draws: children drawn in the first round, and at most in each.
    """
    expand, balance = max(1, min(options.expand, draws)), options.balance
    room = draws if balance else -(-draws // expand)
    wanted = [root] * draws
    while True:
        grown = yield wanted
        if balance:
            room -= len({node for node in grown if node.state == FINISHED})
            nodes = live(grown)
            top = max((node.score or 0.0 for node in nodes), default=0.0)
            weights = [math.exp(((n.score or 0.0) - top) / balance) for n in nodes]
            counts = shares(weights, max(0, room))
            wanted = [n for n, k in zip(nodes, counts, strict=True) for _ in range(k)]
        else:
            came = dict.fromkeys(node for node in grown if node.state != DEAD)
            kept = sorted(came, key=lambda node: node.rank, reverse=True)[:room]
            room -= sum(node.state == FINISHED for node in kept)
            wanted = [n for n in kept if n.state == OPEN for _ in range(expand)]


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
    return searching.search(run, question, plan, options, beam)
