"""Planning: what the machine allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ttc_cli.models.gguf import read_gguf
from ttc_cli.session import prepare


@pytest.mark.parametrize(("told", "memory"), [(64 << 20, 64 << 20), (None, 8 << 30)])
def test_a_container_s_limit_is_the_memory_there_is(
    monkeypatch: pytest.MonkeyPatch, stage: Callable[..., Any], told: int | None, memory: int
) -> None:
    monkeypatch.setattr(prepare, "memory_bytes", lambda: (told, None))
    session = stage(lambda _: "")
    per_token = read_gguf(session.model.path).kv_bytes_per_token
    assert prepare.memory_cells(session) == memory * prepare.MOST_KV_SHARE // per_token
