"""`ttc map` and the run log."""

from __future__ import annotations

import json
from pathlib import Path

from harness import Ttc
from mapped import asked

from ttc_cli.settings import log_dir


def test_each_record_is_a_run_in_the_log(ttc: Ttc) -> None:
    Path("in.jsonl").write_text('{"q": "one"}\n{"x": 1}\n{"q": "two"}\n')
    ttc("map", "Say {q}", "-S", "direct", "in.jsonl", script=asked)
    logged = json.loads(ttc("logs", "list", "--command", "map", "--json").out)
    assert sorted((run["prompt"], run["state"]) for run in logged) == [
        ("Say one", "done"), ("Say two", "done"),
    ]  # fmt: skip
    first = next(run["id"] for run in logged if run["prompt"] == "Say one")
    again = ttc("again", first, script=asked)
    assert (again.code, again.out) == (0, "Say one\n")
    ttc("map", "--no-log", "Say {q}", "in.jsonl", script=asked)
    assert len(json.loads(ttc("logs", "list", "--command", "map", "--json").out)) == 2


def test_a_log_that_cannot_be_used_is_told_of_once(ttc: Ttc) -> None:
    place = log_dir()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("in the way")
    Path("in").write_text("one\ntwo\nthree\n")
    ran = ttc("map", "Say {line}", "in", script=asked)
    assert (ran.code, ran.out.count("answer")) == (0, 3)
    assert ran.err.count("not logged") == 1
