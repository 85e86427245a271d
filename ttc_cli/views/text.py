"""Text that is safe to put on a terminal, and short enough for it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """Text without control characters: what a model writes must not drive the terminal."""
    return _CONTROL.sub("", text)


def safe(text: str) -> str:
    """Plain text that cannot turn around the direction of what follows it either."""
    return _BIDI.sub("", plain(text))


def one_line(text: str) -> str:
    """Safe text on one line."""
    return safe(" ".join(text.split()))


def width(text: str) -> int:
    """Columns that a text takes on a terminal, or a few more."""
    return len(text) if text.isascii() else sum(map(_columns, text))


@lru_cache(4096)
def _columns(char: str) -> int:
    if char == "\ufe0f":  # asks for the wide picture of the character before it
        return 1
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):  # accents, joiners, direction marks
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def shorten(text: str, columns: int) -> str:
    """One line of at most `columns` columns, cut with an ellipsis."""
    text = one_line(text)
    if width(text) <= columns:
        return text
    return head(text, columns - 1) + "…" if columns > 0 else ""


def head(text: str, columns: int) -> str:
    """As much of the start of a line as goes into `columns` columns."""
    if text.isascii():
        return text[: max(0, columns)]
    used = 0
    for at, char in enumerate(text):
        used += _columns(char)
        if used > columns:
            return text[:at]
    return text


def tail(text: str, columns: int) -> str:
    """The end of a text as one line of at most `columns` columns, after an ellipsis."""
    text = one_line(text[-8 * max(1, columns) :])
    if width(text) <= columns:
        return text
    return "…" + head(text[::-1], columns - 1)[::-1] if columns > 0 else ""


def span(seconds: float) -> str:
    """Seconds as people say them: `40 s`, `12 min`, `3 h 20 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
