"""Who may call, and what is bounded."""

from __future__ import annotations

import contextlib
import random
import re
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from endpoint import CHAT, HOSTS, RESPONSES, SUM, ask, serving, session, until, working

from ttc_cli.core.errors import TtcError, UnreadableFile, UsageError
from ttc_cli.serve import app as endpoint
from ttc_cli.serve import fields, listener
from ttc_cli.serve.app import application
from ttc_cli.serve.reading import Asked, Reader
from ttc_cli.serve.refusal import ApiError
from ttc_cli.serve.service import Service
from ttc_cli.settings import Settings
from ttc_cli.views.text import to_json

KEY = "0123456789abcdef"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "127.0.0.1.nip.io"])
def test_another_name_that_leads_here_is_refused(host: str) -> None:
    with serving() as client:
        told = client.post(CHAT, json=ask(), headers={"host": host})
        assert client.post(CHAT, json=ask(), headers={"host": "localhost:1"}).status_code == 200
    assert told.status_code == 400
    assert told.json()["error"]["code"] == "invalid_header"


def test_what_is_refused_before_a_call_has_the_form_of_the_api_too() -> None:
    big, kind = b"a" * 5_000_000, {"content-type": "application/json"}
    with serving(app={"origins": ["https://page.example"]}) as client:
        pieces = iter([big[:1_000_000]] * 5)  # without a length
        page = {"origin": "https://evil.example", "access-control-request-method": "POST"}
        told = [
            client.post(CHAT, content=big, headers=kind),
            client.post(CHAT, content=pieces, headers=kind),
            client.get(CHAT),
            client.get("/nowhere"),
            client.options(CHAT, headers=page),
        ]
    codes = [(answer.status_code, answer.json()["error"]["code"]) for answer in told]
    large = (413, "body_too_large")
    none, header = (404, "not_found"), (400, "invalid_header")
    assert codes == [large, large, (405, "method_not_allowed"), none, header]
    assert told[2].headers["allow"] == "POST"
    assert "/v1/chat/completions" in told[3].json()["error"]["message"]
    assert "Origin" in told[4].headers["vary"]


def test_a_field_that_is_missing_is_named() -> None:
    with serving() as client:
        bodies = [(CHAT, {"messages": []}), (CHAT, {"model": "tiny"}), (RESPONSES, {"model": "a"})]
        told = [client.post(path, json=body).json()["error"] for path, body in bodies]
        form = {"type": "json_schema", "name": "a", "schema": {"type": "nothing"}}
        body = {"model": "tiny", "input": SUM, "text": {"format": form}}
        bad = client.post(RESPONSES, json=body).json()["error"]
    assert [error["param"] for error in told] == ["model", "messages", "input"]
    assert {error["code"] for error in told} == {"missing_required_parameter"}
    assert bad["param"] == "text.format.schema"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"tools": [{"type": "function", "function": {"name": "x" * 500}}]}, "not supported"),
        ({"tools": {"name": "x" * 500}}, "not supported"),
        ({"stop": ["x" * 500] * 5}, "at most 4"),
        ({"response_format": {"type": "x" * 500}}, "response_format"),
        ({"x" * 500: 1}, "cannot be said here"),
        ({"ttc": {"options": {"x" * 500: "1"}}}, "no option"),
        ({"ttc": {"effort": "x" * 500}}, "xhigh"),
    ],
)
def test_a_refusal_does_not_say_the_body_back(more: Any, says: str) -> None:
    with serving() as client:
        error = client.post(CHAT, json=ask(**more)).json()["error"]
    assert says in error["message"]
    assert "x" * 201 not in str(error)


def test_hints_name_fields_of_a_request_and_no_flags() -> None:
    with serving(lambda _: "so it goes on " * 50) as client:
        cut = client.post(CHAT, json=ask("Tell a story.", max_tokens=8)).json()["ttc"]["error"]
        gate = client.post(CHAT, json=ask(ttc={"samples": 2, "verifiers": ["regex:zzz"]}))
    with serving(lambda _: "") as client:
        blank = client.post(CHAT, json=ask("Tell a story."))
    assert "ttc.max_tokens" in cut["hint"]
    assert "ttc.seed" in blank.json()["error"]["message"]
    assert gate.status_code == blank.status_code == 422
    for text in (str(cut), gate.text, blank.text):
        assert not re.search(r"(^|\s)--?[a-z]", text), text


def test_a_key_is_asked_for() -> None:
    with serving(app={"key": KEY}) as client:
        for given_key in ("", "Bearer ", "Bearer no", f"Basic {KEY}", f"Bearer {KEY}é".encode()):
            told = client.post(CHAT, json=ask(), headers={"authorization": given_key})
            assert told.status_code == 401
            assert told.json()["error"]["code"] == "invalid_key"
        right = {"authorization": f"Bearer {KEY}"}
        assert client.post(CHAT, json=ask(), headers=right).status_code == 200
        assert client.get("/metrics").status_code == 401
        assert client.get("/health").json() == {"status": "ok"}


def test_pages_of_other_origins_may_call_when_they_are_named() -> None:
    page = {"origin": "https://page.example", "access-control-request-method": "POST"}
    with serving() as client:
        assert "access-control-allow-origin" not in client.options(CHAT, headers=page).headers
    page["access-control-request-headers"] = "authorization,content-type,x-stainless-lang"
    with serving(app={"origins": ["https://page.example"], "key": KEY}) as client:
        told = client.options(CHAT, headers=page)
        assert told.status_code == 200
        assert told.headers["access-control-allow-origin"] == "https://page.example"
        other = client.options(CHAT, headers=page | {"origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers


def test_figures_are_told() -> None:
    with serving() as client:
        client.post(CHAT, json=ask())
        client.post(CHAT, json=ask(logprobs=True))
        text = client.get("/metrics").text
    for line in (
        'ttc_serve_calls_total{endpoint="/v1/chat/completions",status="200"} 1.0',
        'ttc_serve_calls_total{endpoint="/v1/chat/completions",status="400"} 1.0',
        'ttc_serve_tokens_total{kind="sampled"} 11.0',
        "ttc_serve_held 0.0",
    ):
        assert line in text


@contextmanager
def listening() -> Iterator[tuple[Service, Any]]:
    """A service, and the address of a real server in front of it."""
    stage = session(lambda _: "and so it goes " * 400)
    with closing(listener.bound("127.0.0.1", 0)) as where, working(Service(stage)) as service:
        app = application(service, Reader(stage.settings, "tiny"), hosts=HOSTS)
        server = listener.Listener(app, where)
        server.start()
        yield service, where.getsockname()
        server.stop()


def test_a_client_that_hangs_up_is_let_go() -> None:
    body = to_json(ask("Tell a story.", stream=True)).encode()
    head = (
        b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" % CHAT.encode()
    )
    with listening() as (service, where):
        with socket.create_connection(where) as client:
            client.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            while b"goes" not in client.recv(4096):
                pass
        until(lambda: not service.held)
        assert service.session.engine.running == []


@pytest.mark.parametrize("sent", [b"", b"POST / HTT", b"POST / HTTP/1.1\r\nHost: localhost\r\nX: "])
def test_headers_that_do_not_come_are_not_waited_for(
    sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "HEADER_SECONDS", 0.1)
    with listening() as (_, where), socket.create_connection(where, timeout=10) as client:
        client.sendall(sent)
        assert client.recv(100) == b""


def test_headers_are_bounded_and_a_body_has_to_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "BODY_SECONDS", 0.1)
    head = (
        b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" % CHAT.encode()
    )
    with listening() as (_, where):
        with socket.create_connection(where, timeout=10) as client:
            client.sendall(head + b"X: %b" % (b"a" * 40_000))
            assert client.recv(100).startswith(b"HTTP/1.1 400")
        with socket.create_connection(where, timeout=10) as client:
            client.sendall(head + b"Content-Length: 10\r\n\r\n{")
            assert client.recv(100).startswith(b"HTTP/1.1 408")


def test_keys_are_for_their_owner_and_long_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    file.chmod(0o644)
    with pytest.raises(UnreadableFile, match="others can read"):
        listener.key_from("", file)
    file.chmod(0o600)
    assert listener.key_from("", file) == KEY
    monkeypatch.setenv("A_KEY", "short")
    with pytest.raises(UsageError, match="A_KEY"):
        listener.key_from("A_KEY", None)
    assert listener.key_from("", None) == ""


def test_a_port_is_taken_once() -> None:
    with closing(listener.bound("127.0.0.1", 0)) as where:
        assert listener.is_loopback(where)
        assert "evil" not in listener.hosts("127.0.0.1", where)
        with pytest.raises(TtcError, match="--port"):
            listener.bound("127.0.0.1", where.getsockname()[1])


NAMES = sorted({*fields.CHAT["properties"], *fields.RESPONSES["properties"], "role", "content"})
VALID = {"model": "tiny", "messages": [{"role": "user", "content": "hi"}], "input": "hi"}
SMALL = (
    None,
    True,
    False,
    0,
    1,
    -1,
    2.5,
    1e308,
    2**70,
    "",
    "x",
    "user",
    "text",
    "\x00",
    "auto",
    [],
)


def anything(dice: random.Random, depth: int = 3) -> Any:
    """A value of JSON that is made of what bodies are made of."""
    kind = dice.random()
    if depth == 0 or kind < 0.4:
        return dice.choice(SMALL)
    if kind < 0.6:
        return [anything(dice, depth - 1) for _ in range(dice.randrange(4))]
    names = dice.choices([*NAMES, *fields.SAID, "nonsense"], k=dice.randrange(5))
    return {name: anything(dice, depth - 1) for name in names}


def test_whatever_a_body_says_it_is_read_or_refused() -> None:
    dice = random.Random(20)
    reader, read = Reader(Settings(), "tiny"), 0
    for number in range(1000):
        body = anything(dice)
        if number % 2 and isinstance(body, dict):
            name = dice.choice(NAMES)
            body = VALID | {name: anything(dice)}
            body.pop(dice.choice(("input", "messages")), None)
        for reads in (reader.chat, reader.responses):
            with contextlib.suppress(ApiError):
                assert isinstance(reads(to_json(body).encode()), Asked)
                read += 1
    assert read > 10
