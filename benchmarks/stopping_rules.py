"""The rules that stopping_replay.py compares: the program's, its rivals, and what did not help."""

from __future__ import annotations

from functools import lru_cache

from stopping_pool import TIES, Needed, Rule, hesitation_cut, long_cut

from ttc_cli.voting import stopping
from ttc_cli.voting.stopping import (
    Standing,
    further,
    lead_probability,
    unbeatable,
    votes_needed,
)

LOSS = 0.01
LOSSES = (0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03)
TIMES = (1.25, 1.5, 2.0)


def top_two(standing: Standing) -> tuple[int, int]:
    ranked = [*sorted(standing.counts, reverse=True), 0, 0]
    return ranked[0], ranked[1]


def fixed(n: int) -> Needed:
    return lambda standing, left: max(0, n - standing.drawn)


def beta(confidence: float, *, wave: bool = False, final: bool = False) -> Needed:
    """The Beta criterion; in waves as wide as must be needed, and stopping where N decides."""

    def needed(standing: Standing, left: int) -> int:
        first, second = top_two(standing)
        if final and unbeatable(standing.counts, left):
            return 0
        if wave:
            return votes_needed(first, second, confidence, left)
        return int(lead_probability(first, second) < confidence)

    return needed


def race(votes: int) -> Needed:
    """The first answer with that many votes wins."""
    return lambda standing, left: max(0, votes - top_two(standing)[0])


def ahead(votes: int) -> Needed:
    """The first answer with that many votes more than the next wins."""
    return lambda standing, left: max(0, votes - top_two(standing)[0] + top_two(standing)[1])


def value(loss: float = LOSS) -> Needed:
    """The program's rule, with the fewest that must be needed started at once."""
    return lambda standing, left: further(standing, left, loss)


def priced(price: float) -> Needed:
    """The same value, with a price on every sample instead of a loss allowed for all.

    Optimal stopping: go on while the best plan, free to stop anywhere, gains more than it costs.
    """

    @lru_cache(None)
    def best(sizes: tuple[int, ...], blank: int, left: int) -> tuple[float, bool]:
        n, classes = sum(sizes) + blank, len(sizes) + (blank > 0)
        known = stopping.familiarity(n, classes)
        now = known * sizes[0] / n if sizes else 0.0
        if not left:
            return now, True
        after = (1 - known) * best((*sizes, 1), blank, left - 1)[0] - price
        if blank:
            after += known * blank / n * best(sizes, blank + 1, left - 1)[0]
        for size in set(sizes):
            at = sizes.index(size)
            grown = (*sizes[:at], size + 1, *sizes[at + 1 :])
            after += known * sizes.count(size) * size / n * best(grown, blank, left - 1)[0]
        return max(now, after), now >= after

    def needed(standing: Standing, left: int) -> int:
        sizes = tuple(sorted(standing.counts, reverse=True))
        return int(not best(sizes, standing.blank, min(left, 8))[1])

    return needed


def horizon(confidence: float) -> Needed:
    """Finite horizon: the leader will probably still lead, or tie, when all N are drawn.

    The Pólya predictive of all classes, with the vote model's familiarity.
    """

    @lru_cache(None)
    def stays(lead: int, others: tuple[int, ...], blank: int, left: int) -> float:
        if not left or lead > max(others, default=0) + left:
            return float(lead >= max(others, default=0))
        n = lead + sum(others) + blank
        known = stopping.familiarity(n, 1 + len(others) + (blank > 0)) / n
        chance = lead * known * stays(lead + 1, others, blank, left - 1)
        chance += (1 - n * known) * stays(lead, (*others, 1), blank, left - 1)
        if blank:
            chance += blank * known * stays(lead, others, blank + 1, left - 1)
        for size in set(others):
            at = others.index(size)
            grown = tuple(sorted((*others[:at], size + 1, *others[at + 1 :]), reverse=True))
            chance += others.count(size) * size * known * stays(lead, grown, blank, left - 1)
        return chance

    def needed(standing: Standing, left: int) -> int:
        lead, *others = sorted(standing.counts, reverse=True) or [0]
        return int(not lead or stays(lead, tuple(others), standing.blank, left) < confidence)

    return needed


def window_rule(size: int) -> Needed:
    """ESC (arXiv 2401.10480) in its plainest form: only the first window may be unanimous.

    Later windows need the order of the samples, which this replay's memory does not keep.
    """

    def needed(standing: Standing, left: int) -> int:
        if standing.drawn < size:
            return size - standing.drawn
        return 0 if standing.drawn == size and top_two(standing)[0] == size else left

    return needed


def rules(n: int) -> list[Rule]:
    v, best = value(), "hesitation"
    few = [k for k in (n // 2, n // 4) if k > 1]
    kinds = ("hesitation", "length")
    return [
        Rule(f"fixed {n}", fixed(n)),
        *(Rule(f"fixed {n}, weight {w}", fixed(n), w) for w in kinds),
        *(Rule(f"fixed {k}", fixed(k)) for k in few),
        *(Rule(f"fixed {k}, weight {w}", fixed(k), w) for k in few for w in kinds),
        *(Rule(f"beta {p}, one at a time", beta(p)) for p in (0.95, 0.9, 0.8)),
        Rule("beta 0.95, one at a time, final lead", beta(0.95, final=True)),
        Rule("beta 0.95, in waves, final lead", beta(0.95, wave=True, final=True)),
        Rule("first window of 5 unanimous", window_rule(5)),
        Rule("2 ahead", ahead(2)),
        Rule("race to 2", race(2)),
        Rule("race to 3", race(3)),
        *(Rule(f"leader stays to the end, {p}", horizon(p)) for p in (0.95, 0.9, 0.8)),
        *(Rule(f"a price of {p} on each", priced(p)) for p in (0.0025, 0.005, 0.01, 0.015)),
        *(Rule(f"value {p}", value(p)) for p in LOSSES),
        Rule("value, alpha 1 given", v, alpha=1.0),
        Rule("value, alpha 2 given", v, alpha=2.0),
        *(Rule(f"value, {w}", v, w) for w in (f"hesitation{TIES}", *kinds)),
        *(Rule(f"value {p}, hesitation", value(p), best) for p in (0.005, 0.02, 0.03)),
        *(Rule(f"value, {best}, width {w}", v, best, width=w) for w in (2, 4, 8)),
        *(
            Rule(f"beta 0.95, final lead, width {w}", beta(0.95, final=True), width=w)
            for w in (4, 8)
        ),
        *(
            Rule(f"value, {best}, cut at {t} median length", v, best, cut=long_cut(t))
            for t in TIMES
        ),
        *(
            Rule(f"value, {best}, cut at {t} median hesitation", v, best, cut=hesitation_cut(t))
            for t in TIMES
        ),
    ]
