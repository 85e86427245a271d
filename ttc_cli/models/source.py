"""What the two kinds of source share: what they return and how they say no."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Notify = Callable[[str], None]
"""Gets one line for the user."""

Progress = Callable[[int, int, str], None]
"""Gets bytes done, bytes in all, and what is being done; may come from another thread."""


class SourceError(Exception):
    """This source cannot give the file: try the next. The message is one line."""


@dataclass(frozen=True)
class Fetched:
    """A whole file under a temporary name, not yet trusted.

    Attributes:
        sha256: of the bytes that came.
        recorded: the sha256 the source itself records for the file; None when it has none.
    """

    path: Path
    sha256: str
    recorded: str | None
