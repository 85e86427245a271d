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


NAMED = frozenset((
    "exceed_context_size_error", "context_length_exceeded", "tokens_limit_reached",
    "model_max_prompt_tokens_exceeded",
))  # fmt: skip
"""Codes and types of such errors."""
_OVERFULL = re.compile(
    r"(?i)(maximum|available|exceed\w*|only|longer|greater|larger|overflow\w*)\b.*\bcontext"
    r" ?(length|size|window|limit)|\bcontext (length|size|window|limit)\b.*\b(only|maximum)\b"
    r"|`inputs`.*(`max_new_tokens`|less than)|\btoo many tokens\b"
    r"|\b(prompt|inputs?|messages?)\b[^.:;]{0,40}\btoo (long|large)\b|\brequest (body )?too large\b"
    r"|\b(prompt|inputs?|(?<!number of )messages)\b[^.;]{0,60}\b(exceeds?|longer than|greater than)"
    r"\b[^.;]{0,60}(\bmaximum|\blimit|max_)|\bmaximum prompt length|\binput length should be"
    r"|\breduce the length of the (messages|prompt|input)|\bexceeded model token limit"
)
"""What says so: a context that is exceeded, or a prompt that is too long."""
_PASSES = re.compile(r"(?i)\bwait\b|\blater\b|\btry again in\b|\bqueue\b")
"""What says that the same would be taken at another time."""
_TOO_LARGE = re.compile(r"(?i)\brequest too large\b")
"""The same of a limit on tokens a minute, which no waiting helps."""
_ROOM = (
    r"\+ \d+ > (\d+)", r"context (?:length|size|window|limit)\D{0,12}(\d+)",
    r"(\d+) maximum context", r"should be \[\d+, (\d+)", r"(?:<=|less than|>) ?(\d+)",
    r"(?:maximum|limit|max_seq_len|max size)\D{0,40}(\d+)",
)  # fmt: skip
_PROMPT = (
    r"(\d+) (?:tokens )?(?:in (?:the|your) (?:messages|prompt)|(?:from|of) (?:the |text )?input)",
    r"(\d+) `?input", r"resulted in (\d+)", r"requested tokens \((\d+)\)", r"contains (\d+)",
    r"(\d+) \+ \d+ >", r"given: (\d+)", r"too long: (\d+)", r"keep the first (\d+)",
    r"\b(?:prompt|input|current)(?: token count| length)?(?: of| is)? \(?(?:length )?(\d+)",
)  # fmt: skip
_TOTAL = r"requested:? (?:about |at least |a total of )?(\d+)"
"""Where servers tell the numbers of an overflow, each by the first that is there."""


def overflow(facts: Mapping[str, Any], said: str, *, limited: bool = False) -> Overflow | None:
    """The error when a prompt did not fit, with the server's numbers where it gives them.

    Args:
        facts: the object that the error is told in.
        said: its words.
        limited: its status says that another attempt may pass.
    """
    if _PASSES.search(said) or (limited and not _TOO_LARGE.search(said)):
        return None
    said = re.sub(r"(?<=\d),(?=\d{3}\b)", "", said)
    kinds = {str(facts.get(name)) for name in ("type", "code")}
    named = NAMED & kinds
    if not named and not _OVERFULL.search(said):
        return None
    counted = facts.get("n_ctx"), facts.get("n_prompt_tokens")
    room, prompt = (number if isinstance(number, int) else 0 for number in counted)
    return Overflow(
        said, room or number_in(said, *_ROOM) or 0, prompt or number_in(said, *_PROMPT) or 0,
        number_in(said, _TOTAL) or 0,
    )  # fmt: skip
