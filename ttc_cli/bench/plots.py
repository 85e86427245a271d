"""The picture of a report: accuracy against tokens, and each vote's way there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ttc_cli.bench.charts import Chart, Mark, Series
from ttc_cli.bench.report import Results, points

X_LABEL, Y_LABEL = "tokens per question", "accuracy, %"


def read(results: Sequence[Results], report: dict[str, Any]) -> Chart:
    """What there is to draw of the rows of a report."""
    pairs = zip(results, report["rows"], strict=True)
    return Chart("", X_LABEL, Y_LABEL, tuple(_series(one, row) for one, row in pairs))


def _series(one: Results, row: dict[str, Any]) -> Series:
    tokens = max(row["sampled_tokens"] + row["verifier_tokens"], 1.0)
    low, high = row["accuracy_ci"]
    mark = Mark(tokens, 100 * row["accuracy"], 100 * low, 100 * high)
    way = tuple((spent, 100 * share) for spent, share in points(one))
    return Series(row["config"], (mark,), way if len(way) > 1 else ())
