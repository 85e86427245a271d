"""What the tests of the bench's commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ttc_cli.__main__ import run

Ttc = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ttc(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ttc:
    monkeypatch.setenv("TTC_HOME", str(tmp_path / "home"))

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(list(arguments))
        out, err = capfd.readouterr()
        return code, out, err

    return call
