"""/v1/chat/completions: what a client of OpenAI's chat API gets, whole or as it comes."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

from ttc_cli.serve.calls import Call, Choice
from ttc_cli.serve.refusal import ApiError
from ttc_cli.views.text import to_json

Json = dict[str, Any]
BEAT = ": still at it\n\n"
FIELDS = {"reasoning": "reasoning_content", "content": "content"}
"""Of a message or a delta, by what a delta of a run is."""


def completion(call: Call) -> Json:
    """The body of a whole answer; the `ttc` object comes last."""
    return {
        **_head(call, "chat.completion"),
        "choices": [_whole(number, choice) for number, choice in enumerate(call.choices)],
        "usage": usage(call),
        "ttc": ours(call),
    }


async def chunks(call: Call) -> AsyncIterator[str]:
    """The events of a stream; of a run that failed, the last says why."""
    try:
        async for chunk in _chunks(call):
            yield event(chunk) if chunk else BEAT
    except ApiError as error:
        yield event(error.body())
    yield "data: [DONE]\n\n"


async def _chunks(call: Call) -> AsyncIterator[Json | None]:
    """Chunks, the `ttc` object in the last; None after a long silence."""
    head, counts = _head(call, "chat.completion.chunk"), call.asked.usage
    none = {"usage": None} if counts else {}
    for number in range(len(call.choices)):
        yield {**head, **_delta(number, {"role": "assistant", "content": ""}), **none}
    async for came in call.deltas():
        if came is None:
            yield None
            continue
        number, deltas, last = came
        for kind, text in deltas:
            yield {**head, **_delta(number, {FIELDS[kind]: text}), **none}
        if last:
            more = {"ttc": ours(call)} if call.done and not counts else none
            yield {**head, **_delta(number, {}, call.choices[number].finish), **more}
    if counts:
        yield {**head, "choices": [], "usage": usage(call), "ttc": ours(call)}


def event(value: Json) -> str:
    """An event of a stream."""
    return f"data: {to_json(value)}\n\n"


def usage(call: Call) -> Json:
    """Tokens of all choices; they have one prompt."""
    first, *others = (choice.result["usage"] for choice in call.choices)
    drawn = first["completion_tokens"] + sum(one["completion_tokens"] for one in others)
    thought = sum(one["completion_tokens_details"]["reasoning_tokens"] for one in (first, *others))
    return {
        **first,
        "completion_tokens": drawn,
        "total_tokens": first["prompt_tokens"] + drawn,
        "completion_tokens_details": {"reasoning_tokens": thought},
    }


def ours(call: Call) -> Json:
    """The `ttc` object; of several choices, one for each."""
    each = [choice.ours for choice in call.choices]
    return each[0] if len(each) == 1 else {"choices": each}


def _head(call: Call, kind: str) -> Json:
    return {"id": call.id, "object": kind, "created": int(time.time()), "model": call.asked.model}


def _whole(number: int, choice: Choice) -> Json:
    message: Json = {"role": "assistant", "content": choice.content, "refusal": None}
    thought = choice.result["choices"][0]["message"].get("reasoning_content")
    if thought:
        message["reasoning_content"] = thought
    return {"index": number, "message": message, "finish_reason": choice.finish, "logprobs": None}


def _delta(number: int, delta: Json, finish: str | None = None) -> Json:
    choice = {"index": number, "delta": delta, "finish_reason": finish, "logprobs": None}
    return {"choices": [choice]}
