"""`ttc map` as a process that is killed, piped and fed slowly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from mapped import lines, names


def start(tiny: Path, *words: str, **more: Any) -> subprocess.Popen[str]:
    env = {**os.environ, "TTC_MODEL": str(tiny), "TTC_CACHE": "no", "TTC_THREADS": "1"}
    command = [sys.executable, "-m", "ttc_cli", "map", *words]
    return subprocess.Popen(command, env=env, text=True, **more)


def test_killed_again_and_again_it_loses_and_repeats_nothing(tiny: Path) -> None:
    many = [f"n{n}" for n in range(120)]
    words = ("--max-tokens", "24", "-o", "out", "--resume", "Say {line}", lines("in", *many))
    part, kept = Path("out.part"), 0
    for _ in range(3):
        child = start(tiny, *words)
        while not part.exists() or len(part.read_bytes().splitlines()) < kept + 20:
            assert child.poll() is None
            time.sleep(0.01)
        child.kill()
        child.wait()
        lines_kept = part.read_bytes().splitlines()[1:]
        kept = len(lines_kept)
    assert start(tiny, *words).wait() in (0, 1)  # rows of nonsense may be cut off
    assert names(Path("out").read_text()) == many


def test_a_broken_pipe_ends_it_quietly(tiny: Path) -> None:
    many = [f"n{n}" for n in range(500)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    child = start(tiny, "--max-tokens", "8", "{line}", lines("in", *many), **pipes)
    assert child.stdout is not None
    assert child.stderr is not None
    with child.stdout, child.stderr:
        child.stdout.readline()
        child.stdout.close()
        assert child.wait(timeout=100) == 0
        assert child.stderr.read() == ""


def test_a_slow_input_is_answered_as_it_comes(tiny: Path) -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    child = start(tiny, "--max-tokens", "8", "{line}", **pipes)
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    with child.stdin, child.stdout, child.stderr:
        for word in ("one", "two"):
            child.stdin.write(word + "\n")
            child.stdin.flush()
            assert json.loads(child.stdout.readline())["line"] == word
        child.send_signal(signal.SIGINT)  # while it waits for more
        assert child.wait(timeout=100) == 130
        assert child.stderr.read() == "interrupted after 2 records\n"
