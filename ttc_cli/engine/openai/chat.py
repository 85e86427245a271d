"""The dialect of messages: /v1/chat/completions, where the server renders the chat itself.

What else it takes and gives is asked once, with one short request (`probe`): log-probabilities,
usage, filters of our sampling, and whether it goes on with a last message of the assistant.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from ttc_cli.core.branch import Message, Prompt, Step
from ttc_cli.core.engine import Request
from ttc_cli.core.sampling import GREEDY, StopRule, Want
from ttc_cli.engine.openai.api import Api, Lost, Refused
from ttc_cli.engine.openai.piece import Piece, So, likely, usage

TEMPLATE = "{% for m in messages %}[{{ m.role }}]\n{{ m.content }}\n\n{% endfor %}[assistant]\n"
"""Stands for the template that only the server knows: prompts are told apart by it."""
TOP = 20
"""The most alternatives that OpenAI's interface gives a token."""
BYTES_A_TOKEN, TOKENS_A_MESSAGE = 3.6, 4
"""Of English in today's vocabularies, for estimates."""
PROBE = Prompt(
    (("", True),),
    (Message("user", "Write the numbers from one to twelve as words, with commas, no more."),),
)
HALF, REST = "one, two, three, four, five, six, sev", "en"
"""No new turn begins with the rest of the half word."""
SWITCHES = {
    "continues": ("continue_final_message", "add_generation_prompt", "assistant"),
    "logprobs": ("logprobs",),
    "filters": ("top_k", "min_p"),
    "usage": ("stream_options",),
    "seed": ("seed",),
    "limit": ("max_tokens",),
    "sampling": ("temperature", "top_p"),
}
"""What a form can do without, with the words that a refusal may hold."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a server takes in a request, and does about it.

    Args:
        continues: goes on with a last message of the assistant.
        logprobs: gives the likeliest tokens. filters: takes top_k and min_p.
        usage: counts tokens. seed: takes one.
        limit: knows `max_tokens`; else the newer `max_completion_tokens`.
        sampling: takes temperature and top_p.
        flags: has vLLM's switches for that last message, its grammars and its /tokenize.
    """

    continues: bool = True
    logprobs: bool = True
    filters: bool = True
    usage: bool = True
    seed: bool = True
    limit: bool = True
    sampling: bool = True
    flags: bool = False

    @property
    def abilities(self) -> frozenset[str]:
        """As `EngineInfo` names them."""
        can = {
            "continue": self.continues,
            "rewind": self.continues,
            "logprobs": self.logprobs,
            "confidence": self.logprobs,
            "score": self.logprobs,
            "grammar": self.flags,
            "seed": self.seed,
            "exact-usage": self.usage or self.flags,
            "messages": True,
        }
        return frozenset(name for name, is_so in can.items() if is_so)

    def without(self, said: str) -> Form | None:
        """A smaller form after a refusal: less what it names, else less the next there is."""
        left = [name for name in SWITCHES if getattr(self, name)]
        named = [n for n in left if any(word in said.lower() for word in SWITCHES[n])]
        return replace(self, **{(named or left)[0]: False}) if left else None


class Chat:
    """Speaks to whatever has /v1/chat/completions."""

    def __init__(self, api: Api, model: str, form: Form) -> None:
        self._api = api
        self._model = model
        self._form = form
        self._lengths: dict[tuple[Message, ...], int] = {}

    async def length(self, prompt: Prompt, prefix: Sequence[Step]) -> int:
        """Tokens of prompt and prefix: counted where the server can, or has; else an estimate."""
        messages = _messages(prompt)
        known = self._lengths.get(messages)
        if known is None and self._form.flags:
            told = await self._api.find(
                f"{self._api.address.root}/tokenize",
                {"model": self._model, "messages": _json(messages), "add_generation_prompt": True},
            )
            known = told.get("count")
            if known is not None:
                self._lengths[messages] = known
        if known is None:
            known = sum(_estimate(m.content) + TOKENS_A_MESSAGE for m in messages)
        return known + sum(len(step.tokens) or _estimate(step.text) for step in prefix)

    async def draw(self, request: Request, so: So) -> AsyncGenerator[Piece]:
        """The reply to a request, from where it is; thoughts stand in tags of their own."""
        said = "".join(step.text for step in request.prefix) + so.text
        body = {**self._body(request, said), self._limit: so.left, "stream": True}
        if self._form.usage:
            body["stream_options"] = {"include_usage": True}
        if request.want.confidence or request.want.logprobs:
            body |= self._alternatives
        thinking, last = False, Piece()
        async with aclosing(self._api.stream(self._url, body)) as chunks:
            async for chunk in chunks:
                last = _at_the_end(last, chunk)
                text, thinking = _tagged(chunk, thinking)
                if text:
                    rows = likely((_choice(chunk).get("logprobs") or {}).get("content"))
                    yield Piece(text, len(rows) or 1, likely=rows)
        if last.prompt is not None and not said:
            self._lengths[_messages(request.prompt)] = sum(last.prompt)
        if last.end:
            yield last

    async def score(self, request: Request) -> tuple[float, ...]:
        """Log-probabilities of the candidates' first tokens; of the rest, that of the last of 20.

        A candidate's first token is the longest of the likeliest that it begins with.
        """
        said = "".join(step.text for step in request.prefix)
        body = {**self._body(request, said), self._limit: 1, **self._alternatives}
        told = await self._api.call(self._url, body)
        top = told["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        found = {str(row["token"]): float(row["logprob"]) for row in top}
        return tuple(_first(found, text) for text in request.candidates)

    @property
    def _url(self) -> str:
        return f"{self._api.address.base}/chat/completions"

    @property
    def _limit(self) -> str:
        return "max_tokens" if self._form.limit else "max_completion_tokens"

    @property
    def _alternatives(self) -> dict[str, Any]:
        return {"logprobs": True, "top_logprobs": TOP} if self._form.logprobs else {}

    def _body(self, request: Request, said: str) -> dict[str, Any]:
        form, sampling = self._form, request.sampling
        messages = _json(_messages(request.prompt))
        body: dict[str, Any] = {"model": self._model, "messages": messages}
        if form.sampling:
            body |= {"temperature": sampling.temperature, "top_p": sampling.top_p}
        if said:
            messages.append({"role": "assistant", "content": said})
            if form.flags:
                body |= {"continue_final_message": True, "add_generation_prompt": False}
        if form.seed:
            body["seed"] = request.seed & 0x7FFFFFFF
        if form.filters:
            every = -1 if form.flags else 0
            body |= {"top_k": sampling.top_k or every, "min_p": sampling.min_p}
        if request.grammar:
            body["structured_outputs"] = {"grammar": request.grammar}
        return body


async def probe(api: Api, model: str, *, flags: bool) -> Form:
    """What the server takes and does, found out with a request of eight tokens.

    Raises:
        TtcError: it takes no form of it. Lost: it does not answer.
    """
    form = Form(flags=flags)
    while True:
        prefix = (Step(HALF),) if form.continues else ()
        request = Request(
            "probe", PROBE, StopRule(8), prefix=prefix, sampling=GREEDY,
            want=Want(confidence=form.logprobs),
        )  # fmt: skip
        try:
            pieces = [piece async for piece in Chat(api, model, form).draw(request, So(left=8))]
        except (Refused, Lost) as refusal:
            # some answer 500 to what they do not know
            known = isinstance(refusal, Refused) or refusal.status == 500
            smaller = form.without(str(refusal)) if known else None
            if smaller is None:
                raise
            form = smaller
            continue
        text = "".join(piece.text for piece in pieces)
        return replace(
            form,
            continues=form.continues and text.startswith(REST),
            logprobs=any(one.top for piece in pieces for one in piece.likely),
            usage=any(piece.total is not None for piece in pieces),
        )


def _messages(prompt: Prompt) -> tuple[Message, ...]:
    return prompt.messages or (Message("user", prompt.text),)


def _json(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": m.role, "content": m.content} for m in messages]


def _estimate(text: str) -> int:
    return round(len(text.encode("utf-8", "replace")) / BYTES_A_TOKEN)


def _first(found: dict[str, float], text: str) -> float:
    begins = [token for token in found if token and text.startswith(token)]
    return found[max(begins, key=len)] if begins else min(found.values())


def _choice(chunk: dict[str, Any]) -> dict[str, Any]:
    choices: list[dict[str, Any]] = chunk.get("choices") or [{}]
    return choices[0]


def _at_the_end(last: Piece, chunk: dict[str, Any]) -> Piece:
    """The last piece of a stream: why it ended and what it took, which come in either order."""
    prompt, drawn = usage(chunk.get("usage"))
    return Piece(
        total=last.total if drawn is None else drawn,
        prompt=last.prompt if prompt is None else prompt,
        end=str(_choice(chunk).get("finish_reason") or last.end),
    )


def _tagged(chunk: dict[str, Any], thinking: bool) -> tuple[str, bool]:
    """A delta's text with its thought ahead, in tags; and whether a thought is open after it."""
    delta = _choice(chunk).get("delta") or {}
    text = str(delta.get("content") or "")
    thought = str(delta.get("reasoning_content") or delta.get("reasoning") or "")
    if thought and not thinking:
        thought, thinking = f"<think>\n{thought}", True
    if text and thinking:
        return f"{thought}\n</think>\n\n{text}", False
    return thought + text, thinking
