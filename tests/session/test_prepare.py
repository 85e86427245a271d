"""Planning: what the machine allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ttc_cli.core.events import Done
from ttc_cli.models.gguf import read_gguf
from ttc_cli.session import prepare
from ttc_cli.session.loaded import Ask


@pytest.mark.parametrize(("told", "memory"), [(64 << 20, 64 << 20), (None, 8 << 30)])
def test_a_container_s_limit_is_the_memory_there_is(
    monkeypatch: pytest.MonkeyPatch, stage: Callable[..., Any], told: int | None, memory: int
) -> None:
    monkeypatch.setattr(prepare, "memory_bytes", lambda: (told, None))
    session = stage(lambda _: "")
    per_token = read_gguf(session.model.path).kv_bytes_per_token
    assert prepare.memory_cells(session) == memory * prepare.MOST_KV_SHARE // per_token


@pytest.mark.parametrize("strategy", ["direct", "self-consistency", "best-of-n", "refine", "think"])
@pytest.mark.parametrize("whole", [True, False])
def test_what_a_grammar_filled_in_is_told(
    stage: Callable[..., Any], strategy: str, whole: bool
) -> None:
    schema = '{"type": "array", "items": {"type": "string"}, "minItems": 60}'
    ask = Ask("Say it.", schema='{"type": "boolean"}' if whole else schema)
    session = stage(strategy=strategy, samples=2, max_tokens=40, thinking_budget=0)
    prepared = prepare.prepare(session, ask)
    events = list(prepared.flow(prepared.start(session.engine)))
    (done,) = (event for event in events if isinstance(event, Done))
    error = done.result.get("error", {"code": 0, "message": ""})
    assert error["code"] == (0 if whole else 6)
    assert ("fields may be made up" in error["message"]) == (not whole)
