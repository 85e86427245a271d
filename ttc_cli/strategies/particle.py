"""Particle filtering over steps (Puri et al. 2025, arXiv 2502.01618): resampled by score."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from ttc_cli.core.events import Flow
from ttc_cli.core.options import option
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import uniform
from ttc_cli.core.verify import log_odds
from ttc_cli.stepwise import searching
from ttc_cli.stepwise.tree import DEAD, OPEN, Node, Policy

One = TypeVar("One")
NEEDS, SCORER = searching.NEEDS, searching.SCORER


@dataclass(frozen=True, slots=True)
class Options(searching.Options):
    """Options of particle."""

    anneal: int = option(8, "rounds in which few may not take over")


def particle(root: Node, draws: int, options: Options, seed: int) -> Policy:
    """`draws` particles; after each step they are drawn anew by softmax(log odds of its score).

    A finished particle stays among them, so that it competes with those still on their way.
    Systematic resampling, whose counts differ from the expected ones by less than one.

    Source: Puri et al. 2025 (arXiv 2502.01618).

    Args:
        seed: of the resampling.
    """
    particles = [root] * max(1, draws)
    for number in itertools.count():
        came = iter((yield [node for node in particles if node.state == OPEN]))
        moved = [next(came) if node.state == OPEN else node for node in particles]
        particles = []
        if usable := [node for node in moved if node.state != DEAD]:
            weights = _weights(usable, flat=number < options.anneal)
            particles = systematic(usable, weights, len(moved), uniform(seed, number))


def _weights(nodes: Sequence[Node], *, flat: bool) -> list[float]:
    """Weights of particles.

    Args:
        flat: until the effective number of particles is at least half of them: a verifier errs
            most about short beginnings.
    """
    logits = [log_odds(0.5 if node.score is None else node.score) for node in nodes]
    heat = 1.0
    weights = softmax(logits, heat)
    while flat and effective(weights) < 0.5 * len(nodes):
        heat *= 1.5
        weights = softmax(logits, heat)
    return weights


def softmax(logits: Sequence[float], heat: float) -> list[float]:
    """Weights that sum to 1; a higher heat makes them more equal."""
    top = max(logits)
    raw = [math.exp((x - top) / heat) for x in logits]
    return [x / math.fsum(raw) for x in raw]


def effective(weights: Sequence[float]) -> float:
    """The effective number of particles, 1 / sum of squares."""
    return 1.0 / math.fsum(w * w for w in weights)


def systematic(nodes: Sequence[One], weights: Sequence[float], n: int, u: float) -> list[One]:
    """n nodes drawn by weight at evenly spaced points that start at u / n."""
    drawn: list[One] = []
    total, i = weights[0], 0
    for k in range(n):
        while total < (k + u) / n and i < len(nodes) - 1:
            i += 1
            total += weights[i]
        drawn.append(nodes[i])
    return drawn


def solve(run: Run, question: Question, plan: Plan, options: Options) -> Flow[Outcome]:
    """Search; returns the best finished line and the tree."""
    return searching.search(run, question, plan, options, partial(particle, seed=run.seed))
