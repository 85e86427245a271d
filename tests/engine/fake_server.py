"""An OpenAI-compatible server in the test process: llama-server's dialect or that of messages.

What it says comes from a script, as the scripted engine's replies do; what goes wrong is told it
by `faults`, of which each request takes one.
"""

from __future__ import annotations

import json
import re
import threading
import time
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePath
from socket import SHUT_RDWR
from typing import Any

from ttc_cli.core.branch import Prompt, Step
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.sampling import StopRule
from ttc_cli.engine.scripted import Script, ScriptedEngine

WORD = re.compile(r"\n\n|[ \n]?[^ \n]+|[ \n]")
END = 0
SCORED = (" the", " a", " x", "漢", "Yes", "No")
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "<|im_start|>assistant\n"
)


class Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    open_sockets: set[Any]

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open_sockets = {one for one in vars(self).get("open_sockets", ()) if one.fileno() > 0}
        self.open_sockets.add(request)
        super().process_request(request, client_address)

    def kill(self) -> None:
        """Break all connections, as the end of a process does."""
        for one in vars(self).get("open_sockets", ()):
            with suppress(OSError):
                one.shutdown(SHUT_RDWR)

    def handle_error(self, *_: Any) -> None:
        """A client went away."""


@dataclass
class Fault:
    """What goes wrong with one request.

    Args:
        status: answered instead of anything else; 0 begins as if nothing were wrong.
        body: what comes with it. headers: likewise.
        after: chunks after which the stream breaks off, hangs or turns into garbage.
        how: "break", "hang", "garbage" or "end" (a stream that ends without an end).
    """

    status: int = 0
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    after: int = 0
    how: str = "break"


class FakeServer:
    """Serves until it is closed.

    Args:
        script: what requests say; it sees the ids of the prompt as the tokens of a step, and in
            the dialect of messages their text as the prompt's.
        raw: llama-server, with its template and ids; else chat completions alone.
        continues: goes on with a last message of the assistant (chat).
        takes: names of parameters that are refused unless listed here; None takes all (chat).
        pause: seconds between two tokens.
        exact: usage is told (chat).
        system: messages of the system are taken (chat).
        after: the server that it comes in the place of, with the same port and vocabulary.
        build: of llama-server. It and `context` may be changed at any time.
        slots: streams that it writes at once, others queue; 0 for any number.
        takes_at_once: streams that it takes at once, others get 429; 0 for any number.
        router: llama-server's router mode.
    """

    def __init__(
        self,
        script: Script,
        *,
        raw: bool = True,
        context: int = 4096,
        continues: bool = True,
        takes: frozenset[str] | None = None,
        pause: float = 0.0,
        exact: bool = True,
        models: tuple[str, ...] = ("fake",),
        key: str = "",
        thought: str = "",
        told: str = "one",
        after: FakeServer | None = None,
        system: bool = True,
        build: str = "b1",
        slots: int = 0,
        takes_at_once: int = 0,
        router: bool = False,
    ) -> None:
        self.script, self.raw, self.context, self.continues = script, raw, context, continues
        self.takes, self.pause, self.exact, self.models, self.key = takes, pause, exact, models, key
        self.told, self.thought, self.system = told, thought, system
        self.refusing = 400  # the status of a refusal
        self.no_system = "System role not supported"
        self.build, self.router = build, router
        self.takes_at_once, self._slots = takes_at_once, threading.Semaphore(slots or 10**6)
        self.headers: list[dict[str, str]] = []
        """Of each POST."""
        self.turned_away = 0
        self.faults: deque[Fault] = deque()
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.hung_up = threading.Semaphore(0)
        """Counts streams that the client closed before their end."""
        self.written = 0
        self._live: set[object] = set()
        self.most = 0
        """Streams under way at once, at most."""
        self.words: dict[str, int] = {"": END} if after is None else after.words
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                server._get(self)

            def do_POST(self) -> None:
                server._post(self)

        self._http = Http(("127.0.0.1", after.port if after else 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return self._http.server_port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def close(self) -> None:
        """As often as one likes."""
        self.stopping.set()
        self._http.shutdown()
        self._http.kill()
        self._http.server_close()
        self._thread.join()

    def ids(self, text: str) -> list[int]:
        return [self.id(word) for word in WORD.findall(text)]

    def id(self, word: str) -> int:
        return self.words.setdefault(word, len(self.words))

    def text(self, ids: list[int]) -> str:
        words = list(self.words)
        return "".join(words[i] for i in ids)

    # -- HTTP ---------------------------------------------------------------------------------

    def _get(self, http: Any) -> None:
        self.asked.append((http.path, {}))
        if self.key and http.headers.get("Authorization") != f"Bearer {self.key}":
            return _json(http, 401, {"error": {"message": f"bad key {http.headers}"}})
        if http.path == "/v1/models":
            more = {"meta": {"told": PurePath(self.told).name}, "created": time.time()}
            return _json(http, 200, {"data": [{"id": name, **more} for name in self.models]})
        if http.path == "/props" and self.router:
            return _json(http, 200, {"role": "router", "build_info": self.build})
        named = f"/props?model={self.models[0]}"
        if self.raw and http.path == (named if self.router else "/props"):
            return _json(http, 200, {
                "total_slots": 8, "chat_template": TEMPLATE, "bos_token": "", "eos_token": "",
                "default_generation_settings": {"n_ctx": self.context}, "model_path": self.told,
                "build_info": self.build,
            })  # fmt: skip
        return _json(http, 404, {"error": {"code": 404, "message": "File Not Found"}})

    def _post(self, http: Any) -> None:
        body = json.loads(http.rfile.read(int(http.headers["Content-Length"])))
        self.asked.append((http.path, body))
        self.headers.append(dict(http.headers))
        if self.router and body.get("model") != self.models[0]:
            return _json(http, 400, {"error": {"message": "model name is missing"}})
        if http.path == "/tokenize" and self.raw:
            return _json(http, 200, {"tokens": self.ids(body["content"])})
        fault = self.faults.popleft() if self.faults else Fault()
        if fault.status:
            return _json(http, fault.status, fault.body, fault.headers)
        if http.path == "/v1/completions" and self.raw:
            return self._answer(http, body, body["prompt"], fault)
        if http.path == "/v1/chat/completions" and not self.raw:
            unknown = [k for k in body if self.takes is not None and k not in self.takes | ALWAYS]
            if unknown:
                text = f"Unrecognized request argument: {unknown[0]}"
                return _json(http, 400, {"error": {"message": text}})
            if not self.system and any(m["role"] == "system" for m in body["messages"]):
                return _json(http, self.refusing, {"message": self.no_system})
            return self._answer(http, body, self._chat_ids(body["messages"]), fault)
        return _json(http, 404, {"error": {"code": 404, "message": "File Not Found"}})

    def _chat_ids(self, messages: list[dict[str, str]]) -> list[int]:
        ids = [i for m in messages for i in self.ids(m["content"])]
        # who begins a new turn says something else than who goes on
        new = messages[-1]["role"] == "assistant" and not self.continues
        return [*ids, *self.ids(" new turn")] if new else ids

    def _answer(self, http: Any, body: dict[str, Any], ids: list[int], fault: Fault) -> None:
        if len(ids) + 1 > self.context:
            told = {"code": 400, "type": "exceed_context_size_error", "message": "too long"}
            facts = {"n_prompt_tokens": len(ids), "n_ctx": self.context}
            return _json(http, 400, {"error": told | facts})
        if not body.get("stream"):
            return _json(http, 200, self._scored(ids))
        if self.takes_at_once and len(self._live) >= self.takes_at_once:
            self.turned_away += 1
            return _json(http, 429, {"error": {"message": "too many"}})
        with self._slots:
            return self._stream(http, body, ids, fault)

    def _stream(self, http: Any, body: dict[str, Any], ids: list[int], fault: Fault) -> None:
        http.send_response(200)
        http.send_header("X-Upstream", f"127.0.0.1:{self.port}")
        http.send_header("Content-Type", "text/event-stream")
        http.send_header("Connection", "close")
        http.end_headers()
        http.close_connection = True
        me = object()
        with self._lock:
            self._live.add(me)
            self.most = max(self.most, len(self._live))

        def left() -> None:
            with self._lock:
                self._live.discard(me)

        try:
            for number, chunk in enumerate(self._chunks(body, ids)):
                if number and number == fault.after:
                    return self._fail(http, fault)
                if chunk["choices"] and chunk["choices"][0].get("finish_reason"):
                    left()  # ahead of the client's next request
                http.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
                self.written += 1
                if self.pause and self.stopping.wait(self.pause):
                    return None
            http.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            self.hung_up.release()
        finally:
            left()
        return None

    def _fail(self, http: Any, fault: Fault) -> None:
        if fault.how == "hang":
            self.stopping.wait(5)
        elif fault.how == "garbage":
            http.wfile.write(b"data: {not json\n\n")
        elif fault.how == "break":
            http.wfile.write(b'data: {"choices": [{"te')

    # -- what it says -------------------------------------------------------------------------

    def _said(self, body: dict[str, Any], ids: list[int]) -> Iterator[tuple[str, str, float]]:
        """(text, why it ends, confidence) a token; the end of turn has no text."""
        engine = ScriptedEngine(self.script, context=10**9)
        most = body.get("max_tokens") or body.get("max_completion_tokens") or 10**6
        most = min(most, self.context - len(ids))
        engine.submit(BranchRequest(
            "it", Prompt(((self.text(ids), True),)), StopRule(most, loops=False),
            prefix=(Step("", tuple(ids)),), seed=int(body.get("seed") or 0),
        ))  # fmt: skip
        confidence = engine._talks["it"].line.confidence
        while True:
            for delta in engine.poll(0):
                end = {"end": "stop", "length": "length"}.get(str(delta.stop or ""), "")
                yield delta.text, end, confidence
                if end:
                    return

    def _chunks(self, body: dict[str, Any], ids: list[int]) -> Iterator[dict[str, Any]]:
        total, progress = 0, {"total": len(ids), "cache": 1, "processed": len(ids)}
        if self.raw:
            build = {"system_fingerprint": self.build}
            yield {"choices": [_choice("")], "prompt_progress": progress, **build}
        for word in WORD.findall(self.thought):
            yield {"choices": [{"delta": {"reasoning_content": word}}]}
        for text, end, confidence in self._said(body, ids):
            total += 1
            yield self._chunk(body, text, total, confidence)
            if end:
                break
        details = {"prompt_tokens_details": {"cached_tokens": 1}}
        usage = {"prompt_tokens": len(ids), "completion_tokens": total, **details}
        if self.raw:
            yield {"choices": [_choice("", end=end)], "usage": usage}
        else:
            yield {"choices": [{"delta": {}, "finish_reason": end}]}
            if self.exact:
                yield {"choices": [], "usage": usage}

    def _chunk(
        self, body: dict[str, Any], text: str, total: int, confidence: float
    ) -> dict[str, Any]:
        logprobs = None
        if body.get("n_probs") or body.get("logprobs"):
            top = [{"token": str(i), "logprob": -confidence} for i in range(20)]
            logprobs = {"content": [{"token": text, "logprob": -1.0, "top_logprobs": top}]}
        if self.raw:
            more = {"tokens": [self.id(text)], "tokens_predicted": total}
            return {"choices": [_choice(text, logprobs)], "__verbose": more}
        said = {"delta": {"content": text}, "logprobs": logprobs, "finish_reason": None}
        return {"choices": [said]}

    def _scored(self, ids: list[int]) -> dict[str, Any]:
        seen = {word: -1 - zlib.crc32(f"{ids}/{word}".encode()) % 64 / 8 for word in SCORED}
        top = [{"id": self.id(w), "token": w, "logprob": number} for w, number in seen.items()]
        return {"choices": [{"logprobs": {"content": [{"top_logprobs": top}]}, "message": {}}]}


ALWAYS = frozenset({"model", "messages", "stream"})


def _choice(text: str, logprobs: Any = None, end: str | None = None) -> dict[str, Any]:
    return {"text": text, "index": 0, "logprobs": logprobs, "finish_reason": end}


def _json(http: Any, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
    data = json.dumps(body).encode()
    http.send_response(status)
    http.send_header("Content-Type", "application/json")
    http.send_header("Content-Length", str(len(data)))
    for name, value in (headers or {}).items():
        http.send_header(name, value)
    http.end_headers()
    http.wfile.write(data)
