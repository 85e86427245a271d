"""What a chunk of a stream says, whichever dialect it is in."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from ttc_cli.core.branch import Prompt, Step
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.text import THOUGHT_TAGS
from ttc_cli.engine.openai.told import Senseless, number, rows, table, text, whole

WHOLE = frozenset(
    ("stop", "end_turn", "eos", "eos_token", "stop_sequence", "complete", "completed")
)  # what servers call the end that a reply came to by itself
LENGTH = frozenset((
    "length", "max_tokens", "max_length", "model_length", "max_output_tokens", "token_limit",
))  # fmt: skip
"""What they call one that ran into a limit. All else is no end of an answer."""
BYTES_A_TOKEN, TOKENS_A_MESSAGE = 3.6, 4  # of English in today's vocabularies, for estimates


@dataclass(frozen=True, slots=True)
class Likely:
    """A drawn token's log-probability, and those of the likeliest, largest first."""

    logprob: float
    top: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a reply as it arrived.

    Args:
        text: what was added.
        count: tokens behind it, as well as they can be told from the chunk alone.
        total: tokens drawn since the stream began, where the server says so.
        ids: of the tokens, where the server says so.
        likely: one a token where asked for and given.
        prompt: prompt tokens computed and prompt tokens reused, where the server says so.
        end: why the stream ends: "stop", "length", the server's own word for what is neither, or
            empty while it goes on.
    """

    text: str = ""
    count: int = 0
    total: int | None = None
    ids: tuple[int, ...] = ()
    likely: tuple[Likely, ...] = ()
    prompt: tuple[int, int] | None = None
    end: str = ""


@dataclass(frozen=True, slots=True)
class Partial:
    """How far a request got before its stream broke off."""

    text: str = ""
    ids: tuple[int, ...] = ()
    left: int = 0  # tokens that may still be drawn


class Dialect(Protocol):
    """How a server is asked."""

    async def length(self, prompt: Prompt, prefix: Sequence[Step]) -> int:
        """Tokens of context that prompt and prefix take; an estimate where none can tell."""

    def known(self, prompt: Prompt, prefix: Sequence[Step]) -> int | None:
        """The same where it takes no request to know."""

    def draw(self, request: BranchRequest, partial: Partial) -> AsyncGenerator[Piece]:
        """The reply to a request, from where it is."""

    async def score(self, request: BranchRequest) -> tuple[float, ...]:
        """Log-probabilities of the first tokens of a request's candidates."""


def ending(choice: dict[str, Any]) -> str:
    """Why a choice ends, in our words."""
    said = text(choice.get("finish_reason") or None, "finish_reason")
    said = said.removeprefix("FinishReason.")  # an enumeration of Python's
    if said.lower() in ("null", "none"):
        return ""
    if said.lower() in WHOLE:
        return "stop"
    return "length" if said.lower() in LENGTH else said


def first(chunk: dict[str, Any], index: Any = None) -> dict[str, Any]:
    """The first choice of a chunk, or that of an index; an empty one where it has none."""
    choices = rows(chunk.get("choices") or None, "choices")
    alike = (one for one in choices if index is None or one.get("index", index) == index)
    return next(alike, {})


def likely(logprobs: Any) -> tuple[Likely, ...]:
    """From OpenAI's `logprobs` of chat completions, which llama-server has in both.

    None where a figure is missing: the text is no worse for it.
    """
    with suppress(Senseless):
        return tuple(
            Likely(
                number(row.get("logprob"), "logprob"),
                tuple(sorted((p for _, p in alternatives(row)), reverse=True)),
            )
            for row in rows(table(logprobs, "logprobs").get("content"), "logprobs.content")
        )
    return ()


def alternatives(row: dict[str, Any]) -> list[tuple[dict[str, Any], float]]:
    """The likeliest tokens in the place of one, each with its log-probability, where it has one."""
    found = []
    for top in rows(row.get("top_logprobs"), "top_logprobs"):
        with suppress(Senseless):
            found.append((top, number(top.get("logprob"), "logprob")))
    return found


def scored(told: Any) -> list[tuple[dict[str, Any], float]]:
    """The same from the reply to a request for one token."""
    logprobs = table(first(table(told, "the reply")).get("logprobs"), "logprobs")
    drawn = rows(logprobs.get("content"), "logprobs.content")
    found = alternatives(drawn[0]) if drawn else []
    if not found:
        raise Senseless("top_logprobs is empty")
    return found


def usage(told: Any) -> tuple[tuple[int, int] | None, int | None]:
    """Prompt tokens (computed, reused) and drawn tokens, from a `usage` object.

    None where a figure is missing: the text is no worse for it.
    """
    with suppress(Senseless):
        told = table(told, "usage")
        if told.get("prompt_tokens") is None:
            return None, None
        prompt = whole(told["prompt_tokens"], "prompt_tokens")
        details = table(told.get("prompt_tokens_details"), "prompt_tokens_details")
        shared = min(prompt, whole(details.get("cached_tokens"), "cached_tokens"))
        drawn = told.get("completion_tokens")
        drawn = None if drawn is None else whole(drawn, "completion_tokens")
        return (prompt - shared, shared), drawn
    return None, None


def estimate(words: str) -> int:
    """Tokens of a text, roughly."""
    return round(len(words.encode("utf-8", "replace")) / BYTES_A_TOKEN)


def guess(prompt: Prompt, prefix: Sequence[Step]) -> int:
    """Tokens of prompt and prefix, roughly."""
    messages = TOKENS_A_MESSAGE * len(prompt.messages)
    return messages + estimate(prompt.text + "".join(step.text for step in prefix))


def most_tokens(prompt: Prompt, prefix: Sequence[Step]) -> int:
    """The most tokens that prompt and prefix can be: none is shorter than a byte."""
    texts = [prompt.text, *(step.text for step in prefix)]
    return sum(len(text.encode("utf-8", "replace")) for text in texts)


OPEN, CLOSE = "<think>\n", "\n</think>\n\n"
FIELDS = ("reasoning_content", "reasoning", "thinking")
"""Of a delta, where thoughts stand; the first one that is there counts."""
THOUGHTS = frozenset((
    "thinking", "reasoning", "reasoning_text", "summary_text", "thought", "redacted_thinking",
))  # fmt: skip
"""Types of parts that hold thoughts."""
TEXTS = frozenset(("text", "output_text", "refusal"))
HOLDERS = ("text", "thinking", "reasoning", "content", "summary", "refusal")
"""Names under which a part keeps what it says."""
CLOSERS = {closer: opener for opener, closer in THOUGHT_TAGS}
LONGEST = max(map(len, CLOSERS))
BEGINS = 12  # characters that show whether a reply begins as thoughts do
THOUGHTFUL = re.compile(
    r"(okay|ok|alright|all right|hmm|wait|now|let me|let's|let us|so|first|well|i need|i have to"
    r"|i should|i'll|i will|we need|we have|we are|the user|the question|the problem|to solve"
    r"|to find|to figure|got it|thinking|also|oh|right)\b|[好嗯首让我用]",
    re.IGNORECASE,
)  # how models that think begin; a reply that does may be a thought whose opening was not sent


def spoken(delta: dict[str, Any]) -> tuple[str, str]:
    """(thought, text) of a delta or a message.

    >>> spoken({"reasoning": "Six.", "content": [{"type": "text", "text": "It is 6."}]})
    ('Six.', 'It is 6.')
    """
    thought, said = _said(delta.get("content"))
    apart = next((delta[name] for name in FIELDS if delta.get(name)), None)
    return "".join(_said(apart)) + thought, said + text(delta.get("refusal"), "refusal")


def _said(content: Any) -> tuple[str, str]:
    """(thought, text) of a content; a part of a type that is not known says nothing."""
    if isinstance(content, dict) and isinstance(content.get("type", "text"), str):
        content = [{"type": "text", **content}] if content.keys() & set(HOLDERS) else content
    if not isinstance(content, list):
        return "", text(content, "content")
    thoughts: list[str] = []
    texts: list[str] = []
    for part in content:
        if not isinstance(part, dict):
            texts.append(text(part, "a part of content"))
            continue
        kind = part.get("type", "text")
        inner = next((part[name] for name in HOLDERS if part.get(name)), None)
        if kind in THOUGHTS:
            thoughts += _said(inner)
        elif kind in TEXTS:
            inner = inner.get("value") if isinstance(inner, dict) else inner
            texts.append(text(inner, "the text of a part"))
    return "".join(thoughts), "".join(texts)


class Tagger:
    """Puts thoughts in tags as they come.

    Args:
        opens: whether the server's template opens a thought: None where that is not known, and
            then a reply that begins like a thought is held back until it is.

    A thought in a field of its own that comes after text stands at the reply's end.

    `opens` is what the reply has shown of that; `unclosed` the thought that no text ended yet.
    """

    def __init__(self, opens: bool | None) -> None:
        self.opens = opens
        self._apart = False  # a thought in a field of its own is open
        self._held = OPEN if opens else ""
        self._trusts, self.unclosed = bool(opens), ""
        self._holds = opens is None
        self._spoke = False  # text came
        self._late = ""  # thoughts after it

    def feed(self, thought: str, said: str) -> str:
        """What a delta adds to the reply."""
        before = self.released() if thought else ""
        if thought and self.opens is None:
            self.opens = False
        if thought and self._spoke:
            self._late, thought = self._late + thought, ""
        if thought and not self._apart:
            thought, self._apart, self._trusts = OPEN + thought, True, False
        self._spoke |= bool(said.strip())
        self.unclosed = self.unclosed + thought if self._trusts or not self._spoke else ""
        if said and self._apart:
            said, self._apart = CLOSE + said, False
        return before + thought + self._through(said)

    def released(self) -> str:
        """What was held back, when it is known that no more decides on it."""
        held, self._held, self._holds = self._held, "", False
        return "" if held == OPEN else held

    def end(self, *, whole: bool = False) -> str:
        """What was held back, when nothing follows.

        Args:
            whole: the reply came to its end by itself. A thought that is all of it was the text:
                models skip thinking, and servers that wait for its end take all for it.
        """
        late = f"\n{OPEN}{self._late}{CLOSE}" if self._late else ""
        meant = self.unclosed if whole and self.unclosed.strip() else ""
        close = CLOSE if meant and (self._apart or self._trusts) else ""
        return self.released() + close + meant.removeprefix(OPEN) + late

    def _through(self, said: str) -> str:
        if not said:
            return ""
        if self._trusts:
            self.unclosed += said
            if any(closer in self.unclosed[-len(said) - LONGEST :] for closer in CLOSERS):
                self._trusts, self.unclosed = False, ""
        self._held += said
        if self._holds:
            closers = [(at, c) for c in CLOSERS if (at := self._held.find(c)) >= 0]
            head = self._held.lstrip()
            if closers and not any(opener in self._held for opener in CLOSERS.values()):
                self._held = f"{CLOSERS[min(closers)[1]]}\n{self._held}"
                self.opens, self._holds = True, False
            elif closers or (len(head) >= BEGINS and not THOUGHTFUL.match(head)):
                self.opens, self._holds = False, False
        if self._holds:
            return ""
        held, self._held = self._held, ""
        return held
