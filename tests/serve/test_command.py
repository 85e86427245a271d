"""`ttc serve` as a process: a real model of a few kilobytes, a real client, a signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from openai import OpenAI

from ttc_cli import __main__

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
from tiny_llama import write_llama


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TTC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TTC_MODEL", str(write_llama(tmp_path / "tiny.gguf")))
    return tmp_path


def test_another_address_needs_a_key(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.run(["serve", "--host", "0.0.0.0", "--port", "0"]) == 2
    assert "--key-env" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGTERM")
def test_it_answers_and_ends_at_a_signal(home: Path) -> None:
    words = [sys.executable, "-m", "ttc_cli", "serve", "--port", "0", "-e", "low"]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        name, _, url = line.strip().partition(" at ")
        with OpenAI(base_url=url, api_key="none", max_retries=0) as client:
            told = client.chat.completions.create(
                model=name,
                messages=[{"role": "user", "content": "a secret question"}],
                max_completion_tokens=8,
            )
        assert told.usage is not None
        assert told.usage.completion_tokens == 8
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 143
        assert "secret" not in process.stderr.read()
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
    logged = __main__.run(["logs", "list", "--command", "serve"])
    assert logged == 0
