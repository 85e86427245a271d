"""The official client against a real server on loopback, and what other clients send."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from endpoint import HOSTS, SUM, ask, session, sums, working
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

from ttc_cli.serve.app import application
from ttc_cli.serve.listener import Listener, bound
from ttc_cli.serve.reading import Reader
from ttc_cli.serve.service import Service
from ttc_cli.settings import Settings
from ttc_cli.views.text import to_json

ASKED: list[Any] = [{"role": "user", "content": SUM}]


class City(BaseModel):
    """What the script says under a grammar."""

    city: str


@pytest.fixture
def url() -> Iterator[str]:
    """Of a server."""
    stage = session(sums)
    with closing(bound("127.0.0.1", 0)) as where, working(Service(stage)) as service:
        app = application(service, Reader(stage.settings, "tiny"), hosts=HOSTS)
        listener = Listener(app, where)
        listener.start()
        yield listener.url
        listener.stop()


@pytest.fixture
def client(url: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=url, api_key="none", max_retries=0) as made:
        yield made


def test_streaming(client: OpenAI) -> None:
    options: Any = {"include_usage": True}
    with client.chat.completions.create(
        model="tiny", messages=ASKED, stream=True, stream_options=options
    ) as stream:
        chunks = list(stream)
    said = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert "".join(delta.content or "" for delta in said) == "42"
    assert any(getattr(delta, "reasoning_content", None) for delta in said)
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens > 0


def test_responses(client: OpenAI) -> None:
    told = client.responses.create(model="tiny", input=SUM, instructions="Be brief.")
    assert told.output_text == "42"
    assert [item.type for item in told.output] == ["reasoning", "message"]
    with client.responses.stream(model="tiny", input=SUM, reasoning={"effort": "medium"}) as stream:
        kinds = [event.type for event in stream]
        assert stream.get_final_response().output_text == "42"
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    again: list[Any] = [*ASKED, *told.output, {"role": "user", "content": "And 1 more?"}]
    assert client.responses.create(model="tiny", input=again).status == "completed"


def test_structured_output(client: OpenAI) -> None:
    chat = client.chat.completions.parse(model="tiny", messages=ASKED, response_format=City)
    assert chat.choices[0].message.parsed == City(city="Rome")
    told = client.responses.parse(model="tiny", input=SUM, text_format=City)
    assert told.output_parsed == City(city="Rome")


def test_many_at_once(url: str) -> None:
    async def all_of_them() -> list[str | None]:
        async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:
            calls = [
                client.chat.completions.create(model="tiny", messages=ASKED, seed=n)
                for n in range(32)
            ]
            return [told.choices[0].message.content for told in await asyncio.gather(*calls)]

    assert asyncio.run(all_of_them()) == ["42"] * 32


READER = Reader(Settings(), "tiny")
SAYS, GREETS = {"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}
LATER = {"role": "system", "content": "Be brief."}


@pytest.mark.parametrize(
    ("messages", "history", "prompt"),
    [
        ([GREETS, SAYS], [("user", ""), ("assistant", "Hello.")], "Hi."),
        ([SAYS, LATER], [], "Hi.\n\nBe brief."),
        ([SAYS, GREETS, LATER, SAYS], [("user", "Hi."), ("assistant", "Hello.")],
         "Be brief.\n\nHi."),
        ([{**SAYS, "name": "ann", "type": "text", "cache_control": {"type": "ephemeral"}}],
         [], "Hi."),
        ([{"role": "user", "content": [{"type": "text", "text": "Hi.", "cache_control": {}}]}],
         [], "Hi."),
        ([SAYS, {**GREETS, "reasoning_details": [{"text": "a"}], "provider_specific_fields": {},
                 "thinking_blocks": None}, SAYS],
         [("user", "Hi."), ("assistant", "Hello.")], "Hi."),
    ],
)  # fmt: skip
def test_conversations_of_stock_clients_are_read(messages: Any, history: Any, prompt: str) -> None:
    (request,) = READER.chat(to_json(ask() | {"messages": messages}).encode()).requests
    assert [(one.role, one.content) for one in request.history] == history
    assert request.prompt == prompt


@pytest.mark.parametrize(
    ("more", "name", "value"),
    [
        ({"max_tokens": -1}, "max_tokens", None),
        ({"seed": -1}, "seed", "random"),
        ({"top_k": -1}, "top_k", 0),
        ({"top_k": 40, "min_p": 0.1}, "top_k", 40),
        ({"min_p": 0.1}, "min_p", 0.1),
        ({"best_of": 1, "repeat_penalty": 1.0, "repetition_penalty": 1, "typical_p": 1}, "seed", 0),
    ],
)
def test_settings_of_stock_clients_are_read(more: Any, name: str, value: Any) -> None:
    body = b"\xef\xbb\xbf" + to_json(ask(**more)).encode()
    assert getattr(READER.chat(body).requests[0], name) == value
