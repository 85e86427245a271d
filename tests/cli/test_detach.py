"""`ttc ask --detach` and `ttc logs wait`: runs of other processes, found in the log."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from harness import SUM, Ttc

from ttc_cli.store.log import Log

NONSENSE = ("--max-tokens", "8", "-e", "low")


def log(machine: Path) -> Log:
    return Log(machine / "home" / "logs")


def test_the_answer_is_waited_for(child: Ttc, machine: Path, tiny: Path) -> None:
    Path("notes.txt").write_text("seventeen")
    words = ("-m", str(tiny), *NONSENSE, "-f", "notes.txt", "-o", "out.txt", SUM)
    begun = child("ask", "--detach", *words)
    assert (begun.code, begun.err) == (0, "")
    run_id = begun.out.strip()
    waited = child("logs", "wait", run_id)
    assert waited.code == 6
    assert "the answer breaks off" in waited.err
    here = child(
        "ask", "--no-cache", "--no-stream", "-m", str(tiny), *NONSENSE, "-f", "notes.txt", SUM
    )
    assert waited.out == here.out
    assert not Path("out.txt").exists()
    result = json.loads(child("logs", "wait", "--json", run_id).out)
    assert result["id"] == run_id
    with log(machine) as found:
        run = found.get(run_id)
        assert run.pid != os.getpid()
        assert found.texts(run) == (("notes.txt", "seventeen"),)


def test_a_failure_is_waited_for(child: Ttc, tiny: Path) -> None:
    begun = child("ask", "--detach", "-m", str(tiny), "--ctx-size", "64", "a question " * 600)
    waited = child("logs", "wait", begun.out.strip())
    assert (waited.code, waited.out) == (5, "")
    assert "context" in waited.err


@pytest.mark.parametrize("flag", ["--no-log", "--json", "-x", "--jsonl", "--dry-run"])
def test_what_it_refuses(ttc: Ttc, flag: str) -> None:
    ran = ttc("ask", "--detach", flag, SUM)
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert json.loads(ttc("logs", "list", "--json").out) == []
