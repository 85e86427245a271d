"""Tokens to text: UTF-8 split across tokens, stop strings, step marks, endless loops."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from ttc_cli.core.sampling import Stop, StopRule

LOOP_CHECK_EVERY = 32
LOOP_MIN_TOKENS = 96
LOOP_MAX_PERIOD = 64
LOOP_MIN_REPEATS = 4


class TextStream:
    """Turns a branch's bytes into text that may be shown, and says where it ends.

    Bytes of an unfinished character and text that may yet become a stop string are held back.

    Args:
        rule: stop strings and step marks.
        before: the reply so far (a fence opened there is still open).
        pending: bytes of a character that the reply so far left unfinished.
    """

    def __init__(self, rule: StopRule, before: str = "", pending: bytes = b"") -> None:
        self._rule = rule
        self._decoder = decoder_after(pending)
        self._held = ""
        self._before = before
        self._step_start = 0
        self.text = ""

    def push(self, piece: bytes) -> tuple[str, Stop | None]:
        """Take a token's bytes; returns the text that may be shown now and why to stop."""
        return self.add(self._decoder.decode(piece))

    def add(self, text: str) -> tuple[str, Stop | None]:
        """The same of a text."""
        self._held += text
        if not self._held:
            return "", None
        at, length = self._rule.cut(self._held), len(self.text)
        cut = len(self._held) - self._rule.held(self._held) if at is None else at
        shown, self._held = self._held[:cut], self._held[cut:] if at is None else ""
        self.text += shown
        if at is not None:
            return shown, Stop.STRING
        return shown, Stop.STEP if shown and self._step_ended(length) else None

    def flush(self) -> str:
        """What was held back, when nothing follows; half a character is dropped."""
        shown, self._held = self._held, ""
        self.text += shown
        return shown

    def _step_ended(self, old_length: int) -> bool:
        rule = self._rule.steps
        if rule is None:
            return False
        start = self._step_start
        before = self._before + self.text[:start]
        ended = rule.ends(self.text[start:], before, old_length - start)
        self._step_start = len(self.text) if ended else start
        return ended


def decoder_after(before: bytes) -> codecs.IncrementalDecoder:
    """A UTF-8 decoder that has seen `before`; what is no text becomes U+FFFD."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    decoder.decode(before)
    return decoder


def unfinished(tail: bytes) -> bytes:
    """The bytes of an incomplete UTF-8 character at the end of `tail`."""
    return decoder_after(tail).getstate()[0]


def loops(tokens: Sequence[int]) -> bool:
    """Whether the text ends in an n-gram that repeats without end.

    True when the last tokens are at least 4 repeats of up to 64 tokens and 96 tokens long in
    all, so that rulers, tables and zeros do not count.
    """
    n = len(tokens)
    if n < LOOP_MIN_TOKENS:
        return False
    for period in range(1, LOOP_MAX_PERIOD + 1):
        if tokens[n - 1] != tokens[n - 1 - period]:
            continue
        span = max(LOOP_MIN_TOKENS, period * LOOP_MIN_REPEATS)
        if span > n:
            break
        if tokens[n - span + period :] == tokens[n - span : n - period]:
            return True
    return False
