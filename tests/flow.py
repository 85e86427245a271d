"""Flows run to their end."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeVar

T = TypeVar("T")


def finish(
    flow: Generator[Any, None, T], see: Callable[[list[Any]], object] = len
) -> tuple[list[Any], T]:
    """All that a flow yields and what it returns; `see` hears of each event so far."""
    events: list[Any] = []
    while True:
        try:
            events.append(next(flow))
        except StopIteration as end:
            return events, end.value
        see(events)
