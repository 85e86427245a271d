"""`-V` from the command line to the result."""

from __future__ import annotations

import json

from harness import SUM, Ttc


def test_a_verifier_is_asked_and_its_cost_reported(ttc: Ttc) -> None:
    ran = ttc("ask", SUM, "-S", "direct", "-V", "regex:^42$", "-V", "judge", "--jsonl")
    assert ran.code == 0, ran.err
    events = [json.loads(line) for line in ran.out.splitlines()]
    scores = [(e["verifier"], e["score"]) for e in events if e["type"] == "score"]
    assert scores == [("regex:^42$", 1.0), ("judge", 0.5), ("regex:^42$+judge", 0.5)]
    assert events[0]["plan"]["verifier"] == "regex:^42$+judge"
    assert events[-1]["result"]["ttc"]["tokens"]["verifier"] == 0


def test_what_a_judge_says_is_counted_as_the_verifier_s(ttc: Ttc) -> None:
    asked = ("ask", SUM, "-S", "direct", "-V", "judge", "-O", "rationales=2", "--json")
    ran = ttc(*asked, "-O", "rationale-tokens=4")
    assert ran.code == 0, ran.err
    result = json.loads(ran.out)
    assert result["ttc"]["tokens"]["verifier"] == 8
    sampled = result["ttc"]["tokens"]["sampled"]
    assert result["usage"]["completion_tokens"] == sampled + 8
    assert result["ttc"]["timings"]["verify_s"] >= 0


def test_mistakes_are_told_before_anything_is_loaded(ttc: Ttc) -> None:
    for words, says in (
        (("-V", "juge"), "did you mean 'judge'?"),
        (("-V", "regex:("), "is no regular expression"),
        (("-V", "judge", "-S", "direct", "-O", "rationale=3"), "did you mean 'rationales'?"),
    ):
        ran = ttc("ask", SUM, *words, "-m", "no-such-model-anywhere")
        assert ran.code == 2
        assert says in ran.err
        assert ran.out == ""


def test_help_options_lists_those_of_verifiers(ttc: Ttc) -> None:
    ran = ttc("ask", "-V", "judge", "-V", "regex:x", "--help-options")
    assert "rationales=0\t" in ran.out
    assert "regex:PATTERN\n  input=answer\t" in ran.out
    assert "self-consistency" not in ran.out
    every = ttc("ask", "--help-options").out
    assert "self-consistency" in every
    assert "exec:CMD" in every


def test_again_asks_the_same_verifier(ttc: Ttc) -> None:
    said = ("--jsonl", "-S", "direct", "-V", "judge", "-O", "rationales=1")
    assert ttc("ask", SUM, *said).code == 0
    ran = ttc("again", "-e", "low", "--json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["ttc"]["tokens"]["verifier"] > 0
