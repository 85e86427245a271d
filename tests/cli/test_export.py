"""`ttc logs export`: rows as trl and axolotl document them, of nothing but verified runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from harness import SUM, Ttc

from ttc_cli.core.events import Close, Done, Event, Open, Score, Start, StepDone, Text
from ttc_cli.core.ledger import Usage
from ttc_cli.core.outcome import Outcome, Plan
from ttc_cli.store.log import Entry, Log
from ttc_cli.store.recorder import Recorder
from ttc_cli.verifiers.registry import ranks_only
from ttc_cli.views import result
from ttc_cli.views.export import Criteria, Logged, rows

RIGHT, ALSO, WRONG = (
    "<think>\nseventeen\n</think>\n\nIt is \\boxed{42}.",
    "Surely \\boxed{42.0}.",
    "I say \\boxed{41}.",
)


def is_conversational(messages: Any, *, last: str) -> bool:
    """What trl's `is_conversational` and `apply_chat_template` ask of a list of messages."""
    roles = [message["role"] for message in messages]
    return (
        isinstance(messages, list)
        and all(set(message) == {"role", "content"} for message in messages)
        and all(isinstance(message["content"], str) for message in messages)
        and set(roles) <= {"system", "user", "assistant"}
        and roles[-1] == last
    )


def record(
    folder: Path,
    name: str,
    events: list[Event],
    *,
    chosen: str = RIGHT,
    agreement: float | None = 0.8,
    parent: str | None = None,
) -> None:
    thought, _, reply = chosen.rpartition("</think>\n\n")
    facts = result.Facts(
        name, 0, "m", "0", 1, 0, {"task": "math", "path": "complex", "reason": ""}, {},
        dict.fromkeys(("load_s", "prefill_s", "decode_s", "verify_s", "wall_s"), 1.0), 1.0,
    )  # fmt: skip
    plan = Plan("self-consistency", "medium", 3, 100)
    done = result.build(Outcome(None, "42", agreement=agreement), plan, Usage(), facts)
    message = done["choices"][0]["message"] = {"role": "assistant", "content": reply}
    if thought:
        message["reasoning_content"] = thought.removeprefix("<think>").strip()
    entry = Entry(name, SUM, (("d", "text"),), {"system": "Be brief."}, parent)
    with Recorder(folder, entry, 0.0, print) as recorder:
        for event in [Start({}, {"thinking": False}), *events, Done(done)]:
            recorder(event)


def branch(number: int, text: str, score: float | None = None) -> list[Event]:
    events: list[Event] = [
        Open((number,)),
        Text((number,), text, 3),
        Close((number,), "end", 3),
    ]
    return [*events, Score((number,), "judge", score)] if score is not None else events


def logged(folder: Path) -> list[Logged]:
    with Log(folder) as log:
        return [
            Logged(
                run, log.texts(run), log.turns(run)[:-1], log.result(run) or {},
                tuple(event for _, event in log.events(run)),
            )
            for run in reversed(log.runs())
        ]  # fmt: skip


VOTED = [*branch(0, RIGHT), *branch(1, ALSO), *branch(2, WRONG)]
PROMPT = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": f'<document name="d">\ntext\n</document>\n\n{SUM}'},
]


def test_each_form_holds_what_is_documented(tmp_path: Path) -> None:
    record(tmp_path, "ttc-1", VOTED)
    runs = logged(tmp_path)
    (sft,) = rows(runs, "sft")
    assert sft == {"messages": [*PROMPT, {"role": "assistant", "content": RIGHT}]}
    assert is_conversational(sft["messages"], last="assistant")
    (dpo,) = rows(runs, "dpo")
    assert set(dpo) == {"prompt", "chosen", "rejected"}
    assert is_conversational(dpo["prompt"], last="user")
    assert dpo["chosen"] == [{"role": "assistant", "content": RIGHT}]
    assert dpo["rejected"] == [{"role": "assistant", "content": WRONG}]
    (grpo,) = rows(runs, "grpo")
    assert (grpo["prompt"], grpo["answer"]) == (PROMPT, "42")
    assert [one[0]["content"] for one in grpo["completions"]] == [RIGHT, ALSO, WRONG]
    assert all(is_conversational(one, last="assistant") for one in grpo["completions"])
    assert grpo["rewards"] == [1.0, 1.0, 0.0]
    assert list(rows(runs, "steps")) == []  # nothing was drawn in steps


def test_thoughts_can_be_left_out(tmp_path: Path) -> None:
    record(tmp_path, "ttc-1", VOTED)
    (sft,) = rows(logged(tmp_path), "sft", thoughts=False)
    assert sft["messages"][-1]["content"] == "It is \\boxed{42}."


def test_only_what_is_verified_counts(tmp_path: Path) -> None:
    record(tmp_path, "ttc-1", [*branch(0, RIGHT, 0.9), *branch(1, WRONG, 0.2)], agreement=0.5)
    runs = logged(tmp_path)

    def count(*ways: str, **more: float) -> int:
        return len(list(rows(runs, "sft", Criteria(ways, **more))))

    assert count("agreement") == 0
    assert count("agreement", agreement=0.5) == 1
    assert count("verifier") == 1
    assert count("verifier", score=0.95) == 0
    assert count("feedback") == 0
    with Log(tmp_path) as log:
        log.rate(log.get(), "good")
    runs = logged(tmp_path)
    assert count("feedback") == 1
    with Log(tmp_path) as log:
        log.rate(log.get(), "bad")
    runs = logged(tmp_path)
    assert count("feedback", "verifier", "agreement", agreement=0.1) == 0


def test_a_run_rated_bad_is_the_rejected_of_another(tmp_path: Path) -> None:
    record(tmp_path, "ttc-1", branch(0, RIGHT), agreement=None)
    record(tmp_path, "ttc-2", branch(0, WRONG), chosen=WRONG, agreement=None)
    with Log(tmp_path) as log:
        log.rate(log.get("1"), "good")
        log.rate(log.get("2"), "bad")
    (dpo,) = rows(logged(tmp_path), "dpo")
    assert dpo["chosen"][0]["content"] == RIGHT
    assert dpo["rejected"][0]["content"] == WRONG


def test_earlier_turns_come_along(tmp_path: Path) -> None:
    record(tmp_path, "ttc-1", branch(0, RIGHT))
    record(tmp_path, "ttc-2", branch(0, ALSO), chosen=ALSO, parent="ttc-1")
    _, second = rows(logged(tmp_path), "sft")
    assert [message["role"] for message in second["messages"]] == [
        "system", "user", "assistant", "user", "assistant",
    ]  # fmt: skip
    assert second["messages"][2]["content"] == "It is \\boxed{42}."  # without its thoughts


def test_steps_go_by_their_score_else_by_where_they_lead(tmp_path: Path) -> None:
    first, good, bad = "Add them.\n\n", "So \\boxed{42}.", "So \\boxed{41}."
    root: list[Event] = [
        Open((0,)),
        Text((0,), first, 3),
        StepDone((0,), 0),
        Close((0,), "step", 3),
    ]
    leaves = [*branch(0, good), *branch(1, bad)]
    children = [
        type(event)(**{**{f: getattr(event, f) for f in event.__slots__}, "branch": (0, i // 3)})
        for i, event in enumerate(leaves)
    ]
    record(tmp_path, "ttc-1", [*root, *children], chosen=first + good)
    expected = {"prompt": PROMPT[1]["content"], "completions": ["Add them.", good.strip()]}
    found = list(rows(logged(tmp_path), "steps"))
    assert found == [
        {**expected, "labels": [True, True]},
        {**expected, "completions": ["Add them.", bad], "labels": [True, False]},
    ]

    def labels(verifier: str) -> list[list[bool]]:
        with Log(tmp_path) as log:
            log.remove(run.id for run in log.runs())
        scored: list[Event] = [*root, Score((0,), verifier, 0.1), *children]
        record(tmp_path, f"ttc-{verifier}", scored, chosen=first + good)
        found = rows(logged(tmp_path), "steps", Criteria(ranks=ranks_only))
        return [row["labels"] for row in found]

    assert labels("prm") == [[False, True], [False, False]]
    assert labels("confidence") == [[True, True], [True, False]]  # it only ranks


def test_the_command_writes_a_file(ttc: Ttc) -> None:
    ttc("-e", "medium", SUM)
    ran = ttc("logs", "export", "-o", "out.jsonl")
    assert (ran.code, ran.out) == (0, "")
    assert "1 row of sft from 1 run" in ran.err
    (line,) = Path("out.jsonl").read_text("utf-8").splitlines()
    assert is_conversational(json.loads(line)["messages"], last="assistant")
    assert ttc("logs", "export", "--format", "grpo").out.count("\n") == 1


@pytest.mark.parametrize("flags", [("--format", "csv"), ("--by", "magic"), ("-o", "/no/such/x")])
def test_what_it_refuses(ttc: Ttc, flags: tuple[str, str]) -> None:
    ran = ttc("logs", "export", *flags)
    assert ran.code in (1, 2)
    assert ran.err.count("\n") == 1
