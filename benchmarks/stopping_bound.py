"""How well any rule on counts could do: optimal stopping fitted to the pool itself.

A position is (samples drawn, counts of the classes). Backward induction over sampled orders, as
in Longstaff and Schwartz (2001) with a table for a regression: stop wherever, on average over
the training questions, stopping is worth as much as going on at the price. Fitted and read on
the same questions it is a bound no honest rule passes; fitted on others, a rule that is learned.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

import numpy as np
from stopping_pool import Pool, Result

State = tuple[int, ...]


class Paths:
    """One question's orders: the state after each sample, its credit, its tokens so far."""

    def __init__(self, pool: Pool, n: int, orders: int, q: int) -> None:
        shuffle = np.random.default_rng((0, q))
        self.states: list[list[State]] = []
        self.credit = np.zeros((orders, n))
        self.tokens = np.zeros((orders, n))
        known: dict[tuple[int, ...], float] = {}
        for o in range(orders):
            order = shuffle.permutation(len(pool.tokens))[:n].tolist()
            states, counts = [], Counter[int]()
            for k, i in enumerate(order):
                counts[pool.classes[i]] += pool.classes[i] >= 0
                states.append((k + 1, *sorted((c for c in counts.values() if c), reverse=True)[:3]))
                seen = tuple(sorted(order[: k + 1]))
                if seen not in known:
                    known[seen] = pool.correct(seen, "none")
                self.credit[o, k] = known[seen]
            self.states.append(states)
            self.tokens[o] = np.cumsum([pool.tokens[i] for i in order])


def fit(paths: list[Paths], n: int, price: float) -> set[State]:
    """The states to stop in."""
    values = [p.credit[:, -1].copy() for p in paths]
    stops: set[State] = set()
    for k in range(n - 2, -1, -1):
        sums: dict[State, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for p, value in zip(paths, values, strict=True):
            for o, states in enumerate(p.states):
                sums[states[k]][0] += p.credit[o, k]
                sums[states[k]][1] += value[o] - price
        here = {state for state, (stop, go) in sums.items() if stop >= go}
        stops |= here
        for p, value in zip(paths, values, strict=True):
            for o, states in enumerate(p.states):
                value[o] = p.credit[o, k] if states[k] in here else value[o] - price
    return stops


def read(paths: Paths, stops: set[State], n: int) -> tuple[float, float, float]:
    """(credit, tokens, samples) of a question under a table of stops."""
    total = np.zeros(3)
    for o, states in enumerate(paths.states):
        k = next((k for k in range(n - 1) if states[k] in stops), n - 1)
        total += paths.credit[o, k], paths.tokens[o, k], k + 1
    return tuple(total / len(paths.states))


def bound(pools: list[Pool], n: int, orders: int, folds: int = 10) -> Iterator[tuple[str, Result]]:
    """Fitted tables at several prices, read on the same questions and on held-out ones."""
    paths = [Paths(pool, n, min(orders, 400), q) for q, pool in enumerate(pools)]
    fold = np.random.default_rng(1).permutation(len(pools)) % folds
    for price in (0.005, 0.01, 0.015, 0.02):
        stops = fit(paths, n, price)
        yield (
            f"best table of counts {price}, same questions",
            _result(paths, [stops] * len(paths), n),
        )
        tables = [
            fit([p for p, g in zip(paths, fold, strict=True) if g != f], n, price)
            for f in range(folds)
        ]
        held = _result(paths, [tables[f] for f in fold], n)
        yield f"best table of counts {price}, held out", held


def _result(paths: list[Paths], stops: list[set[State]], n: int) -> Result:
    read_out = np.array([read(p, s, n) for p, s in zip(paths, stops, strict=True)])
    return Result(read_out[:, 0], read_out[:, 1], read_out[:, 2], read_out[:, 1])
