"""The endpoint as an ASGI application: routes, who may call, and errors in the API's own form."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.authentication import AuthenticationBackend, AuthenticationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ttc_cli.core.errors import TtcError
from ttc_cli.serve import chat, fields, responses
from ttc_cli.serve.calls import GONE, Call, attended
from ttc_cli.serve.metrics import Metrics
from ttc_cli.serve.reading import Asked, Reader
from ttc_cli.serve.refusal import ApiError, bug, told
from ttc_cli.serve.service import Service
from ttc_cli.views.text import to_json

MOST_BYTES = 4_000_000  # of a body: more text than any model's context holds
BODY_SECONDS, SEND_SECONDS = 30.0, 60.0
"""In which a body has to arrive, and a client has to take a piece of its answer."""
CODES = {400: "invalid_header", 404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}
"""Of errors that are HTTP's own."""
Endpoint = Callable[[Request], Awaitable[Response]]


class Json(JSONResponse):
    """JSON that any parser takes."""

    def render(self, content: Any) -> bytes:
        """Without NaN, and with halves of characters escaped."""
        return to_json(content).encode("utf-8")


class Key(AuthenticationBackend):
    """Lets those in who have the key; whoever asks for /health needs none."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    async def authenticate(self, conn: HTTPConnection) -> None:
        """Compare the key, in a time that tells nothing of it."""
        scheme, _, given = conn.headers.get("authorization", "").partition(" ")
        right = hmac.compare_digest(given.strip().encode("utf-8", "replace"), self._key)
        if conn.scope["path"] != "/health" and not (right and scheme.lower() == "bearer"):
            raise AuthenticationError("the key is missing or wrong: send Authorization: Bearer KEY")


class Streaming(StreamingResponse):
    """The events of a call; however it ends, its jobs are left."""

    def __init__(self, events: AsyncIterator[str], ended: Callable[[], None]) -> None:
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        super().__init__(events, headers=headers, media_type="text/event-stream")
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them; a client that takes none for a minute counts as gone."""

        async def sent(message: Message) -> None:
            async with asyncio.timeout(SEND_SECONDS):
                await send(message)

        try:
            await super().__call__(scope, receive, sent)
        except TimeoutError:
            pass
        finally:
            self._ended()


class OneForm:
    """Gives what other layers refuse in plain text the form of the API's errors."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything else on."""
        begun: Message | None = None

        async def sent(message: Message) -> None:
            nonlocal begun
            if _is_plain(message):
                begun = message
            elif begun is not None:
                await _reformed(begun, message["body"])(scope, receive, send)
            else:
                await send(message)

        await self._app(scope, receive, sent)


class Endpoints:
    """What is behind the routes; `hears` takes a line about what nobody foresaw."""

    def __init__(self, service: Service, reader: Reader, hears: Callable[[TtcError], None]) -> None:
        self._service, self._reader, self._hears = service, reader, hears
        self._created = int(time.time())
        self.metrics = Metrics(service)

    async def chat(self, request: Request) -> Response:
        """POST /v1/chat/completions."""
        return await self._answer(request, self._reader.chat, chat.completion, chat.chunks)

    async def responses(self, request: Request) -> Response:
        """POST /v1/responses."""
        read, whole = self._reader.responses, responses.response
        return await self._answer(request, read, whole, responses.events)

    async def models(self, _: Request) -> Response:
        """GET /v1/models."""
        return Json({"object": "list", "data": [self._model(n) for n in self._reader.models]})

    async def model(self, request: Request) -> Response:
        """GET /v1/models/NAME."""
        name = request.path_params["name"]
        if name not in self._reader.models:
            message = f"there is no model {name!r:.80}"
            raise ApiError(404, message, code="model_not_found", param="model")
        return Json(self._model(name))

    async def health(self, _: Request) -> Response:
        """GET /health."""
        state = self._service.state
        return Json({"status": state}, status_code=200 if state == "ok" else 503)

    async def figures(self, _: Request) -> Response:
        """GET /metrics."""
        return Response(self.metrics.text(), media_type=self.metrics.media_type)

    async def document(self, _: Request) -> Response:
        """GET /openapi.json."""
        return Json(fields.document(self._reader.models))

    def _model(self, name: str) -> dict[str, Any]:
        return {"id": name, "object": "model", "created": self._created, "owned_by": "ttc"}

    async def _answer(
        self, request: Request, read: Callable[[bytes], Asked],
        whole: Callable[[Call], dict[str, Any]], events: Callable[[Call], AsyncIterator[str]],
    ) -> Response:  # fmt: skip
        began = time.monotonic()
        asked = await run_in_threadpool(read, await _body(request))
        call = Call(self._service, asked)

        def ended() -> None:
            call.leave()
            self.metrics.ended(request, call.status, time.monotonic() - began)
            for choice in call.choices:
                if choice.result:
                    self.metrics.spent(choice.ours)

        try:
            await attended(request, call.begun() if asked.stream else call.whole())
        except BaseException:
            call.leave()
            raise
        if asked.stream:
            return Streaming(self._told(events(call)), ended)
        ended()
        return Json(whole(call))

    async def _told(self, events: AsyncIterator[str]) -> AsyncIterator[str]:
        """A stream in which what nobody foresaw is an event, and the last."""
        try:
            async for event in events:
                yield event
        except Exception as error:
            unforeseen = bug(error)
            self._hears(unforeseen)
            yield chat.event(told(unforeseen).body())


async def _body(request: Request) -> bytes:
    """The body of a call, which has to be JSON and to come in time."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        message = f"the content type is {kind or 'missing'!r:.80}: send application/json"
        raise ApiError(415, message, code="unsupported_media_type")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.body()
    except TimeoutError:
        raise ApiError(408, "the body did not come in time", code="request_timeout") from None


def application(
    service: Service, reader: Reader, *, hosts: Sequence[str], key: str = "",
    origins: Sequence[str] = (), hears: Callable[[TtcError], None] = lambda _error: None,
) -> Starlette:  # fmt: skip
    """The endpoint.

    Args:
        hosts: that the header Host may name; "*" for any.
        key: that calls have to bring; empty for none. origins: of web pages that may call.
        hears: takes a line about what nobody foresaw.
    """
    ends = Endpoints(service, reader, hears)

    def safe(endpoint: Endpoint) -> Endpoint:
        async def call(request: Request) -> Response:
            began = time.monotonic()
            try:
                return await endpoint(request)
            except ClientDisconnect:
                refused = ApiError(GONE, "the client is gone")
            except HTTPException as error:
                refused = _of_http(error)
            except ApiError as error:
                refused = error
            except Exception as error:
                unforeseen = bug(error)
                hears(unforeseen)
                refused = told(unforeseen)
            ends.metrics.ended(request, refused.status, time.monotonic() - began)
            return _failed(refused)

        return call

    guards = [
        Middleware(OneForm),
        Middleware(RequestBodyLimitMiddleware, max_body_size=MOST_BYTES),
        Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
    ]
    if origins:
        guards.append(
            Middleware(CORSMiddleware, allow_origins=list(origins), allow_methods=["GET", "POST"],
                       allow_headers=["*"])  # official clients add some of their own
        )  # fmt: skip
    if key:
        guards.append(Middleware(AuthenticationMiddleware, Key(key), on_error=_no_key))
    routes = [
        Route("/v1/chat/completions", safe(ends.chat), methods=["POST"]),
        Route("/v1/responses", safe(ends.responses), methods=["POST"]),
        Route("/v1/models", safe(ends.models)),
        Route("/v1/models/", safe(ends.models)),
        Route("/v1/models/{name:path}", safe(ends.model)),
        Route("/health", safe(ends.health)),
        Route("/metrics", safe(ends.figures)),
        Route("/openapi.json", safe(ends.document)),
    ]
    return Starlette(routes=routes, middleware=guards, exception_handlers={HTTPException: _http})


def _failed(error: ApiError) -> Response:
    return Json(error.body(), status_code=error.status, headers=error.headers)


def _no_key(_: HTTPConnection, error: Exception) -> Response:
    response = _failed(ApiError(401, str(error), kind="authentication_error", code="invalid_key"))
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _of_http(error: HTTPException) -> ApiError:
    status, message = error.status_code, error.detail
    if status == 413:
        message = f"the body is too large: it may hold {MOST_BYTES:,} bytes"
    answer = ApiError(status, message, code=CODES.get(status))
    answer.headers = dict(error.headers or {})
    return answer


def _is_plain(message: Message) -> bool:
    """Whether a response begins that refuses in plain text."""
    if message["type"] != "http.response.start" or message["status"] < 400:
        return False
    return Headers(raw=message["headers"]).get("content-type", "").startswith("text/plain")


def _reformed(begun: Message, text: bytes) -> Response:
    """A refusal in plain text as an error of the API, with what else its headers say."""
    headers = dict(Headers(raw=begun["headers"]))
    kept = {name: text for name, text in headers.items() if not name.startswith("content-")}
    return _failed(_of_http(HTTPException(begun["status"], text.decode(), kept)))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    refused = _of_http(error)
    if refused.status == 404:
        refused.message = f"there is no {request.url.path:.80}: chats go to /v1/chat/completions"
    return _failed(refused)
