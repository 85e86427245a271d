"""Figures over runs whose sums were done by hand."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ttc_cli.store.processes import birth, boot_id
from ttc_cli.store.runs import Run
from ttc_cli.store.statistics import percentile, summary
from ttc_cli.views.prometheus import exposition

MONDAY = time.mktime((2026, 11, 23, 12, 0, 0, 0, 0, -1))
TUESDAY = MONDAY + 86400


def run(
    began: float,
    *,
    seconds: float = 1.0,
    sampled: int = 10,
    agreement: float | None = None,
    cache: str = "miss",
    money: float | None = None,
    path: str = "complex",
    model: str = "small",
    feedback: str | None = None,
    state: str = "done",
) -> Run:
    ours: dict[str, Any] = {
        "strategy": "direct", "effort": "low", "agreement": agreement, "stopped": "complete",
        "route": {"task": "math", "path": path, "reason": ""},
        "tokens": {"prompt": 5, "sampled": sampled, "verifier": 1, "wasted": 2, "shared": 3},
        "cost": {"seconds": seconds, "money": money},
        "timings": {"load_s": 0.5, "prefill_s": 0.25, "decode_s": seconds, "verify_s": 0.0,
                    "wall_s": seconds},
        "cache": cache, "model": {"name": model, "sha256": "0"},
    }  # fmt: skip
    return Run(
        f"ttc-{began}", "c", None, state, began, began + seconds, os.getpid(), boot_id(),
        birth(os.getpid()), "?", {}, {}, ours if state == "done" else {}, {}, 0, "", "", feedback,
    )  # fmt: skip


RUNS = [
    run(TUESDAY, seconds=4.0, sampled=40, agreement=0.5, money=0.02, path="simple"),
    run(MONDAY, seconds=1.0, sampled=10, agreement=1.0, feedback="good", money=0.01),
    run(MONDAY + 60, seconds=2.0, sampled=20, agreement=0.9, model='the "big"\\one\n'),
    run(MONDAY + 120, seconds=0.2, sampled=20, agreement=0.9, cache="hit", feedback="bad"),
    run(TUESDAY + 60, state="failed"),
]


def test_percentiles_are_interpolated() -> None:
    assert percentile([], 0.5) is None
    assert percentile([3.0], 0.95) == 3.0
    assert percentile([4.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.95) == pytest.approx(3.85)


def test_the_summary_is_what_was_added_up_by_hand() -> None:
    found = summary(RUNS)
    assert found["requests"] == 5
    assert (found["first"], found["last"]) == (MONDAY, TUESDAY + 60)
    assert found["states"] == {"done": 4, "failed": 1}
    assert found["latency"] == {
        "count": 4,
        "sum": pytest.approx(7.2),
        "mean": pytest.approx(1.8),
        "p50": pytest.approx(1.5),  # between 1 and 2
        "p95": pytest.approx(3.7),  # 2 + 0.85 * 2
    }
    assert found["cost"] == {"money": pytest.approx(0.03), "priced": 2}
    assert found["tokens"] == {
        "prompt": 15, "sampled": 70, "verifier": 3, "wasted": 6, "shared": 9, "evaluated": 0,
    }  # fmt: skip
    assert found["tokens_saved"] == 20
    assert found["seconds"] == {"load": 1.5, "prefill": 0.75, "decode": 7.0, "verify": 0.0}
    assert found["quality"]["agreement"] == {
        "votes": 4,
        "mean": pytest.approx(0.825),
        "p50": pytest.approx(0.9),
    }
    assert found["quality"]["feedback"] == {"bad": 1, "good": 1}
    assert found["cache"] == {"miss": 3, "hit": 1}
    assert found["simple_share"] == 0.25
    assert list(found["models"].values()) == [3, 1]
    assert found["days"] == [
        {"day": "2026-11-23", "requests": 3, "sampled": 30, "p50": 1.0},
        {"day": "2026-11-24", "requests": 2, "sampled": 40, "p50": 4.0},
    ]


def test_nothing_adds_up_to_nothing() -> None:
    found = summary([])
    assert (found["requests"], found["latency"]["p50"], found["cost"]["money"]) == (0, None, None)
    assert found["simple_share"] is None
    assert exposition(found).endswith("\n")
    list(text_string_to_metric_families(exposition(found)))


def test_prometheus_reads_what_is_exposed() -> None:
    families = {f.name: f for f in text_string_to_metric_families(exposition(summary(RUNS)))}
    assert all(family.documentation for family in families.values())

    def values(name: str) -> dict[Any, float]:
        return {
            (sample.name, *sample.labels.values()): sample.value
            for sample in families[name].samples
        }

    assert families["ttc_runs"].type == "counter"
    assert values("ttc_runs") == {("ttc_runs_total", "done"): 4, ("ttc_runs_total", "failed"): 1}
    assert values("ttc_tokens")[("ttc_tokens_total", "sampled")] == 70
    assert families["ttc_latency_seconds"].type == "summary"
    assert values("ttc_latency_seconds") == {
        ("ttc_latency_seconds", "0.5"): pytest.approx(1.5),
        ("ttc_latency_seconds", "0.95"): pytest.approx(3.7),
        ("ttc_latency_seconds_sum",): pytest.approx(7.2),
        ("ttc_latency_seconds_count",): 4,
    }
    assert ("ttc_models_total", 'the "big"\\one\n') in values("ttc_models")
    assert values("ttc_cost")[("ttc_cost_total",)] == pytest.approx(0.03)
    assert values("ttc_last_run_timestamp_seconds")[("ttc_last_run_timestamp_seconds",)] == (
        TUESDAY + 60
    )
