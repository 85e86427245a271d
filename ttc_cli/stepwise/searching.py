"""The tree searches: a strategy's policy, an engine, a verifier and a vote at the end."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

from ttc_cli.core.branch import Branch
from ttc_cli.core.errors import UsageError
from ttc_cli.core.events import Flow
from ttc_cli.core.outcome import Outcome, Plan, Question, TreeStep
from ttc_cli.core.run import Run
from ttc_cli.drawing.replies import cut_by, ended
from ttc_cli.stepwise.growing import Grower, Options
from ttc_cli.stepwise.tree import Node, Policy
from ttc_cli.voting.ballot import Ballot

__all__ = ["NEEDS", "SCORER", "Options", "search"]

Own = TypeVar("Own", bound=Options)  # a search's own options
SCORER = "confidence"  # what scores steps when no verifier was asked for
NEEDS = ("continue",)
MOST_ROUNDS = 200  # a search that has not ended by then is going round in circles

CUT = "no line came to its end: this is the best of those that were cut off"


def search(
    run: Run, question: Question, plan: Plan, options: Own,
    make: Callable[[Node, int, Own], Policy], *, goes_back: bool = False,
) -> Flow[Outcome]:  # fmt: skip
    """Grow a tree as the policy says, until it, the budget or the plan's cost is at its end.

    The plan's cost is that of `plan.samples` whole lines, see `Grower.cost_reached`.
    The best line that is left is grown to its end when none finished by itself: tokens and
    seconds are held back for it.

    Args:
        make: the policy, from the root, the draws of a round and the options.
        goes_back: whether nodes that it passed over may be asked for later.

    Raises:
        UsageError: there is no verifier to score steps.
    """
    if plan.verifier is None:
        raise UsageError(
            f"{plan.strategy} needs something that scores steps",
            "give -V probe:NAME, -V prm:FILE, -V judge or -V confidence",
        )
    run.engine.info.require(*plan.verifier.needs, by=plan.verifier.name)
    root = Node(Branch((), question.render(0, False)))
    grower = Grower(run, question, plan, options, root)
    policy = make(root, plan.samples, options)
    wanted = next(policy)
    for _ in range(MOST_ROUNDS):
        if not wanted or grower.cost_reached(goes_back=goes_back):
            break
        grown = yield from grower.grow(wanted)
        if run.late or len(grown) < len(wanted):
            break  # time or tokens ran out
        wanted = policy.send(grown)
        yield from grower.drop(grown if goes_back else wanted)
    yield from grower.finish()
    return elect(run, question, options.choose, grower, root)


def elect(run: Run, question: Question, choose: str, grower: Grower, root: Node) -> Outcome:
    """The best finished line: by score, or by score in the class whose scores sum to most."""
    finished = grower.finished
    nodes = {node.branch.id: node for node in finished}
    # a finished line's vote weighs its score, for every draw that said it
    weights = {id_: (node.score or 0.0) * node.draws for id_, node in nodes.items()}
    ballot = Ballot(question, lambda seen: math.fsum(weights[one.id] for one in seen))
    ballot.take([node.branch for node in finished])
    running = finished
    if choose == "vote" and ballot.votes:
        running = [nodes[branch.id] for branch in ballot.winners]
    winner = max(running, key=lambda node: node.rank, default=None)
    mine = ballot.class_of(winner.branch) if winner else None
    return Outcome(
        winner.branch if winner else None, mine.answer if mine else None, ballot.votes,
        ballot.agreement, cut_by(run, grower.cut, "complete"),
        tuple(node.branch for node in finished),
        grower.report or (CUT if winner and not ended(winner.branch) else ""),
        tree=tuple(_step(node) for node in root.walk() if node.parent),
    )  # fmt: skip


def _step(node: Node) -> TreeStep:
    branch = node.branch
    text = branch.steps[-1].text if branch.steps else ""
    tokens = branch.tokens_sampled + node.merged
    return TreeStep(branch.id, text, node.score, node.state, tokens, node.draws)
