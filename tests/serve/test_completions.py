"""/v1/chat/completions, without a network: what is asked, what comes back, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from endpoint import CHAT, RESPONSES, SUM, ask, serving, streamed

from ttc_cli.answers.schema.compiler import compile_schema
from ttc_cli.core.engine import BranchRequest
from ttc_cli.engine.scripted import Line, from_choices
from ttc_cli.jail.lock import available


def test_an_answer_is_a_completion_with_true_tokens() -> None:
    with serving() as client:
        body = client.post(CHAT, json=ask()).json()
    message = body["choices"][0]["message"]
    assert message["content"] == "42"
    assert "17 + 25" in message["reasoning_content"]
    assert body["usage"]["completion_tokens"] == body["ttc"]["tokens"]["sampled"] > 0
    assert list(body)[-1] == "ttc"


def test_a_stream_tells_thoughts_then_the_answer_then_what_it_took() -> None:
    with serving() as client:
        body = ask(stream=True, stream_options={"include_usage": True}, reasoning_effort="medium")
        text = client.post(CHAT, json=body).text
    chunks = streamed(text)
    said = [c["choices"][0]["delta"] for c in chunks if c["choices"]]
    kinds = [next(iter(set(delta) - {"role"}), "") for delta in said]
    first = kinds.index("content", 1)
    assert kinds[1:first] == ["reasoning_content"] * (first - 1)
    assert "votes: 42" in "".join(delta.get("reasoning_content", "") for delta in said)
    assert "".join(delta.get("content", "") for delta in said) == "42"
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["usage"]["completion_tokens"] == chunks[-1]["ttc"]["tokens"]["sampled"]
    assert text.endswith("data: [DONE]\n\n")


def test_without_usage_the_last_chunk_has_the_figures() -> None:
    with serving() as client:
        chunks = streamed(client.post(CHAT, json=ask(stream=True)).text)
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["ttc"]["answer"] == "42"
    assert not any("usage" in chunk for chunk in chunks)


def test_prose_streams_as_content_and_ends_at_a_stop_string() -> None:
    story = "Once there was a fox. " + "It ran and ran. " * 100
    with serving(lambda _: story) as client:
        whole = client.post(CHAT, json=ask("Tell a story.", stop="ran.")).json()
        chunks = streamed(
            client.post(CHAT, json=ask("Tell a story.", stop="ran.", stream=True)).text
        )
    assert whole["choices"][0]["message"]["content"] == "Once there was a fox. It ran and "
    assert whole["choices"][0]["finish_reason"] == "stop"
    assert whole["usage"]["completion_tokens"] == 9
    said = "".join(c["choices"][0]["delta"].get("content", "") for c in chunks)
    assert said == "Once there was a fox. It ran and "
    for ours in (whole["ttc"], chunks[-1]["ttc"]):
        assert ours["stopped"] == "complete"
        assert (ours["samples"]["finished"], ours["samples"]["culled"]) == (1, 0)
        assert (ours["tokens"]["sampled"], ours["tokens"]["wasted"]) == (9, 0)
        assert "error" not in ours


def test_an_answer_that_begins_with_a_stop_string_is_empty_and_whole() -> None:
    with serving(lambda _: "\nOnce there was a fox. " * 9) as client:
        told = client.post(CHAT, json=ask("Tell a story.", stop="\n"))
    choice = told.json()["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("", "stop")


def test_an_answer_cut_by_its_stop_string_is_not_kept_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTC_HOME", str(tmp_path))
    with serving(lambda _: "It ran and ran. It slept.", log=True, cache=True) as client:
        cut = client.post(CHAT, json=ask("Tell a story.", stop="ran.")).json()
        whole = client.post(CHAT, json=ask("Tell a story.")).json()
    assert cut["choices"][0]["message"]["content"] == "It ran and "
    assert whole["choices"][0]["message"]["content"] == "It ran and ran. It slept."


def test_choices_are_drawn_by_seeds_of_their_own() -> None:
    script = from_choices([f"It is \\boxed{{{n}}}." for n in range(50)])
    more: dict[str, Any] = {"n": 3.0, "temperature": 1.0, "seed": 5.0}
    with serving(script) as client:
        body = client.post(CHAT, json=ask(**more)).json()
        alone = client.post(CHAT, json=ask(temperature=1.0, seed=6)).json()
    contents = [choice["message"]["content"] for choice in body["choices"]]
    assert contents[1] == alone["choices"][0]["message"]["content"]
    assert len(set(contents)) > 1
    drawn = [ours["tokens"]["sampled"] for ours in body["ttc"]["choices"]]
    assert body["usage"]["completion_tokens"] == sum(drawn)


def test_a_schema_holds_and_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[Any] = []

    def compiling(*given: Any) -> Any:
        compiled.append(given)
        return compile_schema(*given)

    monkeypatch.setattr("ttc_cli.answers.schema.answer.compile_schema", compiling)
    city = {"type": "string", "description": "known to no other test"}
    schema = {"type": "object", "properties": {"city": city}, "required": ["city"]}
    form = {"type": "json_schema", "json_schema": {"name": "c", "schema": schema, "strict": True}}
    with serving() as client:
        body = client.post(CHAT, json=ask(response_format=form)).json()
    assert json.loads(body["choices"][0]["message"]["content"]) == {"city": "Rome"}
    assert len(compiled) == 1


def test_a_conversation_and_a_system_message_reach_the_model() -> None:
    seen: list[str] = []

    def script(request: BranchRequest) -> str:
        seen.append(request.prompt.text)
        return "fine"

    messages = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "My name is Ann."}]},
        {"role": "assistant", "content": "Hello.", "reasoning_content": "a thought"},
        {"role": "user", "content": "Say it again, please."},
    ]
    with serving(script) as client:
        assert client.post(CHAT, json=ask() | {"messages": messages}).status_code == 200
    prompt = seen[0]
    order = [prompt.index(text) for text in ("Be brief.", "name is Ann", "Hello.", "Say it again")]
    assert order == sorted(order)
    assert "a thought" not in prompt


@pytest.mark.parametrize(
    ("more", "strategy", "effort"),
    [
        ({"model": "tiny:best-of-n", "reasoning_effort": "low"}, "best-of-n", "low"),
        ({"ttc": {"strategy": "self-consistency", "samples": 3}}, "self-consistency", "low"),
        ({"reasoning_effort": "xhigh"}, "self-consistency", "max"),
        ({"reasoning_effort": "minimal"}, "direct", "low"),
    ],
)
def test_how_to_answer_is_said_in_three_ways(more: Any, strategy: str, effort: str) -> None:
    with serving() as client:
        ours = client.post(CHAT, json=ask(**more)).json()["ttc"]
    assert (ours["strategy"], ours["effort"]) == (strategy, effort)


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"logprobs": True}, "logprobs"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"seed": -2}, "seed"),
        ({"repeat_penalty": 1.1}, "repeat_penalty"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"best_of": 2}, "best_of"),
        ({"n": 0}, "n"),
        ({"temperature": "hot"}, "temperature"),
        ({"store": True}, "store"),
        ({"max_tokens": 5, "max_completion_tokens": 6}, "max_completion_tokens"),
        ({"ttc": {"verifiers": ["exec:rm -rf /"]}}, "ttc.verifiers.0"),
        ({"ttc": {"verifiers": ["tests:/etc/passwd"]}}, "ttc.verifiers.0"),
        ({"ttc": {"verifiers": ["prm:/etc/passwd"]}}, "ttc.verifiers.0"),
        ({"ttc": {"verifiers": ["schema:/etc/passwd"]}}, "ttc.verifiers.0"),
        ({"ttc": {"verifiers": ["judge", "somebodys-plug-in"]}}, "ttc.verifiers.1"),
        ({"ttc": {"unsafe_exec": True}}, "ttc.unsafe_exec"),
        ({"ttc": {"model": "other"}}, "ttc.model"),
        ({"ttc": {"schema": "/etc/passwd"}}, "ttc.schema"),
        ({"ttc": {"strategy": "somebodys-plug-in"}}, "ttc.strategy"),
        ({"messages": [{"role": "assistant", "content": "hi"}]}, "messages"),
        ({"messages": [{"role": "user", "content": None}]}, "messages.0.content"),
        ({"messages": [{"role": "user"}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        (
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "c", "schema": {"type": "nothing"}},
                }
            },
            "response_format.json_schema.schema",
        ),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(more: Any, param: str) -> None:
    with serving() as client:
        told = client.post(CHAT, json=ask(**more))
    assert told.status_code == 400
    error = told.json()["error"]
    assert error["param"] == param, error
    assert error["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("data", "kind", "status", "says"),
    [
        (b"{", "application/json", 400, "no JSON"),
        (b'{"model": NaN}', "application/json", 400, "NaN"),
        (b'{"model": "tiny", "messages": 1e999}', "application/json", 400, ""),
        (b"[" * 100_000, "application/json", 400, "deep"),
        (b'{"model": "\\ud800"}', "application/json", 400, "surrogate"),
        (b"\xff", "application/json", 400, "UTF-8"),
        (b"[]", "application/json", 400, ""),
        (b"{}", "text/plain", 415, ""),
        (b"a" * 5_000_000, "application/json", 413, ""),
    ],
)
def test_a_body_that_is_no_request_is_refused(
    data: bytes, kind: str, status: int, says: str
) -> None:
    with serving() as client:
        told = client.post(CHAT, content=data, headers={"content-type": kind})
        assert client.post(CHAT, json=ask()).status_code == 200
    assert told.status_code == status
    message = told.json()["error"]["message"]
    assert says in message
    assert "Error" not in message


def test_an_unknown_model_is_not_found() -> None:
    with serving() as client:
        told = client.post(CHAT, json=ask() | {"model": "gpt-4"})
        assert client.get("/v1/models/gpt-4").status_code == 404
        names = [model["id"] for model in client.get("/v1/models").json()["data"]]
        assert names[0] == "tiny"
        assert client.get(f"/v1/models/{names[-1]}").json()["id"] == names[-1]
    assert told.status_code == 404
    assert told.json()["error"]["code"] == "model_not_found"


@pytest.mark.parametrize("stream", [False, True])
def test_errors_of_a_run_have_the_forms_of_the_api(stream: bool) -> None:
    with serving(context=60) as client:
        told = client.post(CHAT, json=ask("word " * 90, stream=stream))
    assert told.status_code == 400
    assert told.json()["error"]["code"] == "context_length_exceeded"


def test_an_answer_that_is_cut_says_length() -> None:
    with serving(lambda _: "so it goes on " * 50) as client:
        body = client.post(CHAT, json=ask("Tell a story.", max_completion_tokens=8)).json()
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"]["completion_tokens"] == 8
    assert "error" in body["ttc"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_sample_that_breaks_off_is_no_answer(stream: bool) -> None:
    def script(request: BranchRequest) -> Line:
        return Line(("It", " is", " \\boxed{42}"), fails=request.seed % 2 == 0)

    with serving(script) as client:
        told = client.post(CHAT, json=ask(SUM, stream=stream, ttc={"samples": 8}))
        other = client.post(
            RESPONSES, json={"model": "tiny", "input": SUM, "stream": stream, "ttc": {"samples": 8}}
        )
    assert told.status_code == other.status_code == (200 if stream else 503)
    error = streamed(told.text)[-1]["error"] if stream else told.json()["error"]
    assert error["code"] == "engine_unavailable"
    if stream:
        assert streamed(other.text)[-1]["type"] == "response.failed"
        assert "broke off" in streamed(other.text)[-1]["response"]["error"]["message"]


def test_more_choices_than_the_queue_holds_are_refused() -> None:
    with serving(queue=2) as client:
        told = client.post(CHAT, json=ask(n=3))
        assert client.post(CHAT, json=ask(n=2)).status_code == 200
    assert (told.status_code, told.json()["error"]["param"]) == (400, "n")


def test_a_schema_streams_its_thought_and_then_the_json() -> None:
    with serving() as client:
        form = {"type": "json_object"}
        chunks = streamed(client.post(CHAT, json=ask(stream=True, response_format=form)).text)
    said = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert "17 + 25" in "".join(delta.get("reasoning_content", "") for delta in said)
    assert "".join(delta.get("content", "") for delta in said) == '{"city": "Rome"}'


@pytest.mark.skipif(available() is not None, reason="programs cannot be locked in here")
def test_programs_and_their_values_stream_as_reasoning() -> None:
    code = "def solution():\n    return 17 + 25\n"

    def script(request: BranchRequest) -> str:
        return code if "solution" in request.prompt.text or request.prefix else "It is \\boxed{42}."

    with serving(script) as client:
        body = ask(stream=True, model="tiny:program", ttc={"programs": "only", "samples": 2})
        told = client.post(CHAT, json=body)
    chunks = streamed(told.text)
    thought = "".join(c["choices"][0]["delta"].get("reasoning_content", "") for c in chunks)
    assert "17 + 25" in thought
    assert "program: 42" in thought
