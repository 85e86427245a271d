"""What servers send and refuse: parts, thoughts, ends, parameters, roles."""

from __future__ import annotations

from email.utils import formatdate
from time import time
from typing import Any

import pytest
from fake_server import FakeServer, Fault
from kinds import ask, branch

from ttc_cli.core.branch import Message, Prompt
from ttc_cli.core.errors import ModelMissing, UsageError
from ttc_cli.core.sampling import Outputs, Stop
from ttc_cli.engine.openai.address import Address
from ttc_cli.engine.openai.api import seconds_to_wait
from ttc_cli.engine.openai.detect import connect
from ttc_cli.engine.openai.form import Form
from ttc_cli.engine.openai.piece import Likely, Tagger, ending, first, likely, spoken
from ttc_cli.engine.openai.server import chosen
from ttc_cli.engine.openai.told import (
    Refused,
    Senseless,
    parse,
    refusal,
    whole,
    words,
)
from ttc_cli.prompts.thoughts import split
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


LATE = ("b", "The answer is 42.")


@pytest.mark.parametrize("opens", [None, False, True])
@pytest.mark.parametrize(
    ("deltas", "parts"),
    [
        ([("", "The answer "), ("b", ""), ("", "is 42.")], LATE),
        ([("", "The "), ("b", "answer is"), ("", " 42.")], LATE),
        ([("", "The answer is 42."), ("b", "")], LATE),
        ([("", "\n"), ("b", ""), ("", "The answer is 42.")], LATE),
        ([("a", ""), ("", "The answer "), ("b", ""), ("c", "is 42.")], ("a\nbc", LATE[1])),
    ],
)
def test_a_thought_that_comes_after_text_is_none_of_it(
    opens: bool | None, deltas: list[tuple[str, str]], parts: tuple[str, str]
) -> None:
    tagger = Tagger(opens)
    if opens and not deltas[0][0]:
        deltas = [("a", ""), *deltas]  # what is opened unseen is a thought until it closes
        parts = (f"a\n{parts[0]}", parts[1])
    whole = "".join([*(tagger.feed(*delta) for delta in deltas), tagger.end()])
    thought, answer = split(whole)
    assert (thought.replace("\n\n", "\n"), answer) == parts


@pytest.mark.parametrize(
    "logprobs",
    [[], {"content": [{"logprob": None}]}, {"content": [{"logprob": float("-inf")}]}],
)
def test_a_figure_that_is_missing_is_gone_without(logprobs: Any) -> None:
    assert likely(logprobs) == ()
    row = {"logprob": -1.0, "top_logprobs": [{"logprob": None}, {"logprob": -2.0}]}
    assert likely({"content": [row]}) == (Likely(-1.0, (-2.0,)),)


@pytest.mark.parametrize(
    ("said", "end"),
    [("stop", "stop"), ("eos_token", "stop"), ("max_tokens", "length"), ("STOP", "stop"),
     ("error", "error"), ("content_filter", "content_filter"), ("abort", "abort"), (None, ""),
     ("null", ""), (False, ""), ("FinishReason.STOP", "stop")],
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
        ("`temperature` and `top_p` cannot both be specified. Use only one.", ("top_p",)),
        ("`top_p` must be > 0.0 and < 1.0", ("top_p",)),
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
    told = {"detail": [{"loc": ["max_tokens"], "msg": "Input should be less than or equal to 64"}]}
    assert isinstance(refusal(422, told, None, Address("http://h")), Refused), "and no overflow"


@pytest.mark.parametrize(
    "told",
    [
        "This model's maximum context length is 60 tokens. However, you requested 140 tokens"
        " (40 in the messages, 100 in the completion).",
        "'max_tokens' or 'max_completion_tokens' is too large: 100. This model's maximum context"
        " length is 60 tokens and your request has 40 input tokens (100 > 60 - 40).",
        "This model's maximum context length is 60 tokens. However, you requested 100 output"
        " tokens and your prompt contains at least 40 input tokens, for a total of at least 140.",
        "Requested token count exceeds the model's maximum context length of 60 tokens. You"
        " requested a total of 140 tokens: 40 tokens from the input messages and 100 tokens for"
        " the completion.",
        "`inputs` tokens + `max_new_tokens` must be <= 60. Given: 40 `inputs` tokens and 100"
        " `max_new_tokens`",
        "This endpoint's maximum context length is 60 tokens. However, you requested about 140"
        " tokens (40 of text input, 100 in the output).",
        "input length and `max_tokens` exceed context limit: 40 + 100 > 60",
        "This model's maximum context length is 60 tokens. However, you requested 140 tokens.",
    ],
)  # fmt: skip
def test_a_prompt_that_fits_is_asked_again_for_what_room_it_leaves(told: str) -> None:
    server = FakeServer(lambda _: " one two", raw=False, exact=False)
    engine = connect(Address(server.url))
    asked = len(server.asked)
    server.faults.append(Fault(400, {"error": {"message": told}}))
    for _ in range(2):
        (said,) = ask(engine, branch("it", 100))
        assert (said.text, said.stop) == (" one two", Stop.END)
    assert [body["max_tokens"] for _, body in server.asked[asked:]] == [100, 20, 20]
    engine.close()
    server.close()


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


UNSAID = "Developer instruction is not enabled"  # neither "system" nor "role"
SYSTEM = Prompt((("x", True),), (Message("system", "Be brief."), Message("user", "Hi")))


@pytest.mark.parametrize(
    ("status", "words"),
    [*((status, "System role not supported") for status in (400, 422, 500)), (400, UNSAID),
     (422, UNSAID)],
)  # fmt: skip
def test_a_server_without_a_system_role_gets_its_words_ahead_of_the_users(
    status: int, words: str
) -> None:
    server = FakeServer(lambda _: " one two", raw=False, system=False)
    server.refusing, server.no_system = status, words
    engine = connect(Address(server.url))
    for _ in range(2):
        (said,) = ask(engine, branch("it", 9, prompt=SYSTEM))
        assert said.text == " one two"
    sent = [[m["content"] for m in body["messages"]] for _, body in server.asked[-2:]]
    assert sent == [["Be brief.\n\nHi"]] * 2, "and the role is not tried again"
    engine.close()
    server.close()


@pytest.mark.parametrize(("status", "text"), [(400, ""), (500, " one two")])
def test_the_system_role_is_kept_where_doing_without_tells_nothing(status: int, text: str) -> None:
    server = FakeServer(lambda _: " one two", raw=False)
    engine = connect(Address(server.url))
    server.faults += [Fault(status, {"message": "no"})] * (2 if status == 400 else 1)
    (said,) = ask(engine, branch("it", 9, prompt=SYSTEM))
    assert (said.text, said.error.endswith("answers 400: no")) == (text, not text)
    ask(engine, branch("it", 9, prompt=SYSTEM))
    roles = [[m["role"] for m in body["messages"]] for _, body in server.asked[-3:]]
    assert roles == [["system", "user"], ["user"], ["system", "user"]]
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
