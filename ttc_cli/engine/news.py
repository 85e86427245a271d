"""What came of a live request and was not reported yet."""

from __future__ import annotations

from typing import Any


class News(dict[str, Any]):
    """Fields of the next Delta."""

    def add(self, field: str, value: Any) -> None:
        """Add a text, a number or a tuple to what is there; nothing where it is empty."""
        if value:
            self[field] = self[field] + value if field in self else value
