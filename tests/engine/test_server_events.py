"""Events as servers write them: keep-alives, ends of lines, marks, and what is called an error."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ttc_cli.core.errors import TtcError
from ttc_cli.engine.openai.address import Address
from ttc_cli.engine.openai.api import Api
from ttc_cli.engine.openai.told import TransientError

ONE, TWO = b'{"choices": [{"text": "one"}]}', b'{"choices": [{"text": "two"}]}'
BOTH = [json.loads(ONE), json.loads(TWO)]
DONE = b"data: [DONE]\n\n"


@pytest.fixture
def url() -> Iterator[str]:
    """A server whose stream is the bytes that it is sent, in pieces of as many as it is told."""

    class Echo(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", asked["type"])
            self.end_headers()
            data, size = bytes.fromhex(asked["events"]), asked["size"]
            for at in range(0, len(data), size):
                self.wfile.write(data[at : at + size])
                self.wfile.flush()
                time.sleep(asked["pause"])

    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def chunks(
    url: str, events: bytes, size: int, kind: str = "text/event-stream", *, pause: float = 0
) -> list[dict[str, Any]]:
    async def all_of_them() -> list[dict[str, Any]]:
        api = Api(Address(url, silence=16 * pause or 300))
        try:
            body = {"events": events.hex(), "size": size, "stream": True, "type": kind}
            body["pause"] = pause
            return [chunk async for chunk in api.stream(url, body, 9) if chunk]
        finally:
            await api.close()

    return asyncio.run(all_of_them())


@pytest.mark.parametrize("size", [1, 3, 10_000])
@pytest.mark.parametrize(
    "events",
    [
        b"data: " + ONE + b"\n\ndata: " + TWO + b"\n\n" + DONE,
        b"data:" + ONE + b"\r\n\r\ndata:" + TWO + b"\r\n\r\ndata:[DONE]\r\n\r\n",
        b"\xef\xbb\xbfdata: " + ONE + b"\n\ndata: " + TWO + b"\n\ndata: [DONE] \n\n",
        b": alive\n\ndata:\n\ndata: " + ONE + b"\n\ndata: null\n\ndata: {}\n\n"
        b"event: ping\ndata: \n\nid: 7\nretry: 9\ndata: " + TWO + b"\n\ndata: [DONE]",
        b'data: {"choices":\ndata:  [{"text": "one"}]}\n\ndata: ' + TWO + b"\n\n" + DONE,
        b"data: " + ONE + b"\r\rdata: " + TWO + b"\r\r: bye\r\rdata: [DONE]\r\r",
        b"event: message\ndata: " + ONE + b"\n\ndata: " + TWO + b"\n\n" + DONE,
        b"data: " + ONE + b"\ndata: " + TWO + b"\n" + DONE,  # without blank lines
    ],
)
def test_events_are_read_whatever_stands_around_them(url: str, events: bytes, size: int) -> None:
    assert chunks(url, events, size) == BOTH


@pytest.mark.parametrize(
    "event",
    [
        b'error: {"message": "it died"}\n\n',
        b'data: {"object": "error", "message": "it died", "code": 500}\n\n',
        b'data: {"detail": "it died"}\n\n',
        b'data: [{"error": {"message": "it died", "code": "503"}}]\n\n',
        b"data: error: it died\n\n",
    ],
)
def test_an_error_in_a_stream_is_one_however_it_is_told(url: str, event: bytes) -> None:
    with pytest.raises(TransientError, match="it died"):
        chunks(url, b"data: " + ONE + b"\n\n" + event + DONE, 10_000)


@pytest.mark.parametrize(
    "alive",
    [b": alive\n\n", b"data:\n\n\n\n", b"\n" * 10],
    ids=["comments", "empty", "blank lines"],
)
def test_what_keeps_a_stream_alive_is_no_silence(url: str, alive: bytes) -> None:
    stream = alive * 32 + b"data: " + ONE + b"\n\ndata: " + TWO + b"\n\n" + DONE
    assert chunks(url, stream, 10, pause=0.05) == BOTH


@pytest.mark.parametrize("told", [b'{"message": "it died"}', b'{"error": "it died"}', b"it died"])
def test_an_event_that_is_called_an_error_is_one(url: str, told: bytes) -> None:
    events = b"data: " + ONE + b"\n\nevent: error\ndata: " + told + b"\n\n" + DONE
    with pytest.raises(TransientError, match="it died"):
        chunks(url, events, 10_000)


@pytest.mark.parametrize("size", [1, 10_000])
@pytest.mark.parametrize("kind", ["text/event-stream", "application/json", "text/plain"])
def test_what_a_reply_is_its_first_byte_tells(url: str, size: int, kind: str) -> None:
    stream = b"data: " + ONE + b"\n\ndata: " + TWO + b"\n\n" + DONE
    assert chunks(url, stream, size, kind) == BOTH
    whole = b"\xef\xbb\xbf \n" + json.dumps(BOTH[0], indent=1).encode()
    assert chunks(url, whole, size, kind) == BOTH[:1]


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"success": False, "message": "quota exceeded"}, "answers 200: quota exceeded"),
        ({"choices": None, "base_resp": {"status_code": 1008, "status_msg": "it is shut"}},
         "answers 200: it is shut"),
        ({"code": 0, "message": "quota exceeded"}, "answers 200: quota exceeded"),
        ({"msg": "no such model", "success": False}, "answers 200: no such model"),
        ({"errors": ["quota exceeded"], "success": False}, "answers 200: quota exceeded"),
        ({"code": "InvalidApiKey", "message": "Invalid API-key provided."}, "wants a key"),
        ({"error": {"message": "insufficient balance"}}, "is there credit left"),
    ],
)  # fmt: skip
def test_words_without_a_reply_are_an_error_that_is_not_tried_again(
    url: str, told: Any, says: str
) -> None:
    for event in (json.dumps(told).encode(), b"data: " + json.dumps(told).encode() + b"\n\n"):
        with pytest.raises(TtcError, match=says):
            chunks(url, event, 10_000)
