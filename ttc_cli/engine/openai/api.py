"""HTTP to one server: a client, its timeouts, and what a refusal means in our words."""

from __future__ import annotations

import ipaddress
import json
import re
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from socket import gaierror
from typing import Any, cast

import httpx2

from ttc_cli.core.errors import ContextOverflow, EngineFailed, ModelMissing, TtcError, UsageError

CONNECT_SECONDS = 10.0
BUSY = (408, 425, 429, 500, 502, 503, 504, 529)
"""Answers that another attempt may not meet."""
MOST_CHARS = 300
"""Of a server's own words in an error."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is and what it takes to speak to it.

    Args:
        url: as the user gave it, with `/v1` where it has one.
        key: sent as a bearer token where there is one; it is in no text of ours.
        key_from: what the key was or would be read from, for errors.
        silence: seconds without a word after which a request counts as lost.
    """

    url: str
    key: str = field(default="", repr=False)
    key_from: str = "TTC_API_KEY"
    silence: float = 300.0

    @property
    def base(self) -> str:
        """What `/chat/completions` comes after: a URL without a path gets `/v1`."""
        url = httpx2.URL(self.url)
        return self.url.rstrip("/") + ("/v1" if url.path == "/" else "")

    @property
    def root(self) -> str:
        """Where a server keeps what is not OpenAI's, as `/props`."""
        return self.base.removesuffix("/v1")

    @property
    def loopback(self) -> bool:
        """Whether it is this machine."""
        return is_loopback(httpx2.URL(self.url).host)


def is_loopback(host: str) -> bool:
    """Whether a host name means this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class Lost(Exception):
    """An attempt that another may make good.

    Args:
        message: what happened, one line.
        status: that the server answered; 0 where it did not.
        after: seconds that the server asks to wait; None when it does not say.
    """

    def __init__(self, message: str, *, status: int = 0, after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.after = after


class Api:
    """The door to a server. Use it on one event loop only, and close it there."""

    def __init__(self, address: Address) -> None:
        self.address = address
        headers = {"Authorization": f"Bearer {address.key}"} if address.key else {}
        self._client = httpx2.AsyncClient(
            headers=headers,
            timeout=httpx2.Timeout(address.silence, connect=CONNECT_SECONDS),
            limits=httpx2.Limits(max_connections=None),
            trust_env=not address.loopback,  # a proxy is no way to this machine
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def call(self, url: str, body: Mapping[str, Any] | None = None) -> Any:
        """The JSON that a GET, or a POST of `body`, comes back with.

        Raises:
            Lost: nothing came, or a server that is busy answered.
            TtcError: the server refuses.
        """
        try:
            if body is None:
                response = await self._client.get(url)
            else:
                response = await self._client.post(url, json=body)
            self._check(response)
            return response.json()
        except httpx2.TransportError as error:
            raise Lost(_reason(error, self.address)) from error
        except ValueError as error:
            raise Lost("what it answers is no JSON") from error

    async def find(self, url: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The JSON object that is there, or an empty one where the server has none."""
        try:
            found = await self.call(url, body)
        except (Lost, TtcError):
            return {}
        return found if isinstance(found, dict) else {}

    async def stream(self, url: str, body: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any]]:
        """The chunks of a stream of events. Closing the iterator closes the connection.

        Raises:
            Lost: it could not be begun or broke off; a stream that just ends raises nothing.
            TtcError: the server refuses.
        """
        try:
            async with self._client.sse(
                url, method="POST", json=body, max_event_size=None
            ) as events:
                if events.response.status_code != httpx2.codes.OK:
                    await events.response.aread()
                    self._check(events.response)
                each = cast("AsyncGenerator[httpx2.ServerSentEvent]", aiter(events))
                async with aclosing(each):
                    async for event in each:
                        if event.data == "[DONE]":
                            return
                        chunk = json.loads(event.data)
                        if not isinstance(chunk, dict):
                            raise ValueError(chunk)
                        if chunk.get("error"):
                            self._refuse(_status(chunk["error"]), chunk, None)
                        yield chunk
        except httpx2.TransportError as error:
            raise Lost(_reason(error, self.address)) from error
        except ValueError as error:
            raise Lost("what it sends is no JSON") from error

    def _check(self, response: httpx2.Response) -> None:
        if response.is_success:
            return
        try:
            told = response.json()
        except ValueError:
            told = response.text
        self._refuse(response.status_code, told, _seconds(response.headers.get("retry-after")))

    def _refuse(self, status: int, told: Any, after: float | None) -> None:
        """Raise what a status means."""
        said, address = _words(told), self.address
        if address.key:
            said = said.replace(address.key, "***")
        if (overflow := _overflow(told, said)) is not None:
            raise overflow
        if status in BUSY:
            raise Lost(f"it answers {status}{said and f': {said}'}", status=status, after=after)
        where = f"the server at {address.url}"
        if status in (401, 403):
            lacks = "refuses the key of" if address.key else "wants a key:"
            hint = f"set {address.key_from}" if not address.key else "is it the right one?"
            raise TtcError(f"{where} {lacks} {address.key_from}{said and f' ({said})'}", hint)
        if status == httpx2.codes.NOT_FOUND:
            raise ModelMissing(
                f"{where} answers 404: {said or 'not found'}", "is the URL right, as far as /v1?"
            )
        raise Refused(f"{where} answers {status}: {said or 'without a word'}")


class Refused(EngineFailed):
    """The server does not take a request as it is."""


def unreachable(lost: Lost, address: Address) -> TtcError:
    """The error for a server that could not be asked."""
    return TtcError(
        f"no answer from {address.url}: {lost.message}",
        "is the server running there? `ttc doctor` looks at each that has a name",
    )


def check_offline(address: Address, *, offline: bool) -> None:
    """UsageError for a server elsewhere when nothing may go over the network."""
    if offline and not address.loopback:
        raise UsageError(
            f"{address.url} is not on this machine, and --offline allows no network",
            "name a local model, or leave --offline out",
        )


def _reason(error: BaseException, address: Address) -> str:
    """Why a connection failed, from the first cause that says so plainly."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, gaierror):
            return f"there is no host {httpx2.URL(address.url).host}"
        if isinstance(seen, ConnectionRefusedError):
            return "the connection is refused"
        if isinstance(seen, ssl.SSLError):
            return f"TLS fails: {getattr(seen, 'verify_message', '') or seen.reason or seen}"
        seen = seen.__cause__ or seen.__context__
    if isinstance(error, httpx2.ConnectTimeout):
        return f"no connection within {CONNECT_SECONDS:g} s"
    if isinstance(error, httpx2.TimeoutException):
        return f"nothing came for {address.silence:g} s"
    return str(error).partition("\n")[0] or type(error).__name__


def _seconds(text: str | None) -> float | None:
    """Retry-After in seconds; a date counts as not given."""
    try:
        return max(0.0, float(text)) if text else None
    except ValueError:
        return None


def _status(error: Any) -> int:
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) else 500


def _words(told: Any) -> str:
    """What a server says of an error, on one line."""
    while isinstance(told, dict):
        told = next((told[k] for k in ("error", "message", "detail") if told.get(k)), "")
    text = told if isinstance(told, str) else json.dumps(told)
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())[:MOST_CHARS].rstrip(".")


def _overflow(told: Any, said: str) -> ContextOverflow | None:
    """The error when a prompt did not fit, with the server's numbers where it gives them."""
    facts = told.get("error") if isinstance(told, dict) else None
    facts = facts if isinstance(facts, dict) else {}
    kinds = (facts.get("type"), facts.get("code"))
    if not (
        {"exceed_context_size_error", "context_length_exceeded"} & {*map(str, kinds)}
        or re.search(r"(maximum|available|exceed\w*)\b.*\bcontext (length|size|window)", said, re.I)
    ):
        return None
    room = facts.get("n_ctx") or _number(said, r"context (?:length|size|window)\D{0,12}(\d+)")
    prompt = facts.get("n_prompt_tokens") or _number(
        said, r"(\d+) (?:in the (?:messages|prompt)|input)", r"(?:resulted in|requested) (\d+)"
    )
    message = said
    if room and prompt:
        message = f"the prompt takes {prompt} tokens and the context holds {room}"
    return ContextOverflow(message, "shorten it, or give the server a larger context")


def _number(text: str, *patterns: str) -> int | None:
    """The number that the first of the patterns to be found has."""
    found = next(filter(None, (re.search(pattern, text, re.I) for pattern in patterns)), None)
    return int(found[1]) if found else None
