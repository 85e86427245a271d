"""What comes in a server's streams, what its refusals mean, and what the environment names."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from fake_server import FakeServer
from kinds import ask, branch

from ttc_cli.core.errors import ContextOverflow, UsageError
from ttc_cli.core.sampling import Stop
from ttc_cli.engine.openai.address import Address
from ttc_cli.engine.openai.api import Api
from ttc_cli.engine.openai.detect import Memory, connect
from ttc_cli.engine.openai.form import Form
from ttc_cli.engine.openai.pacing import RetryPolicy
from ttc_cli.engine.openai.piece import Tagger
from ttc_cli.engine.openai.told import Refused, TransientError, refusal
from ttc_cli.prompts.thoughts import split


def test_a_thought_that_nothing_closes_was_the_answer_where_the_reply_is_whole() -> None:
    kept: list[Any] = []
    memory = Memory(lambda _: Form(opens=True).written(), lambda _, form: kept.append(form))
    server = FakeServer(lambda _: " one two", raw=False)
    engine = connect(Address(server.url), memory=memory)
    first, second = (ask(engine, branch("it", 9))[0].text for _ in range(2))
    (cut,) = ask(engine, branch("it", 1))
    engine.close()
    server.close()
    assert split(first)[1].strip() == split(second)[1].strip() == "one two"
    assert "think" not in second
    assert [form["opens"] for form in kept] == [None, False]
    assert Tagger(True).feed("", cut.text) == f"<think>\n{cut.text}", "a part tells nothing"


class Says(FakeServer):
    """A server whose streams have these chunks; a number is so many seconds of silence."""

    def __init__(self, *chunks: Any) -> None:
        self.said = chunks
        super().__init__(lambda _: "", raw=False)

    def _chunks(self, body: Any, ids: Any) -> Any:
        for one in self.said:
            if isinstance(one, float):
                self.stopping.wait(one)
            else:
                yield one


def said_by(*chunks: Any) -> Any:
    """What a request comes to that is answered so."""
    server = Says(*chunks)
    retry = RetryPolicy(attempts=1)
    engine = connect(Address(server.url), continues=False, memory=KNOWN, retry=retry)
    (said,) = ask(engine, branch("it", 20))
    engine.close()
    server.close()
    return said


def chunk(content: Any = None, end: Any = None, **more: Any) -> Any:
    """A chunk of one choice."""
    said = {} if content is None else {"delta": {"content": content}}
    return {"choices": [{"index": 0, "finish_reason": end, **said, **more}]}


def thinks(thought: str) -> Any:
    """A chunk with a thought in a field of its own."""
    return {"choices": [{"index": 0, "delta": {"content": None, "reasoning_content": thought}}]}


KNOWN = Memory(lambda _: Form(opens=False).written())
ALL = {"message": {"role": "assistant", "content": "It is 42."}}
END = chunk("", "stop")


@pytest.mark.parametrize(
    ("chunks", "text"),
    [
        ((chunk("It is "), chunk("42."), chunk(None, "stop", **ALL)), "It is 42."),
        ((chunk("It is 42."), chunk(None, "stop", delta={}, **ALL)), "It is 42."),
        ((chunk(""), chunk(None, "stop", **ALL)), "It is 42."),
        ((chunk(None, "stop", **ALL),), "It is 42."),
        ((chunk("I \ud83d"), chunk("\ude00"), chunk(" it. \ud83d"), END), "I 😀 it. "),
        ((chunk("\ud83d it"), END), "\ufffd it"),
        ((chunk("It."), {**END, "usage": {"prompt_tokens": "9", "completion_tokens": -1}}), "It."),
        ((chunk("It."), {**END, "usage": []}), "It."),
        ((chunk("It."), {"choices": {}}, END), "It."),
        ((thinks("It is "), thinks("42."), END), "<think>\nIt is 42.\n</think>\n\nIt is 42."),
        ((thinks("Hm."), chunk("42."), END), "<think>\nHm.\n</think>\n\n42."),
        ((thinks("Hm."), chunk(None, "stop", **ALL)), "<think>\nHm.\n</think>\n\nIt is 42."),
        ((chunk(None, "stop", delta={"role": "assistant"}, **ALL),), "It is 42."),
        ((thinks("It is"),), "<think>\nIt is"),
        (
            (chunk(None, "stop", message={"content": None, "reasoning": "42."}),),
            "<think>\n42.\n</think>\n\n42.",
        ),
        (({"code": 0, "message": "Success", "choices": []}, chunk("It."), END), "It."),
        (({"base_resp": {"status_code": 0}, "choices": None}, chunk("It."), END), "It."),
    ],
)
def test_a_stream_is_read_whatever_is_odd_in_it(chunks: Any, text: str) -> None:
    said = said_by(*chunks)
    assert (said.text, said.stop) == (text, Stop.END)


def test_a_stream_without_a_reply_is_no_empty_answer() -> None:
    said = said_by({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 0}})
    assert said.stop == Stop.FAILED
    assert "holds no reply" in said.error
    cut = said_by(thinks("Hm."), chunk("", "length"))
    assert (cut.text, cut.stop) == ("<think>\nHm.", Stop.CONTEXT), "a thought that was cut is none"
    assert said_by(END).stop == Stop.END, "the model may come back with nothing"


OPEN = 6.0
USAGE = {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 7}}
CALLS = {"content": "Let me look.", "tool_calls": [{"function": {"name": "look"}}]}


@pytest.mark.parametrize(
    ("chunks", "text", "sampled"),
    [
        ((chunk("It."), END, OPEN), "It.", 1),
        ((chunk("It "), chunk("is.", "stop"), OPEN), "It is.", 2),
        ((chunk("It."), END, 0.4, USAGE, OPEN), "It.", 7),
        ((chunk("It.", "stop"), USAGE, OPEN), "It.", 7),
        ((chunk("It ", "stop"), 1.3, chunk("is.", "stop")), "It is.", 2),
        ((chunk("", "stop"), 2.3, chunk("It ", "stop"), chunk("is.", "stop")), "It is.", 2),
        ((chunk(""), chunk("It ", "stop"), 2.3, chunk("is.", "stop")), "It is.", 2),
        ((chunk(None, "tool_calls", delta=CALLS), 2.3, chunk(" It is."), END),
         "Let me look. It is.", 2),
        ((chunk("It."), END, 1.3, USAGE), "It.", 7),
    ],
)  # fmt: skip
def test_a_stream_that_stays_open_behind_the_reply_is_not_waited_for(
    chunks: Any, text: str, sampled: int
) -> None:
    began = time.monotonic()
    said = said_by(*chunks)
    assert (said.text, said.stop, said.sampled) == (text, Stop.END, sampled)
    assert time.monotonic() - began < OPEN - 2


@pytest.mark.parametrize(
    ("chunks", "why"),
    [
        ((chunk(None, None, delta=CALLS), END), "ended with 'tool_calls'"),
        ((chunk(None, "stop", message=CALLS),), "ended with 'tool_calls'"),
        ((chunk("It"), {"choices": [], "error": {"code": 502, "message": "it died"}}),
         "it answers 502: it died"),
        ((chunk("It"), {"choices": [], "error": {"code": 429, "message": "slow down"}}),
         "it answers 429: slow down"),
    ],
)  # fmt: skip
def test_a_reply_that_comes_to_no_end_of_its_own_is_none(chunks: Any, why: str) -> None:
    said = said_by(*chunks)
    assert said.stop == Stop.FAILED
    assert why in said.error


@pytest.mark.parametrize(
    ("told", "room", "prompt"),
    [
        ("The input token count (70) exceeds the maximum number of tokens allowed (60).", 60, 70),
        ("This model's maximum prompt length is 60 but the request contains 70 tokens.", 60, 70),
        ("Trying to keep the first 70 tokens when context the overflows. However, the model is"
         " loaded with context length of only 60 tokens, which is not enough.", 60, 70),
        ("The input (70 tokens) is longer than the model's context length (60 tokens).", 60, 70),
        ("You passed 70 input tokens and requested 0 output tokens. However, the model's context"
         " length is only 60 tokens, resulting in a maximum input length of 60 tokens.", 60, 70),
        ("The decoder prompt (length 70) is longer than the maximum model length of 60.", 60, 70),
        ("Prompt length (70) exceeds maximum input length (60).", 60, 70),
        ("Prompt length 70 is greater than max_seq_len 60", 60, 70),
        ("prompt token count of 70 exceeds the limit of 60", 60, 70),
        ("Please reduce the length of the messages or completion. Current length is 70 while limit"
         " is 60", 60, 70),
        ("Input tokens exceed the configured limit of 60 tokens. Your messages resulted in 70"
         " tokens.", 60, 70),
        ("This model's maximum context length is 131,072 tokens. However, your messages resulted"
         " in 131,080 tokens.", 131072, 131080),
        ("Input is too long for requested model.", 0, 0),
        ("Your request exceeded model token limit: 60 (requested: 70)", 60, 0),
        ("Request body too large for small model. Max size: 60 tokens.", 60, 0),
        ("Range of input length should be [1, 60]", 60, 0),
        ("too many tokens: the limit for this model is 60 tokens", 60, 0),
    ],
)  # fmt: skip
def test_a_prompt_that_is_too_long_is_that_in_all_words(told: str, room: int, prompt: int) -> None:
    full = refusal(400, {"error": {"message": told}}, None, Address("http://h"))
    assert isinstance(full, ContextOverflow)
    assert full.room == room  # type: ignore[attr-defined]
    told = f"the prompt takes {prompt} tokens and the context holds {room}" if prompt else told
    assert full.message == told.rstrip(".")


@pytest.mark.parametrize(
    ("status", "told", "kind"),
    [
        (429, "Request too large: tokens per min (TPM): Limit 60, Requested 70.", ContextOverflow),
        (429, "Rate limit reached: input tokens exceed the limit of 60 a minute", TransientError),
        (400, "max_tokens is too large: 70. This model supports at most 60 tokens", Refused),
        (400, "Invalid request: max_tokens is too large: 70", Refused),
        (400, "top_k exceeds maximum 100", Refused),
        (400, "The number of messages exceeds the maximum of 60", Refused),
        (413, "Request Entity Too Large", Refused),
        (408, "The prompt is too long to process in time", TransientError),
        (500, "Your request is taking too long", TransientError),
        (500, "Too many tokens, please wait before trying again", TransientError),
        (500, "The inputs queue exceeds the limit", TransientError),
        *((status, "", TransientError) for status in (409, 424, 507, 520, 521, 524, 529, 530)),
        *((status, "", Refused) for status in (413, 501, 505)),
    ],
)
def test_what_passes_and_what_does_not(status: int, told: str, kind: type[Exception]) -> None:
    error = refusal(status, {"error": {"message": told}}, None, Address("http://h"))
    assert isinstance(error, kind)
    assert getattr(error, "gone", False) == (status in (521, 530))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "socks://127.0.0.1:1/"),
        ("HTTPS_PROXY", "http://[::1"),
        ("SSL_CERT_FILE", "/no"),
    ],
)
def test_an_environment_that_cannot_be_used_is_named(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.setenv(name.lower(), value)
    with pytest.raises(UsageError) as refused:
        Api(Address("http://example.invalid/v1"))
    assert name in refused.value.hint
    asyncio.run(Api(Address("http://127.0.0.1:1")).close())  # asks the environment for nothing
