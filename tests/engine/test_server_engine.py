"""The engine over HTTP against a server that misbehaves, or is not what was hoped for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fake_server import FakeServer, Fault, _json
from kinds import Said, ask, branch, finish, hear

from ttc_cli.core.branch import Message, Prompt
from ttc_cli.core.errors import ContextOverflow, ModelMissing, TtcError, UsageError
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.sampling import Outputs, Stop
from ttc_cli.engine.openai.address import Address, check_offline
from ttc_cli.engine.openai.detect import Memory, connect
from ttc_cli.engine.openai.engine import ServerEngine
from ttc_cli.engine.openai.pacing import RetryPolicy
from ttc_cli.engine.openai.told import refusal

WORDS = " one two three four five six seven eight nine ten eleven twelve"
QUICK = RetryPolicy(attempts=3, pause=0.01, longest=1, wait=0.3)
Connect = Callable[..., tuple[FakeServer, ServerEngine]]


def counting(request: Any) -> str:
    """Counts on from where the reply is; knows the rest of a half word."""
    said = request.prompt.text
    if said.endswith("jum"):
        return "ps over"
    if said.endswith("Say yes."):
        return "Yes."
    return WORDS[WORDS.find(" one") :].removeprefix(said[said.find(" one") :]) if said else WORDS


@pytest.fixture
def connected() -> Iterator[Connect]:
    """A server and an engine on it; what the engine is given goes by the name `engine`."""
    made: list[tuple[FakeServer, ServerEngine]] = []

    def one(script: Any = counting, silence: float = 5.0, width: int = 0, **how: Any) -> Any:
        server = FakeServer(script, **how)
        address = Address(server.url, silence=silence)
        made.append((server, connect(address, retry=QUICK, width=width)))
        return made[-1]

    yield one
    for server, engine in made:
        engine.close()
        server.close()


def said_by(engine: ServerEngine, *faults: Fault, server: FakeServer, **request: Any) -> Said:
    server.faults.extend(faults)
    (said,) = ask(engine, branch("it", request.pop("n", 40), **request))
    return said


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again_and_that_is_told(
    connected: Connect, raw: bool, status: int
) -> None:
    server, engine = connected(raw=raw)
    busy = Fault(status, {"error": {"message": "Loading model"}}, {"Retry-After": "0.03"})
    began = time.monotonic()
    said = said_by(engine, busy, busy, server=server)
    assert time.monotonic() - began >= 0.06, "it waited as long as it was asked to"
    assert (said.text, said.stop, said.error) == (WORDS, Stop.END, "")
    told = [delta.error for delta in said.deltas if delta.error]
    assert len(told) == 1, "the same trouble is told once"
    again = "waiting for it, 0 s at most" if status == 503 else "it is tried again"
    assert f"{status}: Loading model; {again}" in told[0]


def test_a_server_that_stays_busy_fails_the_branch(connected: Connect) -> None:
    server, engine = connected()
    said = said_by(engine, *[Fault(500)] * 3, server=server)
    assert (said.stop, said.sampled) == (Stop.FAILED, 0)
    assert "answers 500" in said.error


def test_nobody_waits_for_a_server_that_asks_for_an_hour(connected: Connect) -> None:
    server, engine = connected()
    said = said_by(engine, Fault(429, headers={"Retry-After": "3600"}), server=server)
    assert said.stop is Stop.FAILED
    assert [path for path, _ in server.asked].count("/v1/completions") == 1


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize("how", ["break", "garbage", "end"])
def test_a_broken_stream_goes_on_from_what_it_had(connected: Connect, raw: bool, how: str) -> None:
    server, engine = connected(raw=raw)
    ledger = Ledger(13)
    said = said_by(engine, Fault(after=5, how=how), server=server, ledger=ledger)
    assert (said.text, said.stop) == (WORDS, Stop.END)
    assert said.sampled == ledger.spent == 13, "no token is charged twice"


def test_where_nothing_can_be_gone_on_with_it_is_drawn_anew_and_not_told_twice(
    connected: Connect,
) -> None:
    server, engine = connected(raw=False, continues=False)
    assert "continue" not in engine.info.capabilities
    server.faults.append(Fault(after=5))
    said = ask(engine, branch("a", 40), branch("b", 40))
    assert [(s.text, s.stop) for s in said] == [(WORDS, Stop.END)] * 2
    assert max(s.sampled for s in said) > 13, "what is drawn twice is charged twice"


def test_a_reply_that_is_another_the_second_time_fails_its_branch_alone(connected: Connect) -> None:
    words = iter([WORDS] * 3 + [" another"] * 9)
    server, engine = connected(lambda _: next(words), raw=False, continues=False)
    server.faults.append(Fault(after=5))
    (said,) = ask(engine, branch("a", 40))
    assert (said.stop, WORDS.startswith(said.text)) == (Stop.FAILED, True)
    assert "says something else" in said.error


def test_a_server_that_hangs_is_given_up(connected: Connect) -> None:
    server, engine = connected(silence=0.15)
    said = said_by(engine, *[Fault(after=1, how="hang")] * 3, server=server)
    assert said.stop is Stop.FAILED
    assert "nothing came for 0.15 s" in said.error


def test_a_prompt_that_the_server_finds_too_long_is_an_overflow(connected: Connect) -> None:
    server, engine = connected(raw=False, context=40)
    long = Prompt((("one two " * 40, False),))
    said = said_by(engine, server=server, prompt=long)
    assert said.stop is Stop.CONTEXT
    assert "takes 81 tokens and the context holds 40" in said.error


@pytest.mark.parametrize(
    ("told", "numbers"),
    [
        (
            "This model's maximum context length is 4096 tokens. However, you requested 5100"
            " tokens (4100 in the messages, 1000 in the completion).",
            ("4100", "4096"),
        ),
        (
            "This model's maximum context length is 8192 tokens. However, your messages resulted"
            " in 9000 tokens.",
            ("9000", "8192"),
        ),
        ("Requested tokens (340) exceed context window of 300", ("340", "300")),
        (
            "Prompt contains 340 tokens and 0 draft tokens, too large for model with 300 maximum"
            " context length",
            ("340", "300"),
        ),
        ("`inputs` must have less than 300 tokens. Given: 340", ("340", "300")),
        ("prompt is too long: 340 tokens > 300 maximum", ("340", "300")),
    ],
)
def test_what_other_servers_say_of_an_overflow(told: str, numbers: tuple[str, str]) -> None:
    refused = refusal(400, {"error": {"message": told}}, None, Address("http://h/v1"))
    assert isinstance(refused, ContextOverflow)
    assert refused.message == "the prompt takes {} tokens and the context holds {}".format(*numbers)


def test_a_cancelled_request_closes_its_stream(connected: Connect) -> None:
    server, engine = connected(lambda _: " word" * 400, pause=0.005)
    for key in range(3):
        engine.submit(branch(key, 400))
    said: dict[Any, Said] = {}
    while len(said) < 3:
        hear(engine, said)
    for key in range(3):
        engine.cancel(key)
    for _ in range(3):
        assert server.hung_up.acquire(timeout=5), "the server goes on writing"
    assert server.written < 900


def test_a_spent_budget_closes_the_stream(connected: Connect) -> None:
    server, engine = connected(lambda _: " word" * 400, pause=0.005)
    ledger = Ledger(20)
    said = ask(engine, *(branch(i, 400, ledger=ledger) for i in range(2)))
    assert {s.stop for s in said} <= {Stop.BUDGET, Stop.LENGTH}
    assert sum(s.sampled for s in said) == ledger.spent == 20
    asked = [body["max_tokens"] for path, body in server.asked if path == "/v1/completions"]
    assert max(asked) <= 20, "no request may draw more than the run has left"


def test_no_more_requests_at_once_than_the_server_takes(connected: Connect) -> None:
    server, engine = connected(width=3, pause=0.02)
    ask(engine, *(branch(i, 20) for i in range(9)))
    assert server.most == 3
    server, engine = connected(pause=0.02, slots=8)
    assert engine.width == 8, "as many as llama-server says it has slots"


def test_a_thought_that_comes_apart_stands_in_tags(connected: Connect) -> None:
    server, engine = connected(raw=False, thought="let me see")
    assert said_by(engine, server=server).text == f"<think>\nlet me see\n</think>\n\n{WORDS}"


def test_a_server_takes_what_it_takes(connected: Connect) -> None:
    _, all_of_it = connected(raw=False)
    can = all_of_it.info.capabilities
    assert {"continue", "confidence", "score", "exact-usage", "seed"} <= can
    takes = frozenset({"max_completion_tokens"})
    server, engine = connected(raw=False, continues=False, takes=takes, exact=False)
    assert engine.info.capabilities == {"messages"}
    said = said_by(engine, server=server, outputs=Outputs(confidence=True))
    assert (said.text, said.confidences) == (WORDS, ()), "what it lacks is left out"


def test_what_was_found_out_is_not_asked_again(connected: Connect) -> None:
    server, engine = connected(raw=False)
    forms: dict[str, Any] = {}
    memory = Memory(forms.get, forms.__setitem__)
    connect(Address(server.url), memory=memory).close()
    asked = len(server.asked)
    again = connect(Address(server.url), memory=memory)
    again.close()
    assert again.info == engine.info
    assert [path for path, _ in server.asked[asked:]] == ["/v1/models", "/props"]


def test_two_models_behind_one_address_are_told_apart(connected: Connect) -> None:
    names = {connected(told=told)[1].info.sha256 for told in ("one", "other")}
    assert len(names) == 2
    server, engine = connected()
    again = connect(Address(server.url))
    again.close()
    assert again.info.sha256 == engine.info.sha256


def test_one_of_several_models_must_be_named(connected: Connect) -> None:
    server = FakeServer(counting, raw=False, models=("qwen-small", "qwen-large", "phi"))
    with pytest.raises(UsageError, match=r"3 models and none was named.*qwen-large"):
        connect(Address(server.url))
    with pytest.raises(ModelMissing, match="no model qwen-smal; it has qwen-small"):
        connect(Address(server.url), "qwen-smal")
    engine = connect(Address(server.url), "phi")
    engine.close()
    server.close()
    assert engine.info.name == "phi"


def test_a_list_of_models_that_is_an_error_is_told_in_its_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = FakeServer(counting, raw=False)
    monkeypatch.setattr(server, "_get", lambda http: _json(http, 200, {"error": "No such thing"}))
    with pytest.raises(TtcError, match="answers 200: No such thing"):
        connect(Address(server.url))
    connect(Address(server.url), "fake").close()
    none = {"code": 0, "message": "success", "data": []}
    monkeypatch.setattr(server, "_get", lambda http: _json(http, 200, none))
    with pytest.raises(UsageError, match="has no models"):
        connect(Address(server.url))
    server.close()


def test_a_key_is_sent_and_in_no_error(connected: Connect) -> None:
    server = FakeServer(counting, key="secret-one")
    address = Address(server.url, "wrong-secret", "MY_KEY")
    assert "secret" not in repr(address)
    with pytest.raises(TtcError, match="refuses the key of MY_KEY") as raised:
        connect(address)
    assert "wrong-secret" not in str(raised.value)
    with pytest.raises(TtcError, match="wants a key: MY_KEY"):
        connect(Address(server.url, "", "MY_KEY"))
    connect(Address(server.url, "secret-one", "MY_KEY")).close()
    server.close()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:9/v1", "the connection is refused"),
        ("http://no-such-host.invalid/v1", "there is no host no-such-host.invalid"),
    ],
)
def test_a_server_that_is_not_there(url: str, why: str) -> None:
    with pytest.raises(TtcError, match=why) as raised:
        connect(Address(url))
    assert "is the server running" in raised.value.hint


def test_tls_that_fails_says_so() -> None:
    server = FakeServer(counting)
    with pytest.raises(TtcError, match="TLS fails"):
        connect(Address(server.url.replace("http:", "https:")))
    server.close()


def test_offline_is_this_machine_alone() -> None:
    for url in ("http://localhost:1/v1", "http://127.0.0.5/v1", "http://[::1]:8080"):
        check_offline(Address(url), offline=True)
    with pytest.raises(UsageError, match="--offline"):
        check_offline(Address("http://10.0.0.1/v1"), offline=True)


def test_messages_are_sent_as_they_are(connected: Connect) -> None:
    server, engine = connected(raw=False)
    chat = Prompt((("x", True),), (Message("system", "Be brief."), Message("user", "Hi")))
    engine.submit(branch("it", 5, prompt=chat))
    finish(engine, ["it"])
    assert server.asked[-1][1]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
    ]
    assert engine.count(chat) == 3, "as the server counted them"
