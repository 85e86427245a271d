"""Monte Carlo tree search over steps, PUCT with virtual loss (arXiv 1712.01815, 2309.17179)."""

from __future__ import annotations

from dataclasses import dataclass

from ttc_cli.core.events import Flow
from ttc_cli.core.options import option
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.stepwise import searching
from ttc_cli.stepwise.puct import Visits
from ttc_cli.stepwise.tree import FINISHED, Node, Policy

NEEDS, SCORER = searching.NEEDS, searching.SCORER


@dataclass(frozen=True, slots=True)
class Options(searching.Options):
    """Options of mcts."""

    expand: int = option(3, "children of a step before one is chosen", least=1)
    c: float = option(1.4, "weight of exploration")
    finish: int = option(0, "finished lines to end with; 0: a half")


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
