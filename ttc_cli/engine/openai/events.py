"""Server-sent events, as far as streams of chat completions use them."""

from __future__ import annotations

import codecs
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any

import httpx2

from ttc_cli.engine.openai.told import Senseless, parse

MOST_EVENT = 1 << 20  # bytes of one event of a stream


async def events(response: httpx2.Response, most: int) -> AsyncGenerator[bytes]:
    """The data of each event that has some, stripped, its lines joined."""
    held, event, total, fails = b"", list[bytes](), 0, False  # lines end in LF, CR LF or CR
    async with aclosing(response.aiter_raw()) as parts:
        async for part in parts:
            total += len(part)
            *lines, held = _lines(held + part)
            for line in (line.removeprefix(codecs.BOM_UTF8) for line in lines):
                if line.startswith(b"data:"):
                    event.append(line[5:])
                elif line.startswith(b"error:"):
                    yield _as_error(line[6:].strip())
                elif line.startswith(b"event:"):
                    fails = line[6:].strip() == b"error"
                elif not line:
                    data, event = b"\n".join(event).strip(), []
                    if data:
                        yield _as_error(data) if fails else data
                    fails = False
            if max(len(held), sum(map(len, event))) > MOST_EVENT or total > most:
                raise Senseless("it sends without end")
    held = b"" if held.startswith(b":") else held.removeprefix(b"data:")
    if data := b"\n".join((*event, held)).strip():
        yield data  # the last line lacks its end


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
