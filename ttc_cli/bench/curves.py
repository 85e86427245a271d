"""Quality and cost of more and more compute, question by question, from results of a bench.

A curve has points. A plain vote gives those of 1, 2, 4, ... samples by replay, and, from the same
samples, those of taking the most confident one. Configurations that differ in nothing but effort
or number of samples are the points of one curve too: a ladder.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ttc_cli.bench import votes
from ttc_cli.bench.report import Results, right, spent
from ttc_cli.bench.votes import Ballots

ORDERS = 512
"""Random orders of the samples: the error of the expectation is far below that of the questions."""
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """One strategy with more and more compute, on one data set with one model.

    Args:
        labels: of the points, by rising cost. ids: of the questions.
        tokens, score, seconds: (questions, points); a score is in [0, 1].
        coverage: (questions, points), pass@N; None for a ladder.
        pool: the samples of each question; empty for a ladder.
    """

    name: str
    model: str
    data: str
    labels: tuple[str, ...]
    ids: tuple[str, ...]
    tokens: Array
    score: Array
    seconds: Array
    coverage: Array | None = None
    pool: tuple[Pooled, ...] = ()


@dataclass(frozen=True, slots=True)
class Pooled:
    """The samples of a question: what they vote for, which are right, what each cost, how sure."""

    ballots: Ballots
    right: tuple[bool, ...]
    tokens: tuple[int, ...]
    confidence: tuple[float, ...]

    def by_confidence(self) -> list[bool]:
        """Which are right, the most confident first and those without an answer last."""
        known = [vote is not None for vote in self.ballots.classes]
        keys = list(zip(known, self.confidence, strict=True))
        order = sorted(range(len(keys)), key=keys.__getitem__, reverse=True)
        return [self.right[i] for i in order]


def read(results: Sequence[Results]) -> list[Curve]:
    """All curves with two points or more; one that says the same as another is left out."""
    found: list[Curve] = []
    for one in results:
        found += _replayed(one) if one.curves and one.samples > 1 else []
    ladders: dict[str, list[Results]] = defaultdict(list)
    for one in results:
        ladders[_alike(one)].append(one)
    found += [curve for group in ladders.values() if (curve := _ladder(group))]
    kept: list[Curve] = []
    for curve in found:
        mine = (curve.data, curve.model, curve.ids)
        alike = [other for other in kept if mine == (other.data, other.model, other.ids)]
        same = (np.array_equal(curve.score, one.score) and np.array_equal(curve.tokens, one.tokens)
                for one in alike)  # fmt: skip
        if not any(same):
            kept.append(curve)
    return kept


def _replayed(one: Results) -> list[Curve]:
    chosen = [k - 1 for k in votes.sizes(one.samples)]
    ids = sorted(one.rows)
    rows = [one.rows[key] for key in ids]
    pool = tuple(_pooled(row, one.samples) for row in rows)
    labels = tuple(f"N={k + 1}" for k in chosen)
    shares = np.asarray([(k + 1) / one.samples for k in chosen])

    def curve(name: str, scores: Iterable[list[float]]) -> Curve:
        return Curve(
            name, one.model, one.data, labels, tuple(ids),
            np.outer([spent(row) for row in rows], shares),
            np.asarray(list(scores))[:, chosen],
            np.outer([row["seconds"] for row in rows], shares),
            np.asarray([votes.ranked(sorted(p.right, reverse=True)) for p in pool])[:, chosen],
            pool,
        )  # fmt: skip

    majority = curve(f"{one.name}: vote", (votes.curve(p.ballots, orders=ORDERS) for p in pool))
    best = curve(f"{one.name}: most confident", (votes.ranked(p.by_confidence()) for p in pool))
    return [majority, best]


def _pooled(row: dict[str, Any], samples: int) -> Pooled:
    ballots = None if "error" in row else votes.ballots(row)
    if ballots is None:  # it could not be asked, and counts as wrong
        nothing = Ballots((None,) * samples, frozenset())
        return Pooled(nothing, (False,) * samples, (0,) * samples, (0.0,) * samples)
    branches = row["branches"]
    columns = zip(
        *((bool(b["correct"]), b["tokens"], b["confidence"]) for b in branches), strict=True
    )
    return Pooled(ballots, *map(tuple, columns))


def _alike(one: Results) -> str:
    """What configurations of one ladder have in common."""
    config = {key: value for key, value in one.config.items() if key != "name"}
    settings = config.get("settings", {})
    config["settings"] = {k: v for k, v in settings.items() if k not in ("effort", "samples")}
    return json.dumps([one.data, one.model, config], sort_keys=True)


def _ladder(group: Sequence[Results]) -> Curve | None:
    ids = [key for key in sorted(group[0].rows) if all(key in one.rows for one in group)]
    if len(group) < 2 or not ids:
        return None
    steps = sorted(group, key=lambda one: one.mean(spent, ids))
    if any(one.mean(spent, ids) <= 0 for one in steps):
        return None

    def matrix(of: Any) -> Array:
        return np.asarray([[of(one.rows[key]) for one in steps] for key in ids], dtype=float)

    names = [one.name for one in steps]
    return Curve(
        " → ".join(names), steps[0].model, steps[0].data, tuple(names), tuple(ids),
        matrix(spent), matrix(right), matrix(lambda row: row["seconds"]),
    )  # fmt: skip
