"""When enough votes are in: pure rules on the votes so far, no engine and no clock.

The value rule asks what the samples that are left would add: it stops once drawing all of them is
expected to add less to the chance of a right answer than a loss that was allowed. A weak model's
votes are often split for good: being sure of the leader, as adaptive consistency wants to be
(Aggarwal et al. 2023, arXiv 2305.11860), then takes more samples than there are, and a new leader
would hardly be right more often than the old.

The value rule's model of votes is a Chinese restaurant process (Ewens 1972; Blackwell and
MacQueen 1973): after n votes, the next one joins a class of size c with probability c/(n + α)
and founds a new one with α/(n + α). α, the inclination to disagree, differs from question to
question; it is learned from the number of classes so far, from a prior that is flat in log α.
A class's share of all future votes stands for its probability of being right (voting rests on
that), so stopping is a problem of the value of information (Howard 1966) with a finite horizon.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

LOOKAHEAD = 16
"""Samples looked ahead exactly; what more of them would add is scaled up from these."""
CLOSE_LOOK = 8
"""The same once votes are spread over more than `FEW` classes, where looking far takes long."""
FEW = 4
WAVE = 8
"""The most samples asked for at once."""
ALLOWANCE = 0.15
"""Expected share of samples that may be drawn in vain for being begun together."""
HORIZON = 12
"""Samples left beyond which what is drawn in vain is not looked at: it takes too long."""
CONCENTRATIONS = tuple(0.1 * math.pow(100.0, i / 8) for i in range(9))
"""Values of α, a log-uniform grid over two decades around 1."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The votes so far.

    Args:
        counts: votes of the classes, in any order.
        blank: finished samples without an answer; they count as one class that cannot win.
    """

    counts: tuple[int, ...] = ()
    blank: int = 0

    @property
    def drawn(self) -> int:
        """Finished samples, blank ones included."""
        return sum(self.counts) + self.blank

    def and_for_the_leader(self, votes: int) -> Standing:
        """The standing if the next `votes` samples all agreed with the leader."""
        if not votes:
            return self
        ranked = sorted(self.counts, reverse=True) or [0]
        return Standing((ranked[0] + votes, *ranked[1:]), self.blank)


@lru_cache(maxsize=4096)
def familiarity(drawn: int, classes: int) -> float:
    """Probability that the next vote joins one of the `classes` seen in `drawn` votes.

    E[n/(n + α)] over the posterior of α; Ewens' formula makes its likelihood
    α^classes · Γ(α)/Γ(α + n), whatever the sizes of the classes.
    """
    if not drawn:
        return 0.0
    logs = [classes * math.log(a) + math.lgamma(a) - math.lgamma(a + drawn) for a in CONCENTRATIONS]
    odds = [math.exp(log - max(logs)) for log in logs]
    joins = [odd * drawn / (drawn + a) for odd, a in zip(odds, CONCENTRATIONS, strict=True)]
    return math.fsum(joins) / math.fsum(odds)


def gain(standing: Standing, left: int) -> float:
    """What `left` more samples are expected to add to the leader's chance of being right.

    That is the expected share of future votes of whoever leads after them, less the present
    leader's: a lead that will not change, or changes for one as weak, is worth nothing. Exact up
    to the lookahead, and generous beyond it: returns diminish, so that the samples left add at
    most what the first of them do times how many more they are (but for leads too long to be
    caught within the lookahead, which count as safe).
    """
    if left <= 0:
        return 0.0
    sizes = tuple(sorted(standing.counts, reverse=True))
    classes = len(sizes) + (standing.blank > 0)
    ahead = min(left, LOOKAHEAD if len(set(sizes)) <= 2 or classes <= FEW else CLOSE_LOOK)
    drawn = standing.drawn
    now = familiarity(drawn, classes) * sizes[0] / drawn if sizes else 0.0
    after = _after(sizes, standing.blank, drawn, classes, ahead)
    return max(0.0, after - now) * left / ahead


@lru_cache(maxsize=1 << 17)
def _after(sizes: tuple[int, ...], rest: int, drawn: int, classes: int, ahead: int) -> float:
    """Expected share of future votes of the leader after `ahead` more samples.

    Args:
        sizes: votes of the classes that could still lead by then, largest first.
        rest: votes of all the others, and blanks.
        classes: how many there are of both.
    """
    lead = sizes[0] if sizes else 0
    known = familiarity(drawn, classes)
    if lead >= (sizes[1] if len(sizes) > 1 else 0) + ahead:
        return known * lead / drawn if drawn else 0.0  # nobody can pass: it is a martingale
    # A class that cannot pass the leader by then only matters by its mass.
    chasing = tuple(size for size in sizes if size + ahead > lead)
    rest += sum(sizes[len(chasing) :])
    new = (1.0 - known) * _after((*chasing, 1), rest, drawn + 1, classes + 1, ahead - 1)
    if rest:
        new += known * rest / drawn * _after(chasing, rest + 1, drawn + 1, classes, ahead - 1)
    for size in set(chasing):
        at = chasing.index(size)  # the first of its size: the order stays, largest first
        grown = (*chasing[:at], size + 1, *chasing[at + 1 :])
        share = known * chasing.count(size) * size / drawn
        new += share * _after(grown, rest, drawn + 1, classes, ahead - 1)
    return new


def further(standing: Standing, left: int, loss: float) -> int:
    """The fewest further samples after which the value rule could stop; 0 says stop now.

    That many can be started at once without drawing one that was not needed: even if all of
    them agree with the leader, the rule does not stop before the last.

    Args:
        left: samples that may still be drawn.
        loss: the gain that may be forgone by stopping; 0.01 is a point of accuracy.
    """
    for votes in range(min(left, WAVE)):
        if gain(standing.and_for_the_leader(votes), left - votes) <= loss:
            return votes
    return min(left, WAVE)


def together(standing: Standing, left: int, loss: float) -> int:
    """Further samples to begin at once: the most that are expected to be drawn mostly of need.

    Many samples take hardly longer than one, so that where votes are split already, and more will
    be needed, they are begun together; the vote is not settled before `further` of them anyway.

    Args:
        left, loss: see `further`.
    """
    many = further(standing, left, loss)
    while 0 < many < min(left, WAVE):
        vain = _in_vain(standing, min(left, HORIZON), loss, many + 1)
        if vain > ALLOWANCE * (standing.drawn + many + 1 - vain):
            break
        many += 1
    return many


@lru_cache(maxsize=1 << 14)
def _in_vain(standing: Standing, left: int, loss: float, many: int) -> float:
    """How many of so many further samples are expected to come after the vote is settled."""
    if not many:
        return 0.0
    if gain(standing, left) <= loss:
        return float(many)
    return math.fsum(
        chance * _in_vain(after, left - 1, loss, many - 1) for chance, after in _next(standing)
    )


def _next(standing: Standing) -> list[tuple[float, Standing]]:
    """What the standing may be after one more sample, each with its probability."""
    counts, blank, drawn = standing.counts, standing.blank, standing.drawn
    known = familiarity(drawn, len(counts) + (blank > 0))
    found = [(1.0 - known, _ranked((*counts, 1), blank))]
    for size in set(counts):
        at = counts.index(size)
        grown = (*counts[:at], size + 1, *counts[at + 1 :])
        found.append((known * counts.count(size) * size / drawn, _ranked(grown, blank)))
    if blank:
        found.append((known * blank / drawn, Standing(counts, blank + 1)))
    return [(chance, after) for chance, after in found if chance > 0]


def _ranked(counts: tuple[int, ...], blank: int) -> Standing:
    return Standing(tuple(sorted(counts, reverse=True)), blank)
