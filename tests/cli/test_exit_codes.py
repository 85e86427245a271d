"""Nothing wrong with exit 0: what is cut, forced, rejected or not agreed on says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from harness import BOTH, REPLIES, SUM, Ttc

from ttc_cli.core.engine import BranchRequest

CUT = ("-e", "low", "--max-tokens", "20", "Tell me a story.")
STORY = "once upon a time " * 100


def _forced(request: BranchRequest) -> str:
    forced = "".join(step.text for step in request.prefix if not step.sampled)
    return "42}." if "boxed" in forced else "well " * 500


@pytest.mark.parametrize("form", [(), ("-x",), ("-q",), ("--no-stream",)])
def test_a_part_is_printed_and_leaves_with_6(ttc: Ttc, form: tuple[str, ...]) -> None:
    ran = ttc(*form, *CUT, script=lambda _: STORY)
    assert ran.code == 6
    assert ran.out.startswith("once upon a time")
    assert "the answer breaks off" in ran.err
    assert "--max-tokens" in ran.err


def test_a_part_is_no_file_and_in_json_it_is_no_stop(ttc: Ttc) -> None:
    Path("out.txt").write_text("old")
    ran = ttc("-o", "out.txt", *CUT, script=lambda _: STORY)
    assert (ran.code, Path("out.txt").read_text()) == (6, "old")
    assert ran.out.startswith("once upon a time")
    value = json.loads(ttc("--json", *CUT, script=lambda _: STORY).out)
    assert value["choices"][0]["finish_reason"] == "length"
    assert value["error"]["code"] == 6


@pytest.mark.parametrize("how", [("-e", "low"), ("-S", "refine"), ("-S", "think")])
def test_a_forced_answer_is_told_as_one(ttc: Ttc, how: tuple[str, ...]) -> None:
    ran = ttc(*how, "-x", "--max-tokens", "60", SUM, script=_forced)
    assert (ran.code, ran.out) == (6, "42\n")
    assert "the answer was forced out" in ran.err


def test_a_forced_answer_that_is_cut_itself_is_not_shown(ttc: Ttc) -> None:
    ran = ttc("-e", "high", "--max-tokens", "60", SUM, script=lambda _: "well " * 500)
    assert ran.code == 6
    assert "boxed" not in ran.out
    assert "breaks off" in ran.err


def test_an_answer_from_whole_samples_is_one_though_the_budget_is_spent(ttc: Ttc) -> None:
    def script(request: BranchRequest) -> str:
        return REPLIES[0] if request.seed % 2 else "well " * 500

    ran = ttc("-n", "8", "--no-early-stop", "--max-tokens", "160", "-x", SUM, script=script)
    assert (ran.code, ran.out) == (0, "42\n")


GATES = [("-V", "regex:^zzz$"), ("-V", "regex:^zzz$", "-V", "judge")]


@pytest.mark.parametrize("gates", GATES)
@pytest.mark.parametrize("how", [("-e", "low"), ("-n", "4"), ("-S", "refine"), ("-S", "direct")])
def test_what_a_gate_rejected_is_not_printed(
    ttc: Ttc, gates: tuple[str, ...], how: tuple[str, ...]
) -> None:
    ran = ttc(*gates, *how, SUM)
    assert (ran.code, ran.out) == (3, "")
    assert "regex:^zzz$ rejected every reply: it does not match ^zzz$" in ran.err
    ran = ttc(*gates, *how, "--allow-rejected", "-x", SUM)
    assert (ran.code, ran.out) == (3, "42\n")


def test_json_says_what_was_verified(ttc: Ttc) -> None:
    value = json.loads(ttc("--json", "-V", "regex:^zzz$", SUM).out)
    assert (value["ttc"]["verified"], value["error"]["code"]) == (False, 3)
    assert value["choices"][0]["message"]["content"] == ""
    assert json.loads(ttc("--json", "-V", "regex:42", SUM).out)["ttc"]["verified"] is True
    assert json.loads(ttc("--json", SUM).out)["ttc"]["verified"] is None


def test_a_rejected_reply_is_no_file_unless_asked_for(ttc: Ttc) -> None:
    asked = ("-V", "regex:^zzz$", "-o", "f.py", SUM)
    assert ttc(*asked).code == 3
    assert not Path("f.py").exists()
    assert ttc("--allow-rejected", *asked).code == 3
    assert Path("f.py").read_text() == REPLIES[0] + "\n"


def test_a_gate_that_came_to_no_verdict_let_nothing_through(ttc: Ttc) -> None:
    ran = ttc("-V", "exec:sh -c 'exit 127'", SUM)
    assert (ran.code, ran.out) == (3, "")
    assert "unchecked by exec" in ran.err


def test_rows_of_a_map_say_what_they_lack(ttc: Ttc) -> None:
    Path("in.txt").write_text("a\nb\n")
    ran = ttc("map", "-V", "regex:^zzz$", "Say {line}", "in.txt")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 1
    assert all("answer" not in row and "rejected every reply" in row["error"] for row in rows)
    ran = ttc("map", "--max-tokens", "5", "Say {line}", "in.txt", script=lambda _: STORY)
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 1
    assert all(row["answer"].startswith("once") and "breaks off" in row["error"] for row in rows)


def test_low_agreement_is_a_loud_line_in_pipes_too(ttc: Ttc) -> None:
    many = tuple(f"It is \\boxed{{{n}}}." for n in range(9))

    def script(request: BranchRequest) -> str:
        return many[request.seed % 9]

    ran = ttc("-n", "16", "--no-early-stop", "-x", SUM, script=script)
    assert ran.code == 0
    assert "LOW AGREEMENT: " in ran.err or "UNDECIDED: " in ran.err
    assert "the answer is a guess" in ran.err
    assert "guess" not in ttc("-n", "4", SUM).err


def test_agreement_of_one_branch_cannot_be_asked_for(ttc: Ttc) -> None:
    for words in (("-e", "low"), ("-n", "1"), ("-S", "refine")):
        ran = ttc("--min-agreement", "0.5", *words, SUM, script=BOTH)
        assert (ran.code, ran.out) == (2, "")
        assert "--min-agreement needs a vote" in ran.err
