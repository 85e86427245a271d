"""What the run log adds up to: pure functions over logged runs."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from ttc_cli.store.runs import Run

SCHEMA_VERSION = 1
TOKENS = ("prompt", "sampled", "verifier", "wasted", "shared", "evaluated")
PHASES = ("load_s", "prefill_s", "decode_s", "verify_s")


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value that `share` of all lie at or below, interpolated; None without any."""
    import numpy as np  # takes longer than all else that is imported here

    return float(np.quantile(values, share)) if values else None


def mean(values: Sequence[float]) -> float | None:
    """The mean; None without any."""
    return math.fsum(values) / len(values) if values else None


def summary(runs: Iterable[Run]) -> dict[str, Any]:
    """Everything `ttc stats --json` says.

    Tokens and seconds by phase are those of runs that did the work; what a cached result once
    took is counted apart, as saved. Latency is what was waited for, cached results included.
    """
    runs = sorted(runs, key=lambda run: run.began)
    answered = [run for run in runs if run.answered]
    worked = [run for run in answered if run.ours["cache"] != "hit"]
    cached = [run for run in answered if run.ours["cache"] == "hit"]
    agreements = [run.ours["agreement"] for run in answered if run.ours["agreement"] is not None]
    money = [run.ours["cost"]["money"] for run in answered if run.ours["cost"]["money"] is not None]
    paths = _count(run.ours["route"]["path"] for run in answered)
    return {
        "schema_version": SCHEMA_VERSION,
        "requests": len(runs),
        "first": runs[0].began if runs else None,
        "last": runs[-1].began if runs else None,
        "states": _count(run.standing for run in runs),
        "latency": _latency(answered),
        "cost": {"money": math.fsum(money) if money else None, "priced": len(money)},
        "tokens": {kind: sum(run.ours["tokens"].get(kind, 0) for run in worked) for kind in TOKENS},
        "tokens_saved": sum(run.ours["tokens"]["sampled"] for run in cached),
        "seconds": {
            phase.removesuffix("_s"): math.fsum(run.ours["timings"][phase] for run in worked)
            for phase in PHASES
        },
        "quality": {
            "agreement": {"votes": len(agreements), "mean": mean(agreements),
                          "p50": percentile(agreements, 0.5)},
            "stopped": _count(run.ours["stopped"] for run in answered),
            "feedback": _count(run.feedback for run in runs if run.feedback),
        },
        "cache": _count(run.ours["cache"] for run in answered),
        "simple_share": paths.get("simple", 0) / len(answered) if answered else None,
        "tasks": _count(run.ours["route"]["task"] for run in answered),
        "paths": paths,
        "efforts": _count(run.ours["effort"] for run in answered),
        "strategies": _count(run.ours["strategy"] for run in answered),
        "models": _count(run.ours["model"]["name"] for run in answered),
        "days": _days(runs),
    }  # fmt: skip


def _latency(answered: Sequence[Run]) -> dict[str, float | int | None]:
    seconds = [float(run.ours["cost"]["seconds"]) for run in answered]
    shares = {"p50": percentile(seconds, 0.5), "p95": percentile(seconds, 0.95)}
    return {"count": len(seconds), "sum": math.fsum(seconds), "mean": mean(seconds), **shares}


def _days(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """A row a day (of local time) on which something was asked, oldest first."""
    rows = []
    for day, of_that in groupby(runs, lambda r: time.strftime("%Y-%m-%d", time.localtime(r.began))):
        of_day = list(of_that)
        answered = [run for run in of_day if run.answered]
        worked = [run for run in answered if run.ours["cache"] != "hit"]
        sampled = sum(run.ours["tokens"]["sampled"] for run in worked)
        p50 = _latency(answered)["p50"]
        rows.append({"day": day, "requests": len(of_day), "sampled": sampled, "p50": p50})
    return rows


def _count(names: Iterable[str]) -> dict[str, int]:
    """How often each name comes, the most frequent first."""
    return dict(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))
