"""A server that means harm: each case is an honest server with one answer that is not.

`Case(seed)` decides what is answered where; the same seed is the same case.
"""

from __future__ import annotations

import gzip
import json
import random
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import repeat
from typing import Any

KINDS = ("llama.cpp", "vllm", "library", "me", "nobody")
PLACES = ("/v1/models", "/props", "/tokenize", "/detokenize", "/version", "/api/tags", "stream",
          "scores")  # fmt: skip
HARMS = ("field", "field", "field", "field", "bytes", "status", "headers", "huge", "deep", "bomb",
         "endless", "drip", "silence", "comments", "tokens", "cut", "length")  # fmt: skip
TEMPLATE = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}<|assistant|>"
ODD: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 2**63, 10**300, 1e308, -0.5, float("nan"), "", "x", "\ud800",
    "\x1b[2J", "9" * 5000, [], {}, [[]], [{}], {"a": 1}, [None], [1, "x"], {"type": "text"},
    [{"type": "text", "text": 5}], [{"type": "thinking", "thinking": {"x": []}}], "y" * 100_000,
)  # fmt: skip


@dataclass
class Case:
    """What a server answers where.

    Args:
        seed: decides everything.
    """

    seed: int

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.kind = self.random.choice(KINDS)
        self.place = self.random.choice(PLACES)
        self.harm = self.random.choice(HARMS)

    def honest(self, path: str, body: dict[str, Any]) -> Any:
        """What an honest server of the kind says; None for 404."""
        if path == "/v1/models":
            return {"data": [{"id": "m", "owned_by": self.kind, "max_model_len": 4096}]}
        if path == "/props" and self.kind == "llama.cpp":
            settings = {"n_ctx": 4096}
            return {
                "total_slots": 2, "chat_template": TEMPLATE, "bos_token": "", "eos_token": "</s>",
                "default_generation_settings": settings,
            }  # fmt: skip
        if path == "/tokenize":
            return {"tokens": [1, 2, 3], "count": 3}
        if path == "/detokenize":
            return {"prompt": "The quick brown fox jum"}
        if path in ("/version", "/api/version"):
            return {"version": "1"}
        if path == "/api/tags":
            return {"models": [{"model": "m", "digest": "d"}]}
        if path.endswith("completions") and not body.get("stream"):
            top = [{"id": i, "token": f"t{i}", "logprob": -1.0 - i} for i in range(3)]
            content = [{"token": "t0", "logprob": -1.0, "top_logprobs": top}]
            return {"choices": [{"logprobs": {"content": content}, "message": {}}]}
        return None

    def events(self, body: dict[str, Any]) -> list[Any]:
        """The stream of an honest server."""
        raw = "prompt" in body
        top = [{"token": "a", "logprob": -0.5}, {"token": "b", "logprob": -1.5}]
        logprobs = {"content": [{"token": "a", "logprob": -0.5, "top_logprobs": top}]}
        said: list[Any] = []
        for word in ("The", " answer", " is", " 42."):
            choice: dict[str, Any] = {"index": 0, "logprobs": logprobs, "finish_reason": None}
            choice |= {"text": word} if raw else {"delta": {"content": word}}
            more = {"__verbose": {"tokens": [5], "tokens_predicted": len(said) + 1}} if raw else {}
            said.append({"choices": [choice], **more})
        usage = {"prompt_tokens": 3, "completion_tokens": 4}
        end: dict[str, Any] = {"index": 0, "finish_reason": "stop"} | (
            {"text": ""} if raw else {"delta": {}}
        )
        return [*said, {"choices": [end], "usage": usage}]

    def reply(self, path: str, body: dict[str, Any]) -> Iterator[bytes]:
        """The bytes of a whole response, head included."""
        streams = bool(body.get("stream"))
        here = (
            ("stream" if streams else "scores") if path.endswith("completions") else path
        ) == self.place
        if streams:
            events = self.events(body)
            told = self._mutated(events) if here else events
            data = b"".join(
                b"data: " + json.dumps(event).encode() + b"\n\n"
                for event in (told if isinstance(told, list) else [told])
            )
            kind, data = "text/event-stream", data + b"data: [DONE]\n\n"
        else:
            value = self.honest(path, body)
            if value is None and not here:
                yield _head(404, "application/json", 2) + b"{}"
                return
            kind, data = (
                "application/json",
                json.dumps(self._mutated(value or {}) if here else value).encode(),
            )
        yield from self._harmed(kind, data) if here else iter([_head(200, kind, len(data)) + data])

    def _mutated(self, value: Any) -> Any:
        if self.harm != "field":
            return value
        value = json.loads(json.dumps(value))
        for _ in range(self.random.choice((1, 1, 1, 2, 5))):
            spots = list(_spots(value))
            if spots:
                holder, key = self.random.choice(spots)
                holder[key] = self.random.choice(ODD)
        return self.random.choice(ODD) if self.random.random() < 0.05 else value

    def _harmed(self, kind: str, data: bytes) -> Iterator[bytes]:
        return getattr(self, f"_{self.harm}", self._field)(kind, data)

    def _field(self, kind: str, data: bytes) -> Iterator[bytes]:
        yield _head(200, kind, len(data)) + data

    def _bytes(self, kind: str, _: bytes) -> Iterator[bytes]:
        yield _head(200, kind, None) + self.random.randbytes(self.random.randrange(2000))

    def _status(self, kind: str, data: bytes) -> Iterator[bytes]:
        status = self.random.choice((100, 101, 204, 301, 400, 401, 404, 422, 429, 500, 503, 700))
        after = self.random.choice(("nan", "1e9", "-1", "0.01", "x"))
        page = b"<html>no</html>"
        said = self.random.choice((data, page, b"", b'{"detail": [{"loc": 5}]}', b"[1]"))
        yield _head(status, kind, len(said), f"Retry-After: {after}\r\n") + said

    def _headers(self, _kind: str, _data: bytes) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % i for i in range(20_000))

    def _huge(self, kind: str, _: bytes) -> Iterator[bytes]:
        yield _head(200, kind, None) + b'data: {"a": "' * (kind != "application/json")
        yield from (b"x" * 65_536 for _ in range(400))

    def _deep(self, kind: str, _: bytes) -> Iterator[bytes]:
        lead = b"data: " * (kind != "application/json")
        yield _head(200, kind, None) + lead + b"[" * self.random.choice((99, 10**5))
        yield b"]" * 99 + b"\n\n"

    def _bomb(self, kind: str, _: bytes) -> Iterator[bytes]:
        yield _head(200, kind, None, "Content-Encoding: gzip\r\n") + gzip.compress(bytes(10**7))

    def _endless(self, kind: str, _: bytes) -> Iterator[bytes]:
        yield _head(200, kind, None)
        yield from repeat(b"\n\n" + b"y" * 999)

    def _comments(self, kind: str, _: bytes) -> Iterator[bytes]:
        yield _head(200, kind, None)
        yield from repeat(b": z\n")

    def _tokens(self, kind: str, data: bytes) -> Iterator[bytes]:
        yield _head(200, kind, None)
        yield from repeat(data.replace(b"data: [DONE]\n\n", b"").replace(b'"stop"', b"null"))

    def _drip(self, kind: str, data: bytes) -> Iterator[bytes]:
        yield _head(200, kind, None)
        for byte in data * 1000:
            yield bytes([byte])
            time.sleep(0.02)

    def _silence(self, kind: str, _: bytes) -> Iterator[bytes]:
        yield _head(200, kind, None) * self.random.choice((0, 1))
        time.sleep(2)

    def _cut(self, kind: str, data: bytes) -> Iterator[bytes]:
        whole = _head(200, kind, len(data)) + data
        yield whole[: self.random.randrange(len(whole))]

    def _length(self, kind: str, data: bytes) -> Iterator[bytes]:
        yield _head(200, kind, self.random.choice((0, 3, 10**6, 10**15))) + data


def _spots(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _spots(value[key])


def _head(status: int, kind: str, length: int | None, more: str = "") -> bytes:
    size = "" if length is None else f"Content-Length: {length}\r\n"
    said = (
        f"HTTP/1.1 {status} Word\r\nContent-Type: {kind}\r\n{size}{more}Connection: close\r\n\r\n"
    )
    return said.encode()


class HostileServer:
    """Serves a case."""

    def __init__(self, case: Case) -> None:
        self.case = case
        server = self

        class Handler(socketserver.StreamRequestHandler):
            timeout = 10

            def handle(self) -> None:
                with suppress(OSError, ValueError, IndexError):
                    server._handle(self)

        class Tcp(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 64

        self._tcp = Tcp(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._tcp.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._tcp.server_address[1]}"

    def close(self) -> None:
        self._tcp.shutdown()
        self._tcp.server_close()

    def _handle(self, http: Any) -> None:
        path = http.rfile.readline().split(b" ")[1].decode()
        size = 0
        while (line := http.rfile.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            size = int(value) if name.lower() == b"content-length" else size
        body = json.loads(http.rfile.read(size)) if size else {}
        for part in self.case.reply(path, body):
            http.wfile.write(part)
