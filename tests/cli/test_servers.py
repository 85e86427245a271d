"""`ttc` on a model behind a server: the same strategies, streams and JSON as in process."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from harness import REPLIES, SUM, Ttc

from ttc_cli.engine.scripted import from_choices

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
from fake_server import FakeServer

Serve = Callable[..., FakeServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers that say 42 and at times 41 unless told otherwise."""
    servers: list[FakeServer] = []

    def start(script: Any = None, **how: Any) -> FakeServer:
        servers.append(FakeServer(script or from_choices((*REPLIES[:1] * 3, *REPLIES)), **how))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def test_self_consistency(ttc: Ttc, serve: Serve) -> None:
    ran = ttc("ask", SUM, "-m", serve().url, "-e", "high", "--json")
    result = json.loads(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert result["ttc"]["strategy"] == "self-consistency"
    assert result["ttc"]["answer"] == "42"
    assert len(result["ttc"]["votes"]) == 2, "each sample has a seed of its own"
    assert result["ttc"]["tokens"]["shared"] == result["ttc"]["samples"]["started"]


def test_beam_goes_on_with_partial_replies(ttc: Ttc, serve: Serve) -> None:
    reply = "First we add up the two numbers, which are 17 and 25.\n\nThat is \\boxed{42}."

    def script(request: Any) -> str:
        return reply.removeprefix(request.prompt.text.rpartition("assistant")[2])

    server = serve(script)
    ran = ttc("ask", SUM, "-m", server.url, "-S", "beam", "-n", "4", "--json")
    result = json.loads(ran.out)
    assert (ran.code, result["ttc"]["answer"]) == (0, "42")
    assert result["choices"][0]["message"]["content"] == reply
    prompts = [len(body["prompt"]) for path, body in server.asked if path == "/v1/completions"]
    assert len(set(prompts)) == 2, "the second step begins where the first one ended"
