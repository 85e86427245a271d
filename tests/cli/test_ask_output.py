"""What comes back: streams, exit codes, JSON, events, files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from harness import BOTH, REPLIES, SUM, Ttc
from openai.types.chat import ChatCompletion

from ttc_cli.core.engine import BranchRequest
from ttc_cli.engine.scripted import Line

ANSWER = "42\n"


def result(text: str) -> dict[str, Any]:
    """A `--json` object, checked with the types of the official client."""
    ChatCompletion.model_validate_json(text)
    value: dict[str, Any] = json.loads(text)
    return value


def test_one_answer_on_stdout_and_nothing_on_stderr(ttc: Ttc) -> None:
    ran = ttc("-e", "low", SUM)
    assert (ran.code, ran.out, ran.err) == (0, ANSWER, "")


@pytest.mark.parametrize("said", ["done", "done\n", "done\n\n\n"])
@pytest.mark.parametrize("flags", [(), ("--no-stream",), ("-x",), ("-n", "3")])
def test_an_answer_ends_with_one_newline(ttc: Ttc, said: str, flags: tuple[str, ...]) -> None:
    assert ttc(*flags, "tell me", script=lambda _: Line((said,))).out == "done\n"


def test_line_ends_within_an_answer_stay(ttc: Ttc) -> None:
    lines = Line(("a\n", "\n", "\nb", "\n"))
    assert ttc("tell me", script=lambda _: lines).out == "a\n\n\nb\n"


def test_extract_prints_the_short_form(ttc: Ttc) -> None:
    assert ttc("-x", SUM).out == "42\n"
    code = "Here:\n```python\nprint(1)\n\n```\nThat is it."
    assert ttc("-x", "write a python function", script=lambda _: code).out == "print(1)\n"
    assert ttc("-x", "tell me", script=lambda _: "just prose").out == "just prose\n"


def test_json_is_a_chat_completion_with_ours(ttc: Ttc) -> None:
    ran = ttc("--json", "-e", "low", SUM)
    assert ran.err == ""
    value = result(ran.out)
    assert value["choices"][0]["message"] == {
        "role": "assistant",
        "content": "42",
        "reasoning_content": REPLIES[0],
    }
    assert value["choices"][0]["finish_reason"] == "stop"
    usage, ours = value["usage"], value["ttc"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    reasoned = usage["completion_tokens"] - 1  # all but the value
    assert usage["completion_tokens_details"] == {"reasoning_tokens": reasoned}
    assert ours.keys() >= {
        "schema_version", "strategy", "effort", "route", "answer", "agreement", "stopped",
        "samples", "votes", "tokens", "cost", "timings", "cache", "seed", "model",
    }  # fmt: skip
    assert ours["route"].keys() >= {"task", "path", "reason", "program"}
    kinds = {"prompt", "sampled", "verifier", "wasted", "shared", "evaluated"}
    assert ours["tokens"].keys() == kinds
    assert ours["cost"].keys() == {"multiplier", "estimated_seconds", "seconds", "money"}
    assert ours["timings"].keys() == {"load_s", "prefill_s", "decode_s", "verify_s", "wall_s"}
    assert (ours["answer"], ours["agreement"], ours["votes"]) == ("42", None, [])
    assert (ours["strategy"], ours["effort"], ours["stopped"]) == ("direct", "low", "complete")
    assert (ours["seed"], ours["cache"], ours["schema_version"]) == (0, "miss", 1)


def test_json_of_a_vote(ttc: Ttc) -> None:
    value = result(ttc("--json", "-n", "9", "--no-early-stop", SUM, script=BOTH).out)
    ours = value["ttc"]
    given = {"answered": 9, "counted": 9}
    assert ours["samples"] == {"started": 9, "finished": 9, "culled": 0} | given
    first, second = ours["votes"]
    assert first["count"] + second["count"] == 9
    assert ours["agreement"] == first["weight"] / (first["weight"] + second["weight"])
    assert first["answer"] in value["choices"][0]["message"]["content"]
    kept = value["usage"]["completion_tokens_details"]["reasoning_tokens"]
    assert 0 < kept < value["usage"]["completion_tokens"] == ours["tokens"]["sampled"]


def test_the_same_question_is_the_same_answer(ttc: Ttc) -> None:
    first, second = (ttc("--json", "-n", "5", SUM, script=BOTH).out for _ in range(2))
    assert result(first)["choices"] == result(second)["choices"]
    seeds = {result(ttc("--json", "--seed", "random", SUM).out)["ttc"]["seed"] for _ in range(3)}
    assert len(seeds) == 3


def test_samples_of_an_earlier_run_are_used_again(ttc: Ttc) -> None:
    words = ("--json", "--no-early-stop", SUM)
    first, more, anew = (
        result(ttc(*words, *flags, script=BOTH, cache="yes").out)
        for flags in (("-n", "4"), ("-n", "5"), ("-n", "5", "--refresh"))
    )
    assert [value["ttc"]["cache"] for value in (first, more, anew)] == ["miss", "partial", "miss"]
    assert more["choices"] == anew["choices"]


def test_events_are_lines_and_end_with_the_result(ttc: Ttc) -> None:
    ran = ttc("--jsonl", "-n", "3", "--no-early-stop", SUM)
    assert (ran.code, ran.err) == (0, "")
    events = [json.loads(line) for line in ran.out.splitlines()]
    kinds = [event["type"] for event in events]
    assert (kinds[0], kinds[-1]) == ("start", "done")
    assert set(kinds) == {"start", "open", "text", "close", "vote", "usage", "done"}
    assert all(isinstance(event["t"], float) and "branch" in event for event in events)
    assert events[0].keys() >= {"request", "plan", "estimate"}
    result(json.dumps(events[-1]["result"]))
    said = [e["delta"] for e in events if e["type"] == "text" and e["branch"] == [1]]
    assert "".join(said) == REPLIES[0]
    kinds_of = [(e["branch"] is None, e["kind"]) for e in events if e["type"] == "text"]
    assert set(kinds_of) == {(False, "thought"), (True, "answer")}
    assert [e["delta"] for e in events if e.get("kind") == "answer"] == ["42"]
    closed = next(e for e in events if e["type"] == "close")
    assert closed.keys() >= {"stop", "tokens", "confidence", "answer"}
    votes = [e for e in events if e["type"] == "vote"]
    (only,) = votes[-1]["classes"]
    assert (only["answer"], only["count"]) == ("42", 3)


def test_an_error_is_an_event_too(ttc: Ttc) -> None:
    ran = ttc("--jsonl", "-f", "missing", "hi")
    event = json.loads(ran.out)
    assert (event["type"], event["error"]["code"], ran.code) == ("error", 1, 1)


def test_words_after_the_dashes_are_no_flags_for_errors_either(ttc: Ttc) -> None:
    assert ttc("-m", "nope", "--", "--json").out == ""


def test_thoughts_stay_off_stdout(ttc: Ttc) -> None:
    said = "<think>\nhm, 17 and 25\n</think>\n\nIt is 42."
    ran = ttc("-e", "low", "tell me", script=lambda _: said)
    assert (ran.out, ran.err) == ("It is 42.\n", "")
    ran = ttc("--show-reasoning", "-e", "low", "tell me", script=lambda _: said)
    assert ran.out == "It is 42.\n"
    assert "hm, 17 and 25" in ran.err
    assert "\x1b" not in ran.err
    ran = ttc("-R", "--json", "tell me", script=lambda _: said)
    message = result(ran.out)["choices"][0]["message"]
    assert message["content"] == "It is 42."
    assert message["reasoning_content"] == "hm, 17 and 25"
    assert ran.err == ""


def test_thoughts_that_the_template_opened(ttc: Ttc) -> None:
    ran = ttc("-q", "tell me", script=lambda _: "hm\n</think>\n\nyes", thinks=True)
    assert (ran.out, ran.err) == ("yes\n", "")
    ran = ttc("tell me", script=lambda _: "hm, and then it stops", thinks=True)
    assert (ran.code, ran.out) == (3, "")
    ran = ttc("--max-tokens", "2", "tell me", script=lambda _: "hm, for ever", thinks=True)
    assert (ran.code, ran.out) == (6, "")
    assert "--max-tokens" in ran.err


def test_thinking_shows_only_the_answer(ttc: Ttc) -> None:
    def script(request: BranchRequest) -> str:
        return "so \\boxed{42}" if "</think>" in _said(request) else "first I add\n</think>"

    ran = ttc("-S", "think", "--thinking-budget", "50", SUM, script=script)
    assert ran.out == "42\n"


def _said(request: BranchRequest) -> str:
    return "".join(step.text for step in request.prefix)


def test_what_was_put_in_the_models_mouth_is_printed(ttc: Ttc) -> None:
    def script(request: BranchRequest) -> str:
        return "42}." if "boxed" in _said(request) else "well " * 500

    ran = ttc("-e", "low", "--max-tokens", "60", SUM, script=script)
    assert ran.code == 6
    assert "the answer was forced out" in ran.err
    assert ran.out.endswith("\n\nFinal Answer: \\boxed{42}.\n")
    ours = result(ttc("--json", "-e", "low", "--max-tokens", "60", SUM, script=script).out)["ttc"]
    assert (ours["answer"], ours["stopped"]) == ("42", "tokens")


@pytest.mark.parametrize("flags", [("-e", "low"), ("-n", "100"), ("-e", "high"), ("-S", "think")])
def test_max_tokens_is_exact_over_all_branches(ttc: Ttc, flags: tuple[str, ...]) -> None:
    spent = result(
        ttc("--json", *flags, "--max-tokens", "300", SUM, script=lambda _: "well " * 2000).out
    )["usage"]["completion_tokens"]
    assert spent <= 300
    assert spent > 250


def test_a_file_is_written_whole_and_stdout_stays_empty(ttc: Ttc) -> None:
    ran = ttc("-o", "out.txt", "-e", "low", SUM)
    assert (ran.code, ran.out) == (0, "")
    assert Path("out.txt").read_text() == ANSWER
    assert ttc("-x", "-o", "out.txt", SUM).code == 0
    assert Path("out.txt").read_text() == "42\n"
    assert [path.name for path in Path.cwd().iterdir()] == ["out.txt"]


def test_a_failed_run_leaves_the_old_file(ttc: Ttc) -> None:
    Path("out.txt").write_text("old")
    ran = ttc("-o", "out.txt", "tell me", script=lambda _: Line(("half",), fails=True))
    assert (ran.code, Path("out.txt").read_text()) == (1, "old")
    assert "the script says so" in ran.err
    ran = ttc("-o", "out.txt", "tell me", script=lambda _: "")
    assert (ran.code, Path("out.txt").read_text()) == (3, "old")


def test_agreement_below_the_bar_is_exit_3_with_the_answer(ttc: Ttc) -> None:
    words = ("-n", "9", "--no-early-stop", "-x", SUM)
    ran = ttc("--min-agreement", "1", *words, script=BOTH)
    assert (ran.code, ran.out) == (3, ttc(*words, script=BOTH).out)
    assert "agreement 0." in ran.err
    assert "is below 1" in ran.err
    assert ttc("--min-agreement", "0.1", *words, script=BOTH).code == 0


def test_quiet_says_nothing_but_errors(ttc: Ttc) -> None:
    ran = ttc("-q", "-e", "xhigh", "-n", "2", "tell me")
    assert (ran.code, ran.err) == (0, "")
    assert "is read as 'max'" in ttc("-e", "xhigh", "-n", "2", "tell me").err
    assert ttc("-q", "-m", "nope", "hi").err.startswith("ttc: ")


def test_dry_run_generates_nothing(ttc: Ttc) -> None:
    def script(_: BranchRequest) -> str:
        raise AssertionError

    ran = ttc("--dry-run", "-e", "high", SUM, script=script)
    assert ran.code == 0
    assert "self-consistency (high), up to 16 samples" in ran.out
    plan = json.loads(ttc("--dry-run", "--json", SUM, script=script).out)
    assert plan["plan"]["prompt_tokens"] > 10
    assert plan.keys() == {"plan", "estimate", "model"}


def test_refine_asks_in_a_next_turn(ttc: Ttc) -> None:
    prompts: list[str] = []

    def script(request: BranchRequest) -> str:
        prompts.append(request.prompt.text)
        return REPLIES[len(prompts) == 1]

    ran = ttc("ask", SUM, "-S", "refine", "-O", "rounds=1", script=script)
    assert ran.out == "42\n"
    assert prompts[1].startswith(prompts[0])
    assert f"{REPLIES[1]}<|im_end|>\n<|im_start|>user\nCheck the answer" in prompts[1]
    assert "criticised itself" in ran.err
