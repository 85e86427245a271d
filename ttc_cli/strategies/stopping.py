"""When enough votes are in: pure rules on the votes so far, no engine and no clock.

Two rules. The Beta criterion (Aggarwal et al. 2023, arXiv 2305.11860) asks whether the leader
would stay ahead for ever. The value rule asks what the next samples are worth: it goes on while
they are expected to improve the answer by more than they cost. A weak model's votes are often
split for good, and being sure of the leader then takes far more samples than it can repay.

The value rule's model of votes is a Chinese restaurant process (Ewens 1972; Blackwell and
MacQueen 1973): after n votes, the next one joins a class of size c with probability c/(n + α)
and founds a new one with α/(n + α). α, the inclination to disagree, differs from question to
question; it is learned from the number of classes so far, from a prior that is flat in log α.
A class's share of all future votes stands for its probability of being right (voting rests on
that), so stopping is a problem of value of information (Howard 1966), solved by looking ahead.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

LOOKAHEAD = 5
"""Samples looked ahead: a challenger two votes behind can still take the lead and be noticed."""
WAVE = 8
"""The most samples `further` asks for at once."""
STEPS_PER_VOTE = 4
"""Weights are rounded to quarters of a vote, so that positions recur and are remembered."""
CONCENTRATIONS = tuple(0.1 * math.pow(100.0, i / 8) for i in range(9))
"""Values of α, a log-uniform grid over two decades around 1."""


def lead_probability(first: float, second: float) -> float:
    """Probability that the leading answer stays ahead of the next one.

    Adaptive consistency's Beta criterion (Aggarwal et al. 2023, arXiv 2305.11860) with a uniform
    prior: P(p > 1/2) for p ~ Beta(first + 1, second + 1). Whole counts use the binomial sum,
    fractional weights are rounded down to whole ones first, the cautious way.
    """
    a, b = int(first), int(second)
    n = a + b + 1
    return 1.0 - sum(math.comb(n, k) for k in range(b + 1)) / 2.0**n if a >= b else 0.0


def unbeatable(counts: Sequence[float], left: float) -> bool:
    """Whether `left` more votes, all for the runner-up, cannot change the leader."""
    if not counts:
        return False
    ranked = sorted(counts, reverse=True)
    second = ranked[1] if len(ranked) > 1 else 0.0
    return ranked[0] > second + left


def votes_needed(first: int, second: int, confidence: float, most: int) -> int:
    """The fewest further votes, all for the leader, that would settle the matter."""
    for extra in range(most):
        if lead_probability(first + extra, second) >= confidence:
            return extra
    return most


@dataclass(frozen=True, slots=True)
class Standing:
    """The votes so far.

    Args:
        weights: of the classes, in any order; a plain vote weighs 1.
        blank: finished samples without an answer; they count as one class that cannot win.
        drawn: finished samples, blank ones included.
    """

    weights: tuple[float, ...] = ()
    blank: int = 0
    drawn: int = 0

    def and_for_the_leader(self, votes: int) -> Standing:
        """The standing if the next `votes` samples all agreed with the leader."""
        ranked = sorted(self.weights, reverse=True) or [0.0]
        weights = (ranked[0] + votes, *ranked[1:]) if votes or self.weights else ()
        return Standing(weights, self.blank, self.drawn + votes)


@lru_cache(maxsize=4096)
def familiarity(drawn: int, classes: int) -> float:
    """Probability that the next vote joins one of the `classes` seen in `drawn` votes.

    E[n/(n + α)] over the posterior of α; Ewens' formula makes its likelihood
    α^classes · Γ(α)/Γ(α + n), whatever the sizes of the classes.
    """
    if not drawn:
        return 0.0
    logs = [
        classes * math.log(a) + math.lgamma(a) - math.lgamma(a + drawn) for a in CONCENTRATIONS
    ]
    odds = [math.exp(log - max(logs)) for log in logs]
    joins = [odd * drawn / (drawn + a) for odd, a in zip(odds, CONCENTRATIONS, strict=True)]
    return math.fsum(joins) / math.fsum(odds)


def gain(standing: Standing, left: int, price: float, lookahead: int = LOOKAHEAD) -> float:
    """What going on is worth: the expected rise of the leader's share, less the price.

    Args:
        left: samples that may still be drawn.
        price: of one more sample, as a share of all votes: 0.01 says that a sample must raise
            the probability of a right answer by a point to be worth drawing.
        lookahead: samples looked ahead, with an optimal decision to stop after each.

    Returns:
        The gain of drawing one more and deciding well after it; 0 or less says stop.
    """
    ahead = min(left, lookahead)
    if ahead <= 0:
        return 0.0
    units = sorted((round(w * STEPS_PER_VOTE) for w in standing.weights), reverse=True)
    # A class that cannot catch up within the lookahead only matters by its mass.
    bar = units[0] - ahead * STEPS_PER_VOTE if units else 0
    chasing = tuple(u for u in units if u > bar)
    rest = sum(units) - sum(chasing) + standing.blank * STEPS_PER_VOTE
    classes = len(units) + (standing.blank > 0)
    return _gain(chasing, rest, standing.drawn, classes, ahead, price)


@lru_cache(maxsize=1 << 16)
def _gain(
    units: tuple[int, ...], rest: int, drawn: int, classes: int, ahead: int, price: float
) -> float:
    known = familiarity(drawn, classes)
    mass = sum(units) + rest
    now = known * units[0] / mass if units else 0.0
    after = (1.0 - known) * _value(
        tuple(sorted((*units, STEPS_PER_VOTE), reverse=True)),
        rest, drawn + 1, classes + 1, ahead - 1, price,
    )
    if rest:
        grown = rest + STEPS_PER_VOTE
        value = _value(units, grown, drawn + 1, classes, ahead - 1, price)
        after += known * rest / mass * value
    for size in sorted(set(units)):
        at = units.index(size)
        grown_units = (*units[:at], size + STEPS_PER_VOTE, *units[at + 1 :])
        value = _value(
            tuple(sorted(grown_units, reverse=True)), rest, drawn + 1, classes, ahead - 1, price
        )
        after += known * units.count(size) * size / mass * value
    return after - price - now


def _value(
    units: tuple[int, ...], rest: int, drawn: int, classes: int, ahead: int, price: float
) -> float:
    """The leader's share of future votes, plus what going on would add to it."""
    mass = sum(units) + rest
    now = familiarity(drawn, classes) * units[0] / mass if units else 0.0
    if not ahead:
        return now
    return now + max(0.0, _gain(units, rest, drawn, classes, ahead, price))


def further(standing: Standing, left: int, price: float) -> int:
    """The fewest further samples after which the value rule could stop; 0 says stop now.

    That many can be started at once without drawing one that was not needed: even if all of
    them agree with the leader, the rule does not stop before the last.
    """
    for votes in range(min(left, WAVE)):
        if gain(standing.and_for_the_leader(votes), left - votes, price) <= 0:
            return votes
    return min(left, WAVE)
