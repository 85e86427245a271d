"""What servers say of a context that is too small, and the numbers in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ttc_cli.core.errors import ContextOverflow


class Overflow(ContextOverflow):
    """A prompt does not fit the context, or what may be drawn after it does not.

    Args:
        said: what the server says of it.
        room: tokens of the context; 0 where it does not say.
        prompt: those of the prompt, and `total` with what may be drawn; the same.
    """

    def __init__(self, said: str, room: int = 0, prompt: int = 0, total: int = 0) -> None:
        full = f"the prompt takes {prompt} tokens and the context holds {room}"
        super().__init__(
            full if prompt >= room > 0 else said, "shorten it, or give the server a larger context"
        )
        self.room, self._prompt, self._total = room, prompt, total

    def length(self, asked: int) -> int:
        """Tokens of the prompt where so many were to be drawn after it; 0 where it is not told.

        >>> Overflow("you requested 1064 tokens", room=300, total=1064).length(1024)
        40
        """
        return self._prompt or max(0, self._total - asked)


def number_in(text: str, *patterns: str) -> int | None:
    """The number that the first of the patterns to be found has."""
    found = next(filter(None, (re.search(pattern, text, re.I) for pattern in patterns)), None)
    return int(found[1][:15]) if found else None


_OVERFULL = re.compile(
    r"(?i)(maximum|available|exceed\w*)\b.*\bcontext (length|size|window|limit)"
    r"|`inputs`.*(`max_new_tokens`|less than)|\bprompt is too long\b"
)
_ROOM = (
    r"\+ \d+ > (\d+)", r"context (?:length|size|window|limit)\D{0,12}(\d+)",
    r"(\d+) maximum context", r"(?:<=|less than|>) ?(\d+)",
)  # fmt: skip
_PROMPT = (
    r"(\d+) (?:tokens )?(?:in (?:the|your) (?:messages|prompt)|(?:from|of) (?:the |text )?input)",
    r"(\d+) `?input", r"resulted in (\d+)", r"requested tokens \((\d+)\)", r"contains (\d+)",
    r"(\d+) \+ \d+ >", r"given: (\d+)", r"too long: (\d+)",
)  # fmt: skip
_TOTAL = r"requested (?:about |at least |a total of )?(\d+) tokens"
"""Where servers tell the numbers of an overflow, each by the first that is there."""


def overflow(facts: Mapping[str, Any], said: str) -> Overflow | None:
    """The error when a prompt did not fit, with the server's numbers where it gives them.

    Args:
        facts: the object that the error is told in.
        said: its words.
    """
    kinds = {str(facts.get(name)) for name in ("type", "code")}
    named = {"exceed_context_size_error", "context_length_exceeded"} & kinds
    if not named and not _OVERFULL.search(said):
        return None
    counted = facts.get("n_ctx"), facts.get("n_prompt_tokens")
    room, prompt = (number if isinstance(number, int) else 0 for number in counted)
    return Overflow(
        said, room or number_in(said, *_ROOM) or 0, prompt or number_in(said, *_PROMPT) or 0,
        number_in(said, _TOTAL) or 0,
    )  # fmt: skip
