"""Planning: what the machine allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ttc_cli.core.events import Done
from ttc_cli.engine import machine
from ttc_cli.models.gguf import read_gguf
from ttc_cli.session import effort as efforts
from ttc_cli.session import loaded
from ttc_cli.session import plan as planning
from ttc_cli.session.request import Request
from ttc_cli.session.running import answering, start


@pytest.mark.parametrize(("told", "memory"), [(64 << 20, 64 << 20), (None, 8 << 30)])
def test_a_container_s_limit_is_the_memory_there_is(
    monkeypatch: pytest.MonkeyPatch, stage: Callable[..., Any], told: int | None, memory: int
) -> None:
    monkeypatch.setattr(machine, "memory_bytes", lambda: (told, None))
    session = stage(lambda _: "")
    per_token = read_gguf(session.model.path).kv_bytes_per_token
    assert loaded.memory_cells(session) == memory * loaded.MOST_KV_SHARE // per_token


@pytest.mark.parametrize("strategy", ["direct", "self-consistency", "best-of-n", "refine", "think"])
@pytest.mark.parametrize("whole", [True, False])
def test_what_a_grammar_filled_in_is_told(
    stage: Callable[..., Any], strategy: str, whole: bool
) -> None:
    schema = '{"type": "array", "items": {"type": "string"}, "minItems": 60}'
    session = stage(strategy=strategy, samples=2, max_tokens=40, thinking_budget=0)
    request = Request.of(session.settings, "Say it.")
    request = replace(request, schema='{"type": "boolean"}' if whole else schema)
    planned = planning.plan(session, request)
    events = list(answering(planned, start(planned, session.engine)))
    (done,) = (event for event in events if isinstance(event, Done))
    error = done.result.get("error", {"code": 0, "message": ""})
    assert error["code"] == (0 if whole else 6)
    assert ("fields may be made up" in error["message"]) == (not whole)


SHOWS = "Write a Python function `double(n)`, so that double(2) == 4."


@pytest.mark.parametrize(
    ("prompt", "effort", "given", "drafts"),
    [
        (SHOWS, "low", {}, 1),
        (SHOWS, "medium", {}, 4),
        (SHOWS, "high", {}, 16),
        (SHOWS, "auto", {}, 4),
        (SHOWS, "auto", {"programs": "off"}, 1),
        (SHOWS, "auto", {"strategy": "direct"}, 1),
        ("Write a Python function `double(n)`.", "auto", {}, 1),
    ],
)
def test_code_is_checked_by_the_question_s_examples(
    stage: Callable[..., Any], prompt: str, effort: str, given: dict[str, Any], drafts: int
) -> None:
    session = stage(lambda _: "", effort=effort, **given)
    planned = planning.plan(session, Request.of(session.settings, prompt)).plan
    assert planned.samples == drafts or planned.strategy == "direct"
    assert (planned.strategy == "self-consistency") == (drafts > 1)
    if drafts > 1:
        assert planned.check is not None
        assert planned.check.name == "tests:doctest"


@pytest.mark.parametrize(
    ("name", "prompt", "read"),
    [
        ("qwen2.5-coder-0.5b", "What is 3 + 4?", True),
        ("qwen2.5-coder-0.5b", "Who wrote Faust?", False),
        ("llama-3.2-1b", "What is 3 + 4?", False),
    ],
)
def test_numbers_of_plain_replies_are_read_by_models_that_were_measured(
    stage: Callable[..., Any], name: str, prompt: str, read: bool
) -> None:
    session = stage(lambda _: "", programs="off")
    session.engine.info = replace(session.engine.info, name=name)
    question = planning.plan(session, Request.of(session.settings, prompt)).question
    assert (question.bare is not None) == read


@pytest.mark.parametrize("given", [{}, {"samples": 8}, {"strategy": "best-of-n"}])
@pytest.mark.parametrize("effort", ["low", "medium", "high", "max", "auto"])
@pytest.mark.parametrize("prompt", ["hi", "who wrote Emma?", "What is 17 * 23 + 9?", SHOWS])
def test_estimates_agree_and_more_effort_never_takes_less(
    stage: Callable[..., Any], prompt: str, effort: str, given: dict[str, Any]
) -> None:
    session = stage(lambda _: "", effort=effort, **given)
    fresh = planning.plan(session, Request.of(session.settings, prompt))
    # what the runs before happened to take says nothing of levels that were not run
    session.speeds.see_run(efforts.key(fresh.question, fresh.plan), 1.0, 9.0)
    for _ in range(3):
        session.speeds.see_run(efforts.key(fresh.question, fresh.plan), 5000.0, 9.0)
    for estimate in (
        fresh.estimate,
        planning.plan(session, Request.of(session.settings, prompt)).estimate,
    ):
        levels = {name: one["tokens"] for name, one in estimate["levels"].items()}
        assert levels["low"] <= min(levels.values())
        assert levels["medium"] <= levels["high"]
        if effort in levels:
            assert levels[effort] == estimate["tokens"]
        else:
            assert levels["high"] <= estimate["tokens"]


def test_one_line_is_planned_as_one(stage: Callable[..., Any]) -> None:
    session = stage(lambda _: "", effort="medium")
    planned = planning.plan(session, Request.of(session.settings, "hi"))
    assert (planned.plan.strategy, planned.plan.samples) == ("direct", 1)
    assert planned.estimate["levels"]["auto"] == planned.estimate["levels"]["low"]
