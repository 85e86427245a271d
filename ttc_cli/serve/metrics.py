"""What /metrics tells Prometheus: calls, seconds, tokens, and how full the server is."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request

from ttc_cli.serve.service import Service

BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000)
"""Seconds: an answer takes from a tenth to many minutes."""
KINDS = ("prompt", "sampled", "verifier", "wasted", "shared")


class Metrics:
    """Counts calls. `media_type` is that of `text`."""

    media_type = CONTENT_TYPE_LATEST

    def __init__(self, service: Service) -> None:
        registry = self._registry = CollectorRegistry()
        self._calls = Counter(
            "ttc_serve_calls", "Calls by endpoint and status.", ("endpoint", "status"),
            registry=registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "ttc_serve_seconds", "Seconds from a call to its answer's end.", ("endpoint",),
            buckets=BUCKETS, registry=registry,
        )  # fmt: skip
        self._tokens = Counter("ttc_serve_tokens", "Tokens by kind.", ("kind",), registry=registry)
        held = Gauge("ttc_serve_held", "Requests that wait or are answered.", registry=registry)
        held.set_function(lambda: service.held)
        live = Gauge("ttc_serve_branches", "Branches under way.", registry=registry)
        live.set_function(lambda: service.branches)

    def ended(self, request: Request, status: int, seconds: float) -> None:
        """A call is over."""
        endpoint = request.scope["route"].path
        self._calls.labels(endpoint, str(status)).inc()
        self._seconds.labels(endpoint).observe(seconds)

    def spent(self, ours: dict[str, Any]) -> None:
        """What an answer took, by its `ttc` object."""
        for kind in KINDS:
            self._tokens.labels(kind).inc(ours.get("tokens", {}).get(kind, 0))

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)
