"""/v1/responses: text, reasoning and JSON schemas, whole or as events. Nothing is stored."""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from ttc_cli.core.errors import Interrupted
from ttc_cli.serve.calls import Call
from ttc_cli.serve.chat import BEAT, ours, usage
from ttc_cli.serve.refusal import FAILED, ApiError
from ttc_cli.views.text import to_json

Json = dict[str, Any]
Told = tuple[str, Json]  # an event: its type, and its other fields
PARTS = {"reasoning": "reasoning_text", "content": "output_text"}
"""Types of parts, by what a delta of a run is."""
ITEMS = {"reasoning": "reasoning", "content": "message"}  # types of the items that hold them


def response(call: Call) -> Json:
    """The body of a whole answer."""
    choice = call.choices[0]
    thought = choice.result["choices"][0]["message"].get("reasoning_content", "")
    said = [("reasoning", thought)] if thought else []
    said.append(("content", choice.content))
    output = [_item(call, number, kind, text) for number, (kind, text) in enumerate(said)]
    return _ended(call, output)


async def events(call: Call) -> AsyncIterator[str]:
    """The events of a stream, numbered; of a run that failed, the last says why."""
    numbers = itertools.count()

    def event(kind: str, fields: Json) -> str:
        told = to_json({"type": kind, **fields, "sequence_number": next(numbers)})
        return f"event: {kind}\ndata: {told}\n\n"

    begun = {**_head(call), "status": "in_progress", "output": [], "usage": None}
    yield event("response.created", {"response": begun})
    yield event("response.in_progress", {"response": begun})
    output: list[Json] = []
    try:
        async for came in _items(call, output):
            yield event(*came) if came else BEAT
    except ApiError as error:
        why = {"code": FAILED, "message": error.message}
        failed = {**begun, "status": "failed", "error": why, "output": output}
        yield event("response.failed", {"response": failed})
    else:
        ended = _ended(call, output)
        yield event(f"response.{ended['status']}", {"response": ended})


async def _items(call: Call, output: list[Json]) -> AsyncIterator[Told | None]:
    """Events of each item as it is written; None after a silence. Whole ones go to `output`."""
    item: _Open | None = None
    async for came in call.deltas():
        if came is None:
            yield None
            continue
        for kind, text in came[1]:
            if item is None or item.kind != kind:
                for told in item.end(output) if item else ():
                    yield told
                item = _Open(call, kind, len(output))
                for told in item.begin():
                    yield told
            yield item.add(text)
    if item is None:
        item = _Open(call, "content", 0)
        for told in item.begin():
            yield told
    for told in item.end(output):
        yield told


class _Open:
    """An item of the output while it is written."""

    def __init__(self, call: Call, kind: str, index: int) -> None:
        self.kind, self._call, self._index = kind, call, index
        self._text = ""
        self._name = f"response.{PARTS[kind]}"
        self._logprobs: Json = {"logprobs": []} if kind == "content" else {}

    @property
    def _place(self) -> Json:
        name = self.whole()["id"]
        return {"item_id": name, "output_index": self._index, "content_index": 0}

    def begin(self) -> Iterator[Told]:
        """It is there, with a part that is empty."""
        begun = {**self.whole(), "status": "in_progress", "content": []}
        yield "response.output_item.added", {"output_index": self._index, "item": begun}
        yield "response.content_part.added", {**self._place, "part": _part(self.kind, "")}

    def add(self, text: str) -> Told:
        """More of it."""
        self._text += text
        return f"{self._name}.delta", {**self._place, "delta": text, **self._logprobs}

    def end(self, output: list[Json]) -> Iterator[Told]:
        """It is whole, and goes to `output`."""
        yield f"{self._name}.done", {**self._place, "text": self._text, **self._logprobs}
        part = _part(self.kind, self._text)
        yield "response.content_part.done", {**self._place, "part": part}
        output.append(self.whole())
        yield "response.output_item.done", {"output_index": self._index, "item": self.whole()}

    def whole(self) -> Json:
        """The item with all its text."""
        return _item(self._call, self._index, self.kind, self._text)


def _part(kind: str, text: str) -> Json:
    more: Json = {"annotations": [], "logprobs": []} if kind == "content" else {}
    return {"type": PARTS[kind], "text": text, **more}


def _item(call: Call, number: int, kind: str, text: str) -> Json:
    own = f"{call.id.removeprefix('ttc-')}_{number}"
    whole = {"type": ITEMS[kind], "status": "completed", "content": [_part(kind, text)]}
    if kind == "reasoning":
        return {"id": f"rs_{own}", "summary": [], **whole}
    return {"id": f"msg_{own}", "role": "assistant", **whole}


def _head(call: Call) -> Json:
    """What a response says back of the body, and of what was not asked for."""
    body, request = call.asked.body, call.asked.requests[0]
    return {
        "id": f"resp_{call.id.removeprefix('ttc-')}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "completed",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "metadata": body.get("metadata") or {},
        "model": call.asked.model,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": (body.get("reasoning") or {}).get("effort"), "summary": None},
        "service_tier": "default",
        "store": False,
        "temperature": request.temperature,
        "text": {"format": (body.get("text") or {}).get("format") or {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": request.top_p,
        "truncation": "disabled",
        "user": body.get("user"),
    }


def _ended(call: Call, output: list[Json]) -> Json:
    cut, told, body = call.choices[0].finish == "length", usage(call), ours(call)
    ended = body.get("error", {}).get("code") == Interrupted.exit_code
    reason = None if ended else "max_output_tokens"  # the API has no word for the server's end
    return {
        **_head(call),
        "status": "incomplete" if cut else "completed",
        "incomplete_details": {"reason": reason} if cut else None,
        "output": output,
        "usage": {
            "input_tokens": told["prompt_tokens"],
            "input_tokens_details": {**told["prompt_tokens_details"], "cache_write_tokens": 0},
            "output_tokens": told["completion_tokens"],
            "output_tokens_details": told["completion_tokens_details"],
            "total_tokens": told["total_tokens"],
        },
        "ttc": body,
    }
