"""What `--dry-run` and the result say of the route, and how it is overruled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from harness import SUM, Ttc

STORY = (
    "Nora packs 9 boxes with 16 candles each, breaks 7, and sells the rest in bags of 5 for $4. "
    "How much does she earn?"
)


def test_dry_run_says_route_reason_and_what_each_effort_takes(ttc: Ttc) -> None:
    lines = dict(line.split(maxsplit=1) for line in ttc("--dry-run", STORY).out.splitlines())
    assert lines["route"].startswith("math (")
    assert "confidence and agreement" in lines["route"]
    assert lines["plan"].startswith("self-consistency (auto), up to 16 samples")
    assert all(name in lines["efforts"] for name in ("low", "medium", "high", "auto"))
    plain = ttc("--dry-run", "who wrote Emma?").out
    assert "factual" in plain
    assert "direct (low)" in plain


def test_a_run_that_may_escalate_does_not_stream_and_says_how_far_it_went(ttc: Ttc) -> None:
    start = json.loads(ttc("--jsonl", STORY).out.splitlines()[0])
    assert start["plan"]["streams"] is False
    assert start["estimate"]["levels"]["low"]["tokens"] < start["estimate"]["tokens"]
    ours = json.loads(ttc("--json", STORY).out)["ttc"]
    assert ours["effort"] == "auto"
    assert ours["stopped"] in ("confident", "vote-decided")
    assert ours["route"]["path"] == "complex"
    assert ours["route"]["escalated"] == ours["samples"]["started"] <= 2


def test_dry_run_says_what_an_attachment_changed(ttc: Ttc) -> None:
    Path("task.txt").write_text(STORY, "utf-8")
    lines = dict(
        line.split(maxsplit=1)
        for line in ttc("--dry-run", "-f", "task.txt", "solve this").out.splitlines()
    )
    assert lines["route"].startswith("math (")
    assert "attached prose, 114 characters (without it: " in lines["route"]
    assert lines["plan"].startswith("self-consistency (auto)")


@pytest.mark.parametrize(
    ("words", "task", "plan"),
    [
        (("--task", "chat"), "chat", "direct"),
        (("--path", "simple"), "math", "direct"),
        (("-e", "high"), "math", "self-consistency"),
    ],
)
def test_flags_overrule(ttc: Ttc, words: tuple[str, ...], task: str, plan: str) -> None:
    found = json.loads(ttc("--dry-run", "--json", *words, STORY).out)["plan"]
    assert (found["route"]["task"], found["strategy"]) == (task, plan)


def test_rules_of_a_settings_file(ttc: Ttc) -> None:
    Path(".ttc.toml").write_text('[[route]]\nmatch = "(?i)candles"\neffort = "high"\n', "utf-8")
    found = json.loads(ttc("--dry-run", "--json", STORY).out)["plan"]
    assert found["effort"] == "high"
    assert "candles" in found["route"]["reason"]
    assert json.loads(ttc("--dry-run", "--json", SUM).out)["plan"]["effort"] == "low"


@pytest.mark.parametrize(
    "text",
    [
        "route = 3",
        '[[route]]\nmatch = "x"',
        '[[route]]\neffort = "high"',
        '[[route]]\nmatch = "("\neffort = "high"',
        '[[route]]\nmatch = "x"\neffort = "much"',
        '[[route]]\nmatch = "x"\neffort = "low"\ncolour = "red"',
    ],
)
def test_a_bad_rule_is_refused_with_its_place(ttc: Ttc, text: str) -> None:
    Path(".ttc.toml").write_text(text, "utf-8")
    ran = ttc("--dry-run", SUM)
    assert ran.code == 2
    assert ".ttc.toml:" in ran.err
    assert ran.err.count("\n") == 1


def test_a_minimum_of_agreement_has_a_vote_to_go_by(ttc: Ttc) -> None:
    assert ttc("--min-agreement", "0.9", STORY).code == 0


def test_a_deadline_too_near_for_two_answers_leaves_one(
    ttc: Ttc, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ttc_cli.store.speeds import Speeds

    monkeypatch.setattr(Speeds, "at", lambda *_: 30.0)
    plan = json.loads(ttc("--dry-run", "--json", "--max-seconds", "9", STORY).out)["plan"]
    assert plan["strategy"] == "direct"
    assert "deadline" in plan["route"]["reason"]
    plan = json.loads(ttc("--dry-run", "--json", "--max-seconds", "900", STORY).out)["plan"]
    assert plan["strategy"] == "self-consistency"
