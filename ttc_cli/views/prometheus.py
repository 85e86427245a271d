"""The run log's figures in Prometheus' text exposition format (version 0.0.4).

For the textfile collector of the node exporter. Counters are over what the log holds: where it
is pruned they fall, which Prometheus takes for a restart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Sample = tuple[str, Mapping[str, str], float]  # suffix of the name, labels, value


def exposition(stats: Mapping[str, Any]) -> str:
    """What `store.statistics.summary` found, as metrics."""
    quality, latency = stats["quality"], stats["latency"]
    parts = [
        _counts("runs", "Runs by state.", "state", stats["states"]),
        _counts("tokens", "Tokens of runs that were not cached, by kind.", "kind", stats["tokens"]),
        _family(
            "tokens_saved_total", "counter", "Sampled tokens that cached results did without.",
            [("", {}, stats["tokens_saved"])],
        ),
        _counts("phase_seconds", "Seconds at work, by phase.", "phase", stats["seconds"]),
        _family("latency_seconds", "summary", "Seconds from start to answer.", _summary(latency)),
        _counts("cache", "Answered runs by what the cache held.", "outcome", stats["cache"]),
        _counts("stopped", "Answered runs by why they stopped.", "reason", quality["stopped"]),
        _counts("feedback", "Ratings given.", "rating", quality["feedback"]),
        _counts("tasks", "Answered runs by task.", "task", stats["tasks"]),
        _counts("paths", "Answered runs by path of the route.", "path", stats["paths"]),
        _counts("efforts", "Answered runs by effort.", "effort", stats["efforts"]),
        _counts("strategies", "Answered runs by strategy.", "strategy", stats["strategies"]),
        _counts("models", "Answered runs by model.", "model", stats["models"]),
        _gauge("agreement_mean", "Mean agreement of votes.", quality["agreement"]["mean"]),
        _gauge("last_run_timestamp_seconds", "When the last run began.", stats["last"]),
    ]  # fmt: skip
    if stats["cost"]["money"] is not None:
        total: list[Sample] = [("", {}, stats["cost"]["money"])]
        parts.append(_family("cost_total", "counter", "Money, of the runs with a price.", total))
    return "".join(parts)


def _summary(latency: Mapping[str, Any]) -> list[Sample]:
    quantiles: list[Sample] = [
        ("", {"quantile": share}, latency[name])
        for share, name in (("0.5", "p50"), ("0.95", "p95"))
        if latency[name] is not None
    ]
    return [*quantiles, ("_sum", {}, latency["sum"]), ("_count", {}, latency["count"])]


def _counts(name: str, about: str, label: str, counts: Mapping[str, float]) -> str:
    samples: list[Sample] = [("", {label: key}, value) for key, value in counts.items()]
    return _family(f"{name}_total", "counter", about, samples)


def _gauge(name: str, about: str, value: float | None) -> str:
    return _family(name, "gauge", about, [] if value is None else [("", {}, value)])


def _family(name: str, kind: str, about: str, samples: Iterable[Sample]) -> str:
    """One metric with its samples; nothing for one without any."""
    lines = [f"ttc_{name}{suffix}{_labels(labels)} {value}" for suffix, labels, value in samples]
    if not lines:
        return ""
    head = [f"# HELP ttc_{name} {about}", f"# TYPE ttc_{name} {kind}"]
    return "\n".join([*head, *lines]) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    escaped = {
        name: value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
        for name, value in labels.items()
    }
    return "{" + ",".join(f'{name}="{value}"' for name, value in escaped.items()) + "}"
