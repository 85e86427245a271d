"""What servers send and refuse: parts, thoughts, ends, parameters, roles."""

from __future__ import annotations

from email.utils import formatdate
from time import time
from typing import Any

import pytest
from fake_server import FakeServer
from kinds import ask, branch

from ttc_cli.core.branch import Message, Prompt
from ttc_cli.core.errors import ModelMissing, UsageError
from ttc_cli.core.sampling import Outputs, Stop
from ttc_cli.engine.openai.address import Address
from ttc_cli.engine.openai.api import seconds_to_wait
from ttc_cli.engine.openai.detect import connect
from ttc_cli.engine.openai.form import Form
from ttc_cli.engine.openai.piece import Tagger, ending, first, spoken
from ttc_cli.engine.openai.server import chosen
from ttc_cli.engine.openai.told import Senseless, parse, whole, words
from ttc_cli.settings.tables import check_url


@pytest.mark.parametrize(
    ("delta", "thought", "text"),
    [
        ({"content": "a"}, "", "a"),
        ({"content": None}, "", ""),
        ({"content": [{"type": "text", "text": "a"}, {"type": "refusal", "refusal": "b"}]},
         "", "ab"),
        ({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "t"}]}]}, "t", ""),
        ({"content": [{"type": "reasoning", "summary": [{"text": "t"}]}]}, "t", ""),
        ({"content": [{"type": "reference", "reference_ids": [1]}, "a"]}, "", "a"),
        ({"reasoning": "t", "content": ""}, "t", ""),
        ({"reasoning_content": "t", "reasoning": "t", "content": "a"}, "t", "a"),
        ({"refusal": "No."}, "", "No."),
        ({"content": {"type": "text", "text": "a"}}, "", "a"),
        ({"reasoning": {"content": "t"}, "content": "a"}, "t", "a"),
        ({"content": [{"type": "redacted_thinking", "data": "z"}, {"text": "a"}]}, "", "a"),
        ({"content": "half \ud83d"}, "", "half ?"),
    ],
)  # fmt: skip
def test_what_a_delta_says(delta: dict[str, Any], thought: str, text: str) -> None:
    assert spoken(delta) == (thought, text)


@pytest.mark.parametrize("content", [5, {"a": 1}, [{"type": "text", "text": 5}], [7]])
def test_content_of_another_type_is_refused_by_name(content: Any) -> None:
    with pytest.raises(Senseless, match=r"is a number|is an object"):
        spoken({"content": content})


@pytest.mark.parametrize(
    ("opens", "words", "tagged"),
    [
        (None, ["Okay, ", "is it 41?", "\n</think>", "\n\n42"],
         "<think>\nOkay, is it 41?\n</think>\n\n42"),
        (None, ["Okay, ", "here it is."], "Okay, here it is."),
        (None, ["The answer", " is 42."], "The answer is 42."),
        (None, ["<think>\nOkay", "</think>42"], "<think>\nOkay</think>42"),
        (True, ["Six", "</think>42"], "<think>\nSix</think>42"),
        (False, ["Okay, ", "42"], "Okay, 42"),
    ],
)  # fmt: skip
def test_a_thought_that_only_closes(opens: bool | None, words: list[str], tagged: str) -> None:
    tagger = Tagger(opens)
    assert "".join([*(tagger.feed("", word) for word in words), tagger.end()]) == tagged


@pytest.mark.parametrize(
    ("said", "end"),
    [("stop", "stop"), ("eos_token", "stop"), ("max_tokens", "length"), ("STOP", "stop"),
     ("error", "error"), ("content_filter", "content_filter"), ("abort", "abort"), (None, "")],
)  # fmt: skip
def test_why_a_reply_ends(said: Any, end: str) -> None:
    assert ending({"finish_reason": said}) == end


BODY = {"model": "m", "messages": [{"role": "user"}], "logprobs": True, "top_logprobs": 20,
        "seed": 1, "max_tokens": 100, "temperature": 1.0, "top_p": 1.0, "stream": True}  # fmt: skip


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
         ("max_tokens",)),
        ("seed: Extra inputs are not permitted; logprobs: Extra inputs are not permitted",
         ("logprobs", "seed", "top_logprobs")),
        ("temperature does not support 0.7", ("temperature", "top_p")),
    ],
)  # fmt: skip
def test_what_a_refusal_names_is_left_out(said: str, refused: tuple[str, ...]) -> None:
    form = Form().without(said, BODY)
    assert form is not None
    assert form.refused == refused
    assert not set(refused) & form.fit(dict(BODY), 5).keys()


def test_a_refusal_that_names_nothing_is_guessed_at_only_when_probing() -> None:
    assert Form().without("bad request", BODY) is None
    form, rounds = Form(), 0
    while (smaller := form.without("no", form.fit(dict(BODY), 5), guess=True)) is not None:
        form, rounds = smaller, rounds + 1
    assert rounds < 10
    assert form.fit(dict(BODY), 5).keys() == {"model", "messages", "stream"}


def test_a_smaller_number_of_tokens_is_asked_for_where_that_is_refused() -> None:
    form = Form().without("max_tokens is too large: 100. At most 64 are supported", BODY)
    assert form is not None
    assert form.fit(dict(BODY), 100)["max_tokens"] == 64


@pytest.mark.parametrize(
    "told",
    [
        [{"error": {"code": 400, "message": 'Unknown name "min_p": Cannot find field.'}}],
        {"error": {"message": "Provider returned error", "metadata": {"raw": "min_p is unknown"}}},
        {"error": {"message": "Unknown parameter", "param": "min_p"}},
        {"message": "Validation error", "errors": [{"field": "min_p", "message": "not allowed"}]},
        {"detail": [{"loc": ["body", "min_p"], "msg": "Extra inputs", "input": {"top_p": 1}}]},
    ],
)
def test_the_parameter_is_read_from_any_form_of_a_refusal(told: Any) -> None:
    form = Form().without(words(told), {**BODY, "top_k": 0, "min_p": 0})
    assert form is not None
    assert form.refused == ("min_p", "top_k")


def test_a_model_may_be_named_without_what_a_list_puts_around_it() -> None:
    listed: dict[str, Any] = {"models/gemma": {}, "llama:latest": {}, "a/phi": {}, "b/phi": {}}
    address = Address("http://127.0.0.1:1/v1")
    assert [chosen(name, listed, address) for name in ("gemma", "llama", "a/phi")] == [
        "models/gemma", "llama:latest", "a/phi",
    ]  # fmt: skip
    with pytest.raises(ModelMissing):
        chosen("phi", listed, address)


def test_a_server_that_refuses_to_stream_is_asked_for_one_piece() -> None:
    form = Form().without("stream: Extra inputs are not permitted", BODY)
    assert form is not None
    assert form.refused == ("stream",)


def test_of_several_choices_one_is_read() -> None:
    choices = [{"index": 1, "text": "b"}, {"index": 0, "text": "a"}]
    assert [first({"choices": choices}, i).get("text") for i in (None, 0, 1, 2)] == [
        "b", "a", "b", None,
    ]  # fmt: skip
    assert first({"choices": [{"text": "c"}]}, 1) == {"text": "c"}


@pytest.mark.parametrize(
    ("told", "least", "most"),
    [("7", 7, 7), ("-1", 0, 0), ("Fri, 31 Dec 1999 23:59:59 GMT", 0, 0),
     pytest.param(formatdate(time() + 90_000, usegmt=True), 50_000, 90_000, id="tomorrow")],
)  # fmt: skip
def test_a_server_says_how_long_to_wait_in_seconds_or_by_a_date(
    told: str, least: float, most: float
) -> None:
    assert least <= (seconds_to_wait(told) or 0.0) <= most
    assert seconds_to_wait("soon") is None


def test_rows_of_a_validator_are_told_by_place_and_not_with_the_whole_request() -> None:
    rows = [{"loc": ["body", "seed"], "msg": "Extra inputs", "input": {"top_p": 1}}]
    assert words({"detail": rows}) == "seed: Extra inputs"


def test_a_form_is_read_as_it_was_written_and_nothing_else() -> None:
    form = Form(opens=True, refused=("seed",), most=5)
    assert Form.read(form.written()) == form
    odd: list[Any] = [{}, None, {"refused": 5}, {"refused": [], "x": 1}]
    for value in (*odd, {**form.written(), "usage": "yes"}):
        assert Form.read(value) is None


@pytest.mark.parametrize("takes", [(), ("max_tokens", "seed"), ("max_completion_tokens",)])
def test_what_is_refused_is_never_sent_again(takes: tuple[str, ...]) -> None:
    server = FakeServer(lambda _: " one two", raw=False, continues=False, takes=frozenset(takes))
    engine = connect(Address(server.url))
    asked = len(server.asked)
    for said in ask(
        engine, *(branch(key, 9, outputs=Outputs(confidence=True)) for key in range(3))
    ):
        assert (said.text, said.stop) == (" one two", Stop.END)
    sent = [set(body) - {"model", "messages", "stream"} for _, body in server.asked[asked:]]
    assert sent == [set(takes)] * 3
    engine.close()
    server.close()


@pytest.mark.parametrize("status", [400, 422, 500])
def test_a_server_without_a_system_role_gets_its_words_ahead_of_the_users(status: int) -> None:
    server = FakeServer(lambda _: " one two", raw=False, system=False)
    server.refusing = status
    engine = connect(Address(server.url))
    prompt = Prompt((("x", True),), (Message("system", "Be brief."), Message("user", "Hi")))
    for _ in range(2):
        (said,) = ask(engine, branch("it", 9, prompt=prompt))
        assert said.text == " one two"
    sent = [[m["content"] for m in body["messages"]] for _, body in server.asked[-2:]]
    assert sent == [["Be brief.\n\nHi"]] * 2, "and the role is not tried again"
    engine.close()
    server.close()


@pytest.mark.parametrize(
    "url",
    ["http://a:1,http://b:2", "http://h:99999", "http://[::1", "http://h:x/v1", "http://",
     "http://a b/", "http://h/v1?api_key=sk-secret", "http://me:secret@h/v1"],
)  # fmt: skip
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        check_url(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("key", ["sk-one\nsk-two", "ключ", "sk one", "sk\x00"])
def test_a_key_that_no_header_can_hold_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(UsageError, match="MY_KEY holds a character that no key has") as refused:
        Address("http://h", key, "MY_KEY")
    assert key not in str(refused.value)


def test_numbers_and_depth_have_bounds() -> None:
    for value in (True, "5", -1, 0.5, 10**400, float("nan"), []):
        with pytest.raises(Senseless):
            whole(value, "n")
    assert (whole(4096.0, "n"), whole(None, "n", otherwise=7)) == (4096, 7)
    with pytest.raises(Senseless, match="nested too deep"):
        parse("[" * 70 + "]" * 70)
    with pytest.raises(Senseless, match="nested too deep"):
        parse("[" * 100_000 + "]" * 100_000)
