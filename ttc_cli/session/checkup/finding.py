"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "broken"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Args:
        check: what was looked at.
        state: "broken" means that ttc cannot answer, or keeps failing; "warning" that it is
            slower or less than it could be.
        found: one line.
        advice: what to do about it; "" when there is nothing to do.
    """

    check: str
    state: State
    found: str
    advice: str = ""
