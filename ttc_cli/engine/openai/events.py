"""Server-sent events, as far as streams of chat completions use them."""

from __future__ import annotations

import codecs
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from typing import Any

import httpx2

from ttc_cli.engine.openai.told import Senseless, parse

MOST_EVENT = 1 << 20  # bytes of one event of a stream
MOST_REPLY = 8 << 20  # bytes of a reply that comes in one piece
DONE = b"[DONE]"


async def whole(parts: AsyncIterator[bytes], head: bytes = b"") -> bytes:
    """All of a body, of which `head` was read already."""
    data = bytearray(head)
    async for part in parts:
        data += part
        if len(data) > MOST_REPLY:
            raise Senseless(f"it is longer than {MOST_REPLY >> 20} MB")
    return bytes(data)


async def events(response: httpx2.Response, most: int) -> AsyncGenerator[bytes]:
    """The data of each event, stripped, its lines joined; empty for what only keeps it alive.

    A reply that is no stream is told by its first byte, whatever it is called: it is one event.
    """
    async with aclosing(response.aiter_raw()) as parts:
        head = said = b""
        async for part in parts:
            head = (head + part).lstrip()
            said = head.removeprefix(codecs.BOM_UTF8).lstrip()
            if said and not codecs.BOM_UTF8.startswith(head):
                break
            head = head if said else head[: len(codecs.BOM_UTF8)]
            yield b""
        if said.startswith((b"{", b"[")):
            yield await whole(parts, head)
            yield DONE
            return
        async with aclosing(_streamed(head, parts, most)) as told:
            async for data in told:
                yield data


async def _streamed(head: bytes, parts: AsyncIterator[bytes], most: int) -> AsyncGenerator[bytes]:
    held, event, total, fails = b"", list[bytes](), 0, False  # lines end in LF, CR LF or CR
    async with aclosing(_chained(head, parts)) as chained:
        async for part in chained:
            total += len(part)
            *lines, held = _lines(held + part)
            for line in (line.removeprefix(codecs.BOM_UTF8) for line in lines):
                if line.startswith(b"data:"):
                    if _ends(event, line[5:]):
                        data, event = b"\n".join(event).strip(), []
                        yield _as_error(data) if fails else data
                    event.append(line[5:])
                elif line.startswith(b":"):
                    yield b""
                elif line.startswith(b"error:"):
                    yield _as_error(line[6:].strip())
                elif line.startswith(b"event:"):
                    fails = line[6:].strip() == b"error"
                elif not line:
                    data, event = b"\n".join(event).strip(), []
                    yield _as_error(data) if fails and data else data
                    fails = False
            if max(len(held), sum(map(len, event))) > MOST_EVENT or total > most:
                raise Senseless("it sends without end")
    held = b"" if held.startswith(b":") else held.removeprefix(b"data:")
    if data := b"\n".join((*event, held)).strip():
        yield data  # the last line lacks its end


def _ends(event: list[bytes], line: bytes) -> bool:
    """Whether an event is over although no blank line came: no JSON goes on with a line so."""
    return bool(event) and event[-1].rstrip().endswith(b"}") and line.lstrip()[:1] in (b"{", b"[")


async def _chained(head: bytes, parts: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    yield head
    async for part in parts:
        yield part


def _lines(data: bytes) -> list[bytes]:
    """Lines without their ends, and what may be the start of another one."""
    half = b"\r" if data.endswith(b"\r") else b""  # of CR LF, perhaps
    *lines, rest = (
        data.removesuffix(half).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    )
    return [*lines, rest + half]


def _as_error(data: bytes) -> bytes:
    """The data of an event that is called an error, as a chunk that says so itself."""
    told = loosely(data)
    says_so = isinstance(told, dict) and told.get("error")
    return data if says_so else json.dumps({"error": told}).encode()


def loosely(data: bytes) -> Any:
    """JSON where it is that, else the text."""
    with suppress(ValueError, Senseless):
        return parse(data)
    return data[:MOST_EVENT].decode("utf-8", "replace")
