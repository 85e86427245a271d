"""A machine of its own for each test of `ttc_cli.models`."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from tiny_models import Shop, write_gguf

from ttc_cli.models.catalogue import Entry, WheelPart, WheelSource


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    index = tmp_path / "index"
    index.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    data = write_gguf(tmp_path / "source.gguf").read_bytes()
    data += bytes(-len(data) % 3)
    parts = tuple(WheelPart(f"ttc-test-part{n}==1.0", f"part{n}/part.bin") for n in (1, 2, 3))
    digest = hashlib.sha256(data).hexdigest()
    entry = Entry(
        "tiny",
        "tiny.gguf",
        len(data),
        digest,
        "Apache-2.0",
        "1K",
        512,
        0,
        "",
        (WheelSource(parts),),
    )
    return Shop(index, data, entry, len(data) // 3)


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
