"""Stopping rules of self-consistency compared on a pool of samples that is drawn already.

    python benchmarks/stopping_replay.py POOL.jsonl REFERENCES.jsonl [--n 16] [--json out.json]

A pool's rows: id, tokens, text, confidence (one number a token). References: id, answer. Every
rule sees the same random orders of the same samples, so differences of a point are visible;
intervals are 95%, by bootstrap over questions.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from stopping_bound import bound
from stopping_pool import (
    Needed,
    Pool,
    Result,
    Rule,
    hesitation_cut,
    load,
    long_cut,
    prune_cut,
    replay,
)

from ttc_cli.strategies import stopping
from ttc_cli.strategies.stopping import Standing, further, lead_probability, unbeatable, votes_needed

PRICE = 0.01
PRICES = (0.004, 0.006, 0.008, 0.01, 0.0125, 0.015, 0.02)


def top_two(standing: Standing) -> tuple[int, int]:
    ranked = [*sorted((int(w) for w in standing.weights), reverse=True), 0, 0]
    return ranked[0], ranked[1]


def fixed(n: int) -> Needed:
    return lambda standing, left: max(0, n - standing.drawn)


def beta(confidence: float, *, wave: bool = False, final: bool = False) -> Needed:
    """The Beta criterion; in waves as wide as must be needed, and stopping where N decides."""

    def needed(standing: Standing, left: int) -> int:
        first, second = top_two(standing)
        if final and unbeatable(standing.weights, left):
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


def value(price: float = PRICE) -> Needed:
    return lambda standing, left: further(standing, left, price)


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
        lead, *others = sorted((int(w) for w in standing.weights), reverse=True) or [0]
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
    v = value()
    return [
        Rule(f"fixed {n}", fixed(n)),
        *(Rule(f"fixed {n}, weight {w}", fixed(n), w) for w in ("length", "hesitation", "confidence")),
        *(Rule(f"fixed {n // k}", fixed(n // k)) for k in (2, 4) if n // k > 1),
        *(Rule(f"fixed {n // k}, weight length", fixed(n // k), "length") for k in (2, 4) if n // k > 1),
        *(Rule(f"fixed {n // k}, weight hesitation", fixed(n // k), "hesitation") for k in (2, 4) if n // k > 1),
        Rule("beta 0.95, one at a time", beta(0.95)),
        Rule("beta 0.8, one at a time", beta(0.8)),
        Rule("beta 0.95, waves, final lead", beta(0.95, wave=True, final=True)),
        Rule("first window of 5 unanimous", window_rule(5)),
        Rule("horizon 0.95", horizon(0.95)),
        Rule("horizon 0.9", horizon(0.9)),
        Rule("horizon 0.8", horizon(0.8)),
        Rule("2 ahead", ahead(2)),
        Rule("race to 2", race(2)),
        Rule("race to 3", race(3)),
        Rule("value, alpha 1, counts", fixed_alpha(1.0)),
        Rule("value, counts", v),
        Rule("value, counts, final vote by length", v, "length", counts=True),
        Rule("value, length", v, "length"),
        Rule("value, hesitation", v, "hesitation"),
        Rule("value, confidence", v, "confidence"),
        *(Rule(f"value {p}, length", value(p), "length") for p in (0.0025, 0.005, 0.0075, 0.0125, 0.015, 0.02)),
        *(Rule(f"value, length, width {w}", v, "length", width=w) for w in (2, 4, 8)),
        *(Rule(f"value, length, cut at {t} median length", v, "length", cut=long_cut(t)) for t in (1.25, 1.5, 2.0)),
        *(Rule(f"value, length, cut at {t} median hesitation", v, "length", cut=hesitation_cut(t)) for t in (1.25, 1.5, 2.0)),
        *(Rule(f"value, length, prune {s}", v, "length", cut=prune_cut(s, 2)) for s in (0.1, 0.5)),
        *(Rule(f"fixed {n}, prune {s}, weight confidence", fixed(n), "confidence", cut=prune_cut(s, 4)) for s in (0.1, 0.5)),
    ]


def fixed_alpha(alpha: float) -> Needed:
    """The value rule with the inclination to disagree given, not learned."""

    def needed(standing: Standing, left: int) -> int:
        with pinned(alpha):
            return further(standing, left, PRICE)

    return needed


class pinned:  # noqa: N801 - reads as a verb
    """The vote model with one α for as long as the block lasts."""

    def __init__(self, alpha: float) -> None:
        self._grid = (alpha,)

    def __enter__(self) -> None:
        self._switch()

    def __exit__(self, *_: object) -> None:
        self._switch()

    def _switch(self) -> None:
        stopping.CONCENTRATIONS, self._grid = self._grid, stopping.CONCENTRATIONS
        stopping.familiarity.cache_clear()
        stopping._gain.cache_clear()


def interval(values: np.ndarray, draws: np.ndarray, over: np.ndarray | None = None) -> list[float]:
    """95% by bootstrap over questions; of a ratio of sums where `over` is given."""
    means = values[draws].sum(1) / (len(values) if over is None else over[draws].sum(1))
    return [float(x) for x in np.quantile(means, (0.025, 0.975))]


def row(name: str, got: Result, base: Result, rival: Result, draws: np.ndarray) -> dict[str, Any]:
    difference = got.correct - base.correct
    return {
        "rule": name,
        "accuracy": float(got.correct.mean()),
        "accuracy_interval": interval(got.correct, draws),
        "difference": float(difference.mean()),
        "difference_interval": interval(difference, draws),
        "tokens_of_fixed": float(got.tokens.sum() / base.tokens.sum()),
        "tokens_of_fixed_interval": interval(got.tokens, draws, base.tokens),
        "tokens_of_beta": float(got.tokens.sum() / rival.tokens.sum()),
        "samples": float(got.samples.mean()),
        "steps": float(got.steps.mean()),
    }


def show(r: dict[str, Any]) -> None:
    low, high = (100 * x for x in r["accuracy_interval"])
    less, more = (100 * x for x in r["difference_interval"])
    print(
        f"{r['rule']:42s} {100 * r['accuracy']:5.1f} [{low:4.1f} {high:4.1f}]"
        f" {100 * r['difference']:+6.2f} [{less:+5.1f} {more:+5.1f}]"
        f" {100 * r['tokens_of_fixed']:6.1f}% {100 * r['tokens_of_beta']:6.1f}%"
        f" {r['samples']:6.2f} {r['steps']:7.0f}",
        flush=True,
    )


def cross_validated(
    pools: list[Pool], make: Callable[[float], Rule], n: int, orders: int, base: Result, folds: int = 10
) -> tuple[Result, list[float]]:
    """The price chosen on nine tenths of the questions, the result read on the last tenth.

    Chosen: the one with the fewest tokens whose loss against all N is at most half a point.
    """
    got = [replay(pools, make(price), n, orders) for price in PRICES]
    fold = np.random.default_rng(1).permutation(len(pools)) % folds
    out, chosen = Result(*(np.zeros(len(pools)) for _ in range(4))), []
    for f in range(folds):
        train = fold != f
        fits = [g for g in got if (g.correct - base.correct)[train].mean() >= -0.005] or got[:1]
        best = min(fits, key=lambda g: g.tokens[train].sum())
        chosen.append(PRICES[[g is best for g in got].index(True)])
        for name in vars(out):
            getattr(out, name)[~train] = getattr(best, name)[~train]
    return out, chosen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pool", type=Path)
    parser.add_argument("references", type=Path)
    parser.add_argument("--n", type=int, default=0, help="samples of the fixed rule; all of them")
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--kind", default="number")
    parser.add_argument("--cap", type=int, default=512, help="tokens of a sample that was cut off")
    parser.add_argument("--only", default="", help="rules whose name holds this")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    pools = load(options.pool, options.references, options.kind, options.cap)
    n = options.n or min(len(pool.tokens) for pool in pools)
    orders, draws = options.orders, np.random.default_rng(0).integers(0, len(pools), (4000, len(pools)))
    base = replay(pools, Rule("", fixed(n), width=n), n, orders)
    rival = replay(pools, Rule("", beta(0.95)), n, orders)
    single = np.mean([pool.correct((i,), "none") for pool in pools for i in range(len(pool.tokens))])
    print(f"{len(pools)} questions, {n} samples, {orders} orders; one sample right {100 * single:.1f}%")
    print(f"{'rule':42s} accuracy      difference           of N   of Beta samples  steps")
    table = []
    for rule in rules(n):
        if options.only in rule.name:
            table.append(row(rule.name, replay(pools, rule, n, orders), base, rival, draws))
            show(table[-1])
    if not options.only:
        for how in ("none", "length"):
            got, chosen = cross_validated(pools, lambda p, how=how: Rule("", value(p), how), n, orders, base)
            table.append(row(f"value, {how}, price cross-validated", got, base, rival, draws))
            show(table[-1])
            print("  prices chosen:", *sorted(chosen))
        for name, got in bound(pools, n, orders):
            table.append(row(name, got, base, rival, draws))
            show(table[-1])
    if options.json:
        about = {"questions": len(pools), "samples": n, "orders": orders, "single": float(single)}
        rounded = json.loads(json.dumps(about | {"rules": table}), parse_float=lambda x: round(float(x), 4))
        options.json.write_text(json.dumps(rounded, indent=1) + "\n")
    if math.isnan(float(base.correct.mean())):
        raise SystemExit("no question could be replayed")


if __name__ == "__main__":
    main()
