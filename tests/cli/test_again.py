"""`ttc again`: the last question once more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness import BOTH, REPLIES, SUM, Ttc, ours


def test_more_effort_keeps_the_seed_and_what_was_drawn(ttc: Ttc) -> None:
    first = ours(ttc("-e", "medium", "--json", SUM, script=BOTH, cache="yes"))
    assert first["cache"] == "miss"
    more = ours(ttc("again", "-e", "high", "--json", script=BOTH, cache="yes"))
    assert (more["effort"], more["seed"], more["cache"]) == ("high", first["seed"], "partial")
    cold = ours(ttc("-e", "high", "--json", "--no-cache", SUM, script=BOTH, cache="yes"))
    assert more["answer"] == cold["answer"]
    assert more["tokens"]["sampled"] < cold["tokens"]["sampled"]


def test_without_a_change_the_seed_counts_up(ttc: Ttc) -> None:
    ttc("-e", "low", SUM)
    assert ours(ttc("again", "--json"))["seed"] == 1
    assert ours(ttc("again", "--json"))["seed"] == 2


def test_documents_and_flags_come_along(ttc: Ttc) -> None:
    Path("notes.txt").write_text("seventeen")
    seen: list[str] = []

    def script(request: Any) -> str:
        seen.append(request.prompt.text)
        return "noted"

    ttc("-f", "notes.txt", "--max-tokens", "9", "what is this", script=script)
    ran = ttc("again", "--json", script=script)
    assert seen[0] == seen[1]
    assert "seventeen" in seen[1]
    assert ours(ran)["tokens"]["sampled"] <= 9


def test_nothing_to_ask_again(ttc: Ttc) -> None:
    ran = ttc("again")
    assert ran.code == 2
    assert ran.err.count("\n") == 1


def test_no_log_leaves_nothing_behind(ttc: Ttc, machine: Path) -> None:
    ttc("--no-log", SUM)
    assert ttc("again").code == 2
    assert not (machine / "home").exists()


def test_an_earlier_run_by_its_id(ttc: Ttc) -> None:
    first = json.loads(ttc("-e", "low", "--json", SUM).out)["id"]
    ttc("-e", "low", "something else")
    seen: list[str] = []

    def script(request: Any) -> str:
        seen.append(request.prompt.text)
        return REPLIES[0]

    assert ttc("again", first[:12], script=script).code == 0
    assert SUM in seen[0]
    assert ttc("again", "ttc-nothing").code == 2


def test_a_slip_of_the_keys_is_not_logged(ttc: Ttc) -> None:
    ttc(SUM, "-e", "low")
    for slip in (("-S", "magic"), ("-V", "juge"), ("--min-agreement", "0.5", "-S", "direct"),
                 ("-S", "beam", "--schema", "{}"), ("-O", "samples=many")):  # fmt: skip
        assert ttc("another", *slip).code == 2
    assert [run["prompt"] for run in json.loads(ttc("logs", "list", "--json").out)] == [SUM]
    assert json.loads(ttc("stats", "--json").out)["requests"] == 1
