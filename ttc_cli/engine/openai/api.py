"""HTTP to one server: a client, its timeouts, and bounds on what it may send.

Nothing that is asked for is compressed, so that what arrives is what is read: each line, each
reply and each stream has a most bytes, and each request a time by which it must be over.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from email.utils import parsedate_to_datetime
from socket import gaierror
from typing import Any

import httpx2

from ttc_cli.core.errors import TtcError, UsageError
from ttc_cli.engine.openai.address import Address
from ttc_cli.engine.openai.events import DONE, MOST_EVENT, events, loosely, whole
from ttc_cli.engine.openai.told import (
    SUCCESS,
    Senseless,
    TransientError,
    parse,
    refusal,
    status_of,
    words,
)

CONNECT_SECONDS = 10.0
SETUP_SECONDS = 30.0  # for an answer that takes no model
REST_SECONDS = 2.0  # for what follows the end of a reply: its usage, and the end of the stream
TRIES = 3  # at finding out whether a server has something, where an answer is lost
TOKEN_SECONDS = 10.0
"""For a token; no stream lasts longer than all that it may draw take at this rate."""
MOST_WHERE = 200  # characters of an address that it names
MOST_NAME = 80  # characters of a replica's name
TOKEN_BYTES = 16 << 10
"""Of a stream, for each token: twenty alternatives with their bytes take about 4,000."""

REPLICA = (
    "x-upstream", "x-upstream-addr", "x-served-by", "x-backend-server", "x-replica", "target-pod",
    "x-gateway-destination-endpoint-served", "x-litellm-model-id",
)  # fmt: skip
"""Headers in which gateways tell who answered; the first that is there counts."""


class Api:
    """The door to a server. Use it on one event loop only, and close it there.

    `served` counts streams by the replica that began them, as the gateway names it.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self.served: Counter[str] = Counter()
        headers = {"Accept-Encoding": "identity", "Content-Type": "application/json"}
        try:
            self._client = httpx2.AsyncClient(
                headers=headers
                | ({"Authorization": f"Bearer {address.key}"} if address.key else {}),
                timeout=httpx2.Timeout(address.silence, connect=CONNECT_SECONDS),
                limits=httpx2.Limits(max_connections=None),
                trust_env=not address.loopback,  # a proxy is no way to this machine
            )
        except (ImportError, OSError, ValueError, httpx2.InvalidURL) as error:
            raise UsageError(
                f"a proxy or certificates that the environment names cannot be used: {error}",
                "correct or unset ALL_PROXY, HTTPS_PROXY, HTTP_PROXY, NO_PROXY or SSL_CERT_FILE",
            ) from None

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def call(
        self,
        url: str,
        body: Mapping[str, Any] | None = None,
        *,
        within: float = SETUP_SECONDS,
        affinity: str = "",
    ) -> Any:
        """The JSON that a GET, or a POST of `body`, comes back with.

        Args:
            affinity: the same for requests that had better go to the same replica.

        Raises:
            TransientError: nothing came in time, or a server that is busy answered.
            TtcError: the server refuses. Senseless: it answers too much.
        """
        within = min(within, self.address.silence)
        async with self._asked(url, body, within, affinity) as response:
            data = await _whole(response)
        return _parsed(data, "what it answers")

    async def find(
        self, url: str, body: Mapping[str, Any] | None = None, *, has: bool = False
    ) -> dict[str, Any]:
        """The JSON object that is there, or an empty one where the server has none.

        Raises TransientError: the server is known to have one (`has`), and is not ready.
        """
        for _ in range(TRIES):  # what is lost says nothing of what there is
            try:
                found = await self.call(url, body)
            except TransientError as lost:
                if has and lost.gone:
                    raise
                continue
            except TtcError:
                return {}
            return found if isinstance(found, dict) else {}
        return {}

    async def stream(
        self,
        url: str,
        body: Mapping[str, Any],
        tokens: int,
        affinity: str = "",
        ended: Callable[[], bool] = lambda: False,
    ) -> AsyncGenerator[dict[str, Any]]:
        """The chunks of a stream of events. Closing the iterator closes the connection.

        An answer in one piece is one chunk. Events without data are keep-alives.

        Args:
            tokens: that are asked for.
            affinity: as in `call`.
            ended: whether the reply is over, and no more is waited for than what may follow it.

        Raises:
            TransientError: it could not be begun, or broke off before it said `[DONE]`.
            TtcError: the server refuses, or says something without a reply. Senseless: it sends too
                much.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + self.address.silence + tokens * TOKEN_SECONDS
        async with self._asked(url, body, self.address.silence, affinity) as response:
            if replica := _replica(response.headers):
                self.served[replica] += 1
            rest = until
            lone: dict[str, Any] | None = {}  # what it says instead of a reply, if it does
            async with aclosing(events(response, MOST_EVENT + tokens * TOKEN_BYTES)) as told:
                while True:
                    async with asyncio.timeout_at(min(rest, loop.time() + self.address.silence)):
                        data = await anext(told, None)
                    if data in (None, DONE) and lone:
                        raise refusal(SUCCESS, lone, None, self.address)
                    if data is None:
                        raise TransientError("the stream broke off")
                    if data == DONE:
                        return
                    if data:
                        chunk = self._chunk(data)
                        if chunk.get("choices"):
                            lone = None
                        elif lone is not None and words(chunk):
                            lone = chunk
                        yield chunk
                        rest = min(until, loop.time() + REST_SECONDS) if ended() else until

    @asynccontextmanager
    async def _asked(
        self, url: str, body: Mapping[str, Any] | None, within: float, affinity: str
    ) -> AsyncIterator[httpx2.Response]:
        """The response to a request, with its head read, and errors in our words.

        Args:
            within: seconds for the head; and for all of it where the body is read here.
        """
        response = None
        try:
            how, content = ("GET", None) if body is None else ("POST", _encoded(body))
            headers = {self.address.affinity: affinity} if affinity else None
            request = self._client.build_request(how, url, content=content, headers=headers)
            async with asyncio.timeout(within):
                response = await self._client.send(request, stream=True)
                if not response.is_success:
                    data = await _whole(response)
            if response.has_redirect_location:
                raise _moved(response, self.address)
            if not response.is_success:
                after = seconds_to_wait(response.headers.get("retry-after"))
                raise refusal(response.status_code, loosely(data), after, self.address)
            if response.headers.get("content-encoding", "identity") != "identity":
                raise Senseless("it is compressed, which was not asked for")
            async with asyncio.timeout(None if body and body.get("stream") else within):
                yield response
        except TimeoutError as error:
            raise TransientError(f"nothing came for {within:g} s") from error
        except httpx2.TransportError as error:
            raise TransientError(_reason(error, self.address), gone=response is None) from error
        except httpx2.InvalidURL as error:
            raise UsageError(f"{url!r} is no URL: {error}") from error
        finally:
            if response is not None:
                await response.aclose()

    def _chunk(self, data: bytes) -> dict[str, Any]:
        chunk = _parsed(data, "what it sends")
        chunk = {} if chunk is None else chunk  # null keeps the connection alive
        if isinstance(chunk, list) and len(chunk) == 1:
            chunk = chunk[0]  # Gemini wraps its errors so
        if not isinstance(chunk, dict):
            raise Senseless("an event is no object")
        if status := status_of(chunk):
            raise refusal(status, chunk, None, self.address)
        return chunk


def unreachable(lost: TransientError, address: Address) -> TtcError:
    """The error for a server that could not be asked."""
    return TtcError(
        f"no answer from {address.url}: {lost.message}",
        "is the server running there? `ttc doctor` looks at each that has a name",
    )


def senseless(error: Senseless, address: Address) -> TtcError:
    """The error for a server that answers what no server of this kind would."""
    return TtcError(
        f"the server at {address.url} answers what is no reply of an OpenAI-compatible server:"
        f" {error.message}",
        "is it one?",
    )


def _encoded(body: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        raise UsageError("the prompt holds half a character: it is no UTF-8") from None


async def _whole(response: httpx2.Response) -> bytes:
    async with aclosing(response.aiter_raw()) as parts:
        return await whole(parts)


def _parsed(data: bytes, what: str) -> Any:
    try:
        return parse(data.decode("utf-8-sig", "replace"))
    except ValueError as error:
        said = words(loosely(data))[:MOST_NAME]
        raise TransientError(f"{what} is no JSON{said and f': {said}'}") from error


def _reason(error: BaseException, address: Address) -> str:
    """Why a connection failed, from the first cause that says so plainly."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, gaierror):
            return f"there is no host {address.host}"
        if isinstance(seen, ConnectionRefusedError):
            return "the connection is refused"
        if isinstance(seen, ssl.SSLError):
            return f"TLS fails: {getattr(seen, 'verify_message', '') or seen.reason or seen}"
        inner = getattr(seen, "exceptions", ())  # of each address of a host
        seen = inner[0] if inner else seen.__cause__ or seen.__context__
    if isinstance(error, httpx2.ConnectError):
        return "nobody answers there"
    if isinstance(error, httpx2.ConnectTimeout):
        return f"no connection within {CONNECT_SECONDS:g} s"
    if isinstance(error, httpx2.TimeoutException):
        return f"nothing came for {address.silence:g} s"
    return str(error).partition("\n")[0] or type(error).__name__


def _moved(response: httpx2.Response, address: Address) -> TtcError:
    """The error for a redirection: where a key and a prompt go to is for the user to say."""
    where = response.headers["location"].partition("?")[0][:MOST_WHERE]
    return TtcError(
        f"the server at {address.url} answers {response.status_code}: it has moved to {where}",
        "give the URL that it has moved to",
    )


def _replica(headers: Mapping[str, str]) -> str:
    """The replica that answers, where the gateway tells; of several that were tried, the last."""
    told = next((headers[name] for name in REPLICA if headers.get(name)), "")
    return told.rpartition(",")[2].strip()[:MOST_NAME]


def seconds_to_wait(text: str | None) -> float | None:
    """Retry-After in seconds, which may be told as a date (RFC 9110); None where it is neither."""
    with suppress(ValueError):
        return max(0.0, float(text)) if text else None
    with suppress(ValueError, TypeError, OverflowError):
        return max(0.0, parsedate_to_datetime(text or "").timestamp() - time.time())
    return None
