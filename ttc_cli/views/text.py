"""Text that is safe to put on a terminal, and short enough for it."""

from __future__ import annotations

import re
import unicodedata

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def plain(text: str) -> str:
    """Text without control characters: what a model writes must not drive the terminal."""
    return _CONTROL.sub("", text)


def width(text: str) -> int:
    """Columns that a text takes on a terminal."""
    return sum(map(_columns, text))


def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):  # accents, joiners, direction marks
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def shorten(text: str, columns: int) -> str:
    """One line of at most `columns` columns, cut with an ellipsis."""
    text = plain(" ".join(text.split()))
    if width(text) <= columns:
        return text
    out, used = "", 0
    for char in text:
        used += width(char)
        if used > columns - 1:
            break
        out += char
    return out + "…" if columns > 0 else ""
