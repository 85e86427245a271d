"""What a chunk of a stream says, whichever dialect it is in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ttc_cli.core.branch import Prompt, Step
from ttc_cli.engine.openai.told import Senseless, number, rows, table, text, whole

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ttc_cli.core.engine import BranchRequest

WHOLE = frozenset(
    ("stop", "end_turn", "eos", "eos_token", "stop_sequence", "complete", "completed")
)
"""What servers call the end that a reply came to by itself."""
LENGTH = frozenset((
    "length", "max_tokens", "max_length", "model_length", "max_output_tokens", "token_limit",
))  # fmt: skip
"""What they call one that ran into a limit. All else is no end of an answer."""
BYTES_A_TOKEN, TOKENS_A_MESSAGE = 3.6, 4
"""Of English in today's vocabularies, for estimates."""


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
    left: int = 0
    """Tokens that may still be drawn."""


class Dialect(Protocol):
    """How a server is asked."""

    async def length(self, prompt: Prompt, prefix: Sequence[Step]) -> int:
        """Tokens of context that prompt and prefix take; an estimate where none can tell."""
        ...

    def known(self, prompt: Prompt, prefix: Sequence[Step]) -> int | None:
        """The same where it takes no request to know."""
        ...

    def draw(self, request: BranchRequest, partial: Partial) -> AsyncGenerator[Piece]:
        """The reply to a request, from where it is."""
        ...

    async def score(self, request: BranchRequest) -> tuple[float, ...]:
        """Log-probabilities of the first tokens of a request's candidates."""
        ...


def ending(choice: dict[str, Any]) -> str:
    """Why a choice ends, in our words."""
    said = text(choice.get("finish_reason"), "finish_reason")
    if said.lower() in WHOLE:
        return "stop"
    return "length" if said.lower() in LENGTH else said


def first(chunk: dict[str, Any]) -> dict[str, Any]:
    """The first choice of a chunk; an empty one where it has none."""
    choices = rows(chunk.get("choices"), "choices")
    return choices[0] if choices else {}


def likely(logprobs: Any) -> tuple[Likely, ...]:
    """From OpenAI's `logprobs` of chat completions, which llama-server has in both."""
    return tuple(
        Likely(
            number(row.get("logprob"), "logprob"),
            tuple(sorted((p for _, p in alternatives(row)), reverse=True)),
        )
        for row in rows(table(logprobs, "logprobs").get("content"), "logprobs.content")
    )


def alternatives(row: dict[str, Any]) -> list[tuple[dict[str, Any], float]]:
    """The likeliest tokens in the place of one, each with its log-probability."""
    tops = rows(row.get("top_logprobs"), "top_logprobs")
    return [(top, number(top.get("logprob"), "logprob")) for top in tops]


def scored(told: Any) -> list[tuple[dict[str, Any], float]]:
    """The same from the reply to a request for one token."""
    logprobs = table(first(table(told, "the reply")).get("logprobs"), "logprobs")
    drawn = rows(logprobs.get("content"), "logprobs.content")
    found = alternatives(drawn[0]) if drawn else []
    if not found:
        raise Senseless("top_logprobs is empty")
    return found


def usage(told: Any) -> tuple[tuple[int, int] | None, int | None]:
    """Prompt tokens (computed, reused) and drawn tokens, from a `usage` object."""
    told = table(told, "usage")
    if told.get("prompt_tokens") is None:
        return None, None
    prompt = whole(told["prompt_tokens"], "prompt_tokens")
    details = table(told.get("prompt_tokens_details"), "prompt_tokens_details")
    shared = min(prompt, whole(details.get("cached_tokens"), "cached_tokens"))
    drawn = told.get("completion_tokens")
    return (prompt - shared, shared), None if drawn is None else whole(drawn, "completion_tokens")


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
