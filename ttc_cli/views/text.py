"""Text that is safe to put on a terminal, and short enough for it; JSON that is safe anywhere."""

from __future__ import annotations

import io
import json
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import compress
from typing import IO, Any

from ttc_cli.core.text import plain as plain

REPLICAS = 8  # that are named
_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def cleaned(value: Any) -> Any:
    """A value of JSON whose texts, and names of fields, are `plain`."""
    if isinstance(value, dict):
        return {plain(name): cleaned(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(item) for item in value]
    return plain(value) if isinstance(value, str) else value


class Terminal(io.TextIOWrapper):
    """A stream onto a terminal that keeps control characters off it, whoever writes."""

    def write(self, text: str) -> int:
        """Write the text, `plain`."""
        return super().write(plain(text))


class _Styled:
    """The same stream for one's own control sequences."""

    def __init__(self, stream: Terminal) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return io.TextIOWrapper.write(self._stream, text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def styled(stream: IO[str]) -> Any:
    """A stream that lets control sequences through: for text that is `plain` but for one's own."""
    return _Styled(stream) if isinstance(stream, Terminal) else stream


def to_json(value: Any, *, indent: int | None = None, out: IO[str] | None = None) -> str:
    """A value as JSON that any parser takes and that is safe to look at.

    NaN and Infinity, which JSON has not, become null; C1 and bidi controls and halves of
    surrogate pairs are escaped.

    Args:
        out: where it goes: what is not UTF-8 gets everything but ASCII escaped.
    """
    ascii_only = not (getattr(out, "encoding", None) or "utf-8").lower().startswith("utf")
    try:
        text = json.dumps(value, ensure_ascii=ascii_only, indent=indent, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), ensure_ascii=ascii_only, indent=indent)
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def one_line(text: str) -> str:
    """Plain text on one line."""
    return " ".join(plain(text).split())


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


def table(columns: Mapping[str, int], rows: Sequence[Sequence[str]], wide: int) -> list[str]:
    """Rows under headings, as lines of a terminal; the last column is cut where there is no room.

    Args:
        columns: each with the width of a terminal from which on it is shown.
        wide: columns of the terminal.
    """
    shown = [wide >= least for least in columns.values()]
    lines = [list(compress(cells, shown)) for cells in ([*columns], *rows)]
    widths = [max(map(width, cells)) for cells in zip(*lines, strict=True)][:-1]
    room = wide - 1 - sum(each + 2 for each in widths)
    return [
        "".join(
            cell + " " * (each - width(cell) + 2) for cell, each in zip(cells, widths, strict=False)
        )
        + shorten(cells[-1], room)
        for cells in lines
    ]


def span(seconds: float) -> str:
    """Seconds as people say them: `40 s`, `12 min`, `3 h 20 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def agreed(ours: dict[str, Any]) -> str:
    """How much a vote agrees, how many of its samples have an answer, how sure that is."""
    samples, share = ours.get("samples", {}), ours["agreement"]
    given = f"answered {samples['answered']} of {samples['counted']}" if samples else ""
    sure = ours.get("confidence")
    parts = [f"agreement {share:.0%}" if share is not None else "", given]
    parts.append(f"confidence {sure:.2f}" if sure is not None else "")
    return ", ".join(part for part in parts if part)


def by_replica(served: Mapping[str, int]) -> str:
    """Who answered how many requests, those that answered most first; a handful by name.

    >>> by_replica({"10.0.0.1:80": 3, "10.0.0.2:80": 5})
    'answered by 10.0.0.2:80 (5), 10.0.0.1:80 (3)'
    """
    most = sorted(served.items(), key=lambda item: -item[1])
    named = [f"{name} ({count})" for name, count in most[:REPLICAS]]
    rest = [f"{len(most) - REPLICAS} others ({sum(n for _, n in most[REPLICAS:])})"]
    return "answered by " + ", ".join(named + rest * (len(most) > REPLICAS))
