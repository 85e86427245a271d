"""What a chunk of a stream says, whichever dialect it is in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ttc_cli.core.branch import Prompt, Step

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ttc_cli.core.engine import Request


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
        end: why the stream ends: "stop", "length", or empty while it goes on.
    """

    text: str = ""
    count: int = 0
    total: int | None = None
    ids: tuple[int, ...] = ()
    likely: tuple[Likely, ...] = ()
    prompt: tuple[int, int] | None = None
    end: str = ""


@dataclass(frozen=True, slots=True)
class So:
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

    def draw(self, request: Request, so: So) -> AsyncGenerator[Piece]:
        """The reply to a request, from where it is."""
        ...

    async def score(self, request: Request) -> tuple[float, ...]:
        """Log-probabilities of the first tokens of a request's candidates."""
        ...


def likely(rows: Any) -> tuple[Likely, ...]:
    """From OpenAI's `logprobs.content` of chat completions, which llama-server has in both."""
    return tuple(
        Likely(
            float(row["logprob"]),
            tuple(
                sorted((float(t["logprob"]) for t in row.get("top_logprobs") or ()), reverse=True)
            ),
        )
        for row in rows or ()
    )


def usage(told: Any) -> tuple[tuple[int, int] | None, int | None]:
    """Prompt tokens (computed, reused) and drawn tokens, from a `usage` object."""
    if not isinstance(told, dict) or told.get("prompt_tokens") is None:
        return None, None
    prompt, drawn = int(told["prompt_tokens"]), told.get("completion_tokens")
    shared = int((told.get("prompt_tokens_details") or {}).get("cached_tokens") or 0)
    return (max(0, prompt - shared), shared), None if drawn is None else int(drawn)
