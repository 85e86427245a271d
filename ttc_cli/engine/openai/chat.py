"""The dialect of messages: /v1/chat/completions, where the server renders the chat itself."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from ttc_cli.core.branch import Message, Prompt, Step
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.errors import MissingCapability
from ttc_cli.engine.openai.api import Api
from ttc_cli.engine.openai.form import Form, asked
from ttc_cli.engine.openai.overflow import Overflow
from ttc_cli.engine.openai.piece import (
    TOKENS_A_MESSAGE,
    Partial,
    Piece,
    Tagger,
    ending,
    estimate,
    first,
    likely,
    scored,
    spoken,
    usage,
)
from ttc_cli.engine.openai.told import FAILED, Refused, TransientError, table, text

TEMPLATE = "{% for m in messages %}[{{ m.role }}]\n{{ m.content }}\n\n{% endfor %}[assistant]\n"
"""Stands for the template that only the server knows: prompts are told apart by it."""
TOP = 20  # the most alternatives that OpenAI's interface gives a token
LENGTHS = 4096  # prompts whose length is remembered, by a hash of theirs: they may be long


class Chat:
    """Speaks to whatever has /v1/chat/completions.

    Args:
        form: what the server is known to take; it shrinks with every refusal.
        learnt: hears of each change of it.
    """

    def __init__(
        self, api: Api, model: str, form: Form, learnt: Callable[[Form], None] = lambda _: None
    ) -> None:
        self.form, self._api, self._model, self._learnt = form, api, model, learnt
        self._lengths: dict[int, int] = {}

    async def length(self, prompt: Prompt, prefix: Sequence[Step]) -> int:
        """Tokens of prompt and prefix: counted where the server can, or has; else an estimate."""
        messages = _messages(prompt)
        if self.form.flags and hash(messages) not in self._lengths:
            told = await self._api.find(
                f"{self._api.address.root}/tokenize",
                {"model": self._model, "messages": _json(messages), "add_generation_prompt": True},
            )
            if isinstance(count := told.get("count"), int):
                self._remember(messages, count)
        known = self.known(prompt, prefix)
        if known is not None:
            return known
        return sum(estimate(m.content) + TOKENS_A_MESSAGE for m in messages) + _written(prefix)

    def known(self, prompt: Prompt, prefix: Sequence[Step]) -> int | None:
        """The same where the server has told it."""
        known = self._lengths.get(hash(_messages(prompt)))
        return None if known is None else known + _written(prefix)

    async def draw(self, request: BranchRequest, partial: Partial) -> AsyncGenerator[Piece]:
        """The reply to a request, from where it is; thoughts stand in tags of their own.

        A refusal that is not understood may be of the role "system": it is asked once without.
        """
        said = "".join(step.text for step in request.prefix) + partial.text
        odd: Refused | TransientError | None = None
        while True:
            body, begun = self.body(request, said, partial.left, bare=odd is not None), False
            try:
                async with aclosing(self._reply(request, body, said)) as pieces:
                    async for piece in pieces:
                        begun = True
                        if isinstance(odd, Refused):
                            self.learn(self.form.but(system=False))
                        yield piece
                return
            except (Refused, Overflow, TransientError) as error:
                if begun:
                    raise
                if odd is not None:
                    raise odd from error
                if not self._shrunk(error, request, said, body):
                    odd = _unexplained(error, body)

    async def score(self, request: BranchRequest) -> tuple[float, ...]:
        """Log-probabilities of the candidates' first tokens; of the rest, that of the last of 20.

        A candidate's first token is the longest of the likeliest that it begins with.
        """
        said = "".join(step.text for step in request.prefix)
        while True:
            body = self.body(request, said, 1, scores=True)
            if "logprobs" not in body:
                raise MissingCapability("the server gives no log-probabilities any more")
            try:
                told = await self._api.call(
                    self._url, body, within=self._api.address.silence, affinity=request.affinity
                )
                break
            except Refused as refused:
                if not self._shrunk(refused, request, said, body):
                    raise
        found = {text(top.get("token"), "token"): p for top, p in scored(told)}
        return tuple(_first(found, candidate) for candidate in request.candidates)

    def learn(self, form: Form) -> None:
        """Go by another form from here on."""
        if form != self.form:
            self.form = form
            self._learnt(form)

    @property
    def _url(self) -> str:
        return f"{self._api.address.base}/chat/completions"

    async def _reply(
        self, request: BranchRequest, body: dict[str, Any], said: str
    ) -> AsyncGenerator[Piece]:
        opens = False if said or request.grammar else self.form.opens
        last, tagger, index = Piece(), Tagger(opens), None  # of several choices, the one begun
        came = mused = spoke = called = False  # a choice; a thought, a text and a call in pieces
        goes = over = False  # text came ahead of the end, as some call every chunk; all came
        half = ""
        fresh = bool(said and said[-1].isspace() and self.form.trims)  # it writes the blank anew
        try:
            chunks = self._api.stream(
                self._url, body, asked(body) or 1 << 16, request.affinity, lambda: over
            )
            async with aclosing(chunks):
                async for chunk in chunks:
                    choice = first(chunk, index)
                    last, index = _at_the_end(last, chunk, choice), choice.get("index", index)
                    came |= bool(choice)
                    delta = table(choice.get("delta") or {"content": choice.get("text")}, "delta")
                    message = table(choice.get("message") or {}, "message")
                    calls = bool(delta.get("tool_calls") or message.get("tool_calls"))
                    delta, half = _mended(delta, half)
                    thought, words = spoken(delta)
                    mused, spoke = mused or bool(thought), spoke or bool(words)
                    if not (thought or words):  # a message says once more what came in pieces
                        thought, words = spoken(message)
                        thought, words = "" if mused else thought, "" if spoke else words
                    if fresh:
                        words = words.lstrip()
                        fresh = not words
                    called = calls or (called and not words.strip())  # who answers has called
                    goes |= spoke and not last.end
                    counted = bool(chunk.get("usage")) and not choice
                    over = last.end in ("stop", "length") and (goes or counted)
                    if thought or words:
                        rows = likely(choice.get("logprobs"))
                        yield Piece(tagger.feed(thought, words), len(rows) or 1, likely=rows)
            if not came:
                raise TransientError("the stream holds no reply")
        except TransientError:
            if not last.end:
                if held := tagger.released():
                    yield Piece(held)
                raise
        if called and last.end in ("", "stop"):
            last = replace(last, end="tool_calls")  # a call is no answer
        self._note(request, said, last, opens, tagger)
        rest = tagger.end(whole=last.end == "stop")
        yield Piece(rest, total=last.total, prompt=last.prompt, end=last.end or "stop")

    def _note(
        self, request: BranchRequest, said: str, last: Piece, opens: bool | None, tagger: Tagger
    ) -> None:
        """Remember what a whole reply has shown."""
        if last.prompt is not None and not said:
            self._remember(_messages(request.prompt), sum(last.prompt))
        if opens is None and (tagger.opens is not None or last.end == "stop"):
            self.learn(self.form.but(opens=bool(tagger.opens)))
        elif opens and tagger.unclosed and last.end != "length":
            self.learn(self.form.but(opens=None))

    def _remember(self, messages: tuple[Message, ...], length: int) -> None:
        if len(self._lengths) >= LENGTHS:
            self._lengths.clear()
        self._lengths[hash(messages)] = length

    def _shrunk(
        self, error: Exception, request: BranchRequest, said: str, body: dict[str, Any]
    ) -> bool:
        """Whether less is asked for from here on: without what a refusal names, or in its room."""
        smaller = None
        if isinstance(error, Refused):
            smaller = self.form.without(error.said, body)
        elif isinstance(error, Overflow):
            length = error.length(asked(body))
            if length and 0 < error.room - length < asked(body):
                self._remember(_messages(request.prompt), max(0, length - estimate(said)))
                smaller = self.form.but(context=error.room)
        if smaller is not None:
            self.learn(smaller)
        return smaller is not None

    def body(
        self, request: BranchRequest, said: str, tokens: int, *, scores: bool = False,
        bare: bool = False,
    ) -> dict[str, Any]:  # fmt: skip
        """The request as it is sent, without what the server is known to refuse.

        Args:
            bare: without the role "system", whatever is known.
        """
        form, sampling, outputs = self.form, request.sampling, request.outputs
        bare = bare or not form.system
        messages = _json((_folded if bare else _messages)(request.prompt))
        length = self._lengths.get(hash(_messages(request.prompt)))
        if form.context and length is not None:
            tokens = max(1, min(tokens, form.context - length - estimate(said)))
        body: dict[str, Any] = {
            "model": self._model, "messages": messages, "temperature": sampling.temperature,
            "top_p": sampling.top_p, "top_k": sampling.top_k or (-1 if form.flags else 0),
            "min_p": sampling.min_p, "seed": request.seed & 0x7FFFFFFF,
        }  # fmt: skip
        if said:
            messages.append({"role": "assistant", "content": said})
            if form.flags:
                body |= {"continue_final_message": True, "add_generation_prompt": False}
        if form.logprobs and (scores or outputs.confidence or outputs.logprobs):
            body |= {"logprobs": True, "top_logprobs": TOP}
        if request.grammar:
            body["structured_outputs"] = {"grammar": request.grammar}
        if not scores:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        return form.fit(body, tokens)


def _mended(delta: dict[str, Any], half: str) -> tuple[dict[str, Any], str]:
    """A delta begun by the half character that the last one ended with, and the half it ends with.

    >>> _mended({"content": "\\ude00."}, "\\ud83d")[0]["content"] == "\\U0001f600."
    True
    """
    said = delta.get("content")
    if not isinstance(said, str):
        return delta, half
    said = half + said
    half = said[-1:] if "\ud800" <= said[-1:] <= "\udbff" else ""
    said = said.removesuffix(half).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return {**delta, "content": said}, half


def _messages(prompt: Prompt) -> tuple[Message, ...]:
    return prompt.messages or (Message("user", prompt.text),)


def _unexplained(error: Exception, body: dict[str, Any]) -> Refused | TransientError:
    """A refusal that may be of the role "system"; raises what is none."""
    ours = any(message["role"] == "system" for message in body["messages"])
    if ours and isinstance(error, Refused):
        return error
    if ours and isinstance(error, TransientError) and error.status == FAILED:
        return error
    raise error


def _folded(prompt: Prompt) -> list[Message]:
    """The messages with the system's words ahead of the user's, for those without the role."""
    messages = _messages(prompt)
    head = [m.content for m in messages if m.role == "system" and m.content]
    rest = [m for m in messages if m.role != "system"]
    led = Message(rest[0].role, "\n\n".join([*head, rest[0].content])) if rest else None
    return [led, *rest[1:]] if led else [Message("user", "\n\n".join(head))]


def _json(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": m.role, "content": m.content} for m in messages]


def _written(prefix: Sequence[Step]) -> int:
    return sum(len(step.tokens) or estimate(step.text) for step in prefix)


def _first(found: dict[str, float], candidate: str) -> float:
    begins = [token for token in found if token and candidate.startswith(token)]
    return found[max(begins, key=len)] if begins else min(found.values())


def _at_the_end(last: Piece, chunk: dict[str, Any], choice: dict[str, Any]) -> Piece:
    """The last piece of a stream: why it ended and what it took, which come in either order."""
    prompt, drawn = usage(chunk.get("usage"))
    return Piece(
        total=last.total if drawn is None else drawn,
        prompt=last.prompt if prompt is None else prompt,
        end=ending(choice) or last.end,
    )
