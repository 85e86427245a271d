"""The report: a row for each configuration, each compared with the first on the same questions.

Two configurations are compared three ways. As they were run. With equal samples: the one with
more samples is cut to the other's number. With equal tokens: the one that spends more tokens a
question (sampled by branches and by verifiers, wasted ones included) is cut to the other's mean.
Only a plain vote can be cut (see `votes`); where the larger is no plain vote, there is no such
comparison, and the report has null there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ttc_cli.bench import votes
from ttc_cli.bench.charts import X_LABEL, Chart, Mark, Series
from ttc_cli.bench.folder import RESULTS, read_header
from ttc_cli.bench.statistics import paired, wilson
from ttc_cli.core.errors import UsageError
from ttc_cli.store.journal import read_lines

SCHEMA_VERSION = 1
ALIKE = 0.01  # spending within this share of each other counts as equal
Rows = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Results:
    """All rows of one configuration on one data set.

    Args:
        name: unique in a report. rows: by id of the question. data: sha256 of the questions.
        config: as the folder describes it.
    """

    name: str
    rows: Rows
    data: str
    model: str
    config: dict[str, Any] = field(default_factory=dict)

    def mean(self, of: Callable[[dict[str, Any]], float], ids: Sequence[str] = ()) -> float:
        """Mean of a figure over questions, or over those named."""
        chosen = [self.rows[i] for i in ids] if ids else list(self.rows.values())
        return sum(map(of, chosen)) / len(chosen)

    @property
    def samples(self) -> int:
        """Samples that a question may take."""
        plans = [row["plan"]["samples"] for row in self.rows.values() if "plan" in row]
        return Counter(plans).most_common(1)[0][0] if plans else 0

    def planned(self, what: str) -> str:
        """The strategy, or effort, that was run; all of them where it depends on the question."""
        found = {row["plan"][what] for row in self.rows.values() if "plan" in row}
        return "/".join(sorted(found))

    @cached_property
    def curves(self) -> dict[str, list[float]]:
        """Expected score by number of samples for each question; empty unless a plain vote."""
        asked = {key: row for key, row in self.rows.items() if "error" not in row}
        found = {key: votes.ballots(row) for key, row in asked.items()}
        if not found or None in found.values():
            return {}
        curves = {key: votes.curve(ballots) for key, ballots in found.items() if ballots}
        return {key: curves.get(key, [0.0] * self.samples) for key in self.rows}


def load(folders: Sequence[Path]) -> list[Results]:
    """Load the configurations of some folders, in the order of their flags."""
    found = [part for folder in folders for part in _load(folder)]
    if not found:
        where = ", ".join(map(str, folders))
        raise UsageError(f"no results in {where} yet", "see `ttc bench run --resume`")
    names = Counter(one.name for _, one in found)
    return [
        one if names[one.name] == 1 else replace(one, name=f"{folder}:{one.name}")
        for folder, one in found
    ]


def _load(folder: Path) -> list[tuple[str, Results]]:
    header, rows = read_header(folder), read_lines(folder / RESULTS)  # it may be written still
    data, model = header["data"]["sha256"], header["model"]["name"]
    out = []
    for config in header["configs"]:
        own = {row["id"]: row for row in rows if row["config"] == config["name"]}
        if own:
            out.append((folder.name, Results(config["name"], own, data, model, config)))
    return out


def spent(row: dict[str, Any]) -> float:
    """Tokens that count against a budget."""
    return float(row["tokens"]["sampled"] + row["tokens"]["verifier"])


def right(row: dict[str, Any]) -> float:
    """Score of a row: 1 for a right answer, else 0."""
    return float(row["correct"])


def build(results: Sequence[Results]) -> dict[str, Any]:
    """The report as JSON: shares are in [0, 1], tokens and seconds are means per question."""
    return {
        "schema_version": SCHEMA_VERSION,
        "rows": [_row(one, results[0] if i else None) for i, one in enumerate(results)],
    }


def _row(one: Results, first: Results | None) -> dict[str, Any]:
    n = len(one.rows)
    correct = sum(map(right, one.rows.values()))
    tokens = one.mean(spent)
    accuracy, coverage = correct / n, one.mean(_covered)
    return {
        "config": one.name,
        "model": one.model,
        "strategy": one.planned("strategy"),
        "effort": one.planned("effort"),
        "samples": one.samples,
        "n": n,
        "failed": sum("error" in row for row in one.rows.values()),
        "accuracy": accuracy,
        "accuracy_ci": list(wilson(correct, n)),
        "sampled_tokens": one.mean(lambda row: row["tokens"]["sampled"]),
        "verifier_tokens": one.mean(lambda row: row["tokens"]["verifier"]),
        "wasted_tokens": one.mean(lambda row: row["tokens"]["wasted"]),
        "seconds": one.mean(lambda row: row["seconds"]),
        "tokens_per_correct": tokens * n / correct if correct else None,
        "coverage": coverage,
        "selection_gap": coverage - accuracy,
        "random_pick": one.mean(_random_pick),
        **{name: _versus(first, one, cut) if first else None for name, cut in WAYS.items()},
    }


def _covered(row: dict[str, Any]) -> float:
    return float(row["correct"] or any(branch["correct"] for branch in row["branches"]))


def _random_pick(row: dict[str, Any]) -> float:
    """The chance that a sample drawn by lot among those that were not culled is right."""
    kept = [branch for branch in row["branches"] if branch["stop"] not in ("culled", "cancelled")]
    return sum(branch["correct"] for branch in kept) / len(kept) if kept else 0.0


Cut = tuple[float | None, float | None]
"""Samples to cut the first and the other to; None leaves one as it was run."""
Way = Callable[[Results, Results, Sequence[str]], tuple[Cut, dict[str, Any]] | None]


def _versus(first: Results, other: Results, cut: Way) -> dict[str, Any] | None:
    """How two compare on the questions that both answered; None where that cannot be told."""
    ids = [key for key in first.rows if key in other.rows and first.data == other.data]
    found = cut(first, other, ids) if ids else None
    if found is None:
        return None
    (mine, theirs), facts = found
    seen = paired(_scores(first, ids, mine), _scores(other, ids, theirs))
    assert seen is not None, "there are questions"
    return {"difference": seen.value, "ci": [seen.low, seen.high], "p": seen.p, "n": seen.n} | facts


def _scores(one: Results, ids: Sequence[str], size: float | None) -> list[float]:
    if size is None:
        return [right(one.rows[i]) for i in ids]
    return votes.at_size([one.curves[i] for i in ids], size)


def _equal_samples(
    first: Results, other: Results, ids: Sequence[str]
) -> tuple[Cut, dict[str, Any]] | None:
    fewer = min(first.samples, other.samples)
    cut = _cut(first, other, first.samples - other.samples, lambda _: fewer)
    return None if cut is None or fewer < 1 else (cut, {"samples": fewer})


def _equal_tokens(
    first: Results, other: Results, ids: Sequence[str]
) -> tuple[Cut, dict[str, Any]] | None:
    mine, theirs = first.mean(spent, ids), other.mean(spent, ids)
    fewer = min(mine, theirs)
    excess = 0.0 if abs(mine - theirs) <= ALIKE * max(mine, theirs) else mine - theirs

    def size(larger: Results) -> float:
        return fewer / larger.mean(spent, ids) * larger.samples

    cut = _cut(first, other, excess, size)
    return None if cut is None else (cut, {"tokens": fewer})


def _cut(
    first: Results, other: Results, excess: float, size: Callable[[Results], float]
) -> Cut | None:
    """Which of two to cut, and to how many samples; None where that cannot be done."""
    if excess == 0:
        return None, None
    larger = first if excess > 0 else other
    if not larger.curves or size(larger) < 1:
        return None
    return (size(first), None) if excess > 0 else (None, size(other))


WAYS: dict[str, Way] = {
    "vs_first": lambda _first, _other, _ids: ((None, None), {}),
    "vs_first_equal_samples": _equal_samples,
    "vs_first_equal_tokens": _equal_tokens,
}


def points(one: Results) -> list[tuple[float, float]]:
    """(mean tokens, accuracy) of the vote of 1, 2, 4, ... samples; empty unless a plain vote."""
    if not one.curves:
        return []
    tokens, curves = one.mean(spent) / one.samples, list(one.curves.values())
    return [
        (tokens * k, sum(points[k - 1] for points in curves) / len(curves))
        for k in votes.sizes(one.samples)
    ]


def chart(results: Sequence[Results], report: dict[str, Any]) -> Chart:
    """Accuracy against tokens of the rows of a report, and each vote's way there."""
    pairs = zip(results, report["rows"], strict=True)
    return Chart("", X_LABEL, "accuracy, %", tuple(_series(one, row) for one, row in pairs))


def _series(one: Results, row: dict[str, Any]) -> Series:
    tokens = max(row["sampled_tokens"] + row["verifier_tokens"], 1.0)
    low, high = row["accuracy_ci"]
    mark = Mark(tokens, 100 * row["accuracy"], 100 * low, 100 * high)
    way = tuple((spent, 100 * share) for spent, share in points(one))
    return Series(row["config"], (mark,), way if len(way) > 1 else ())
