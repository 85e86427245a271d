"""Tags that models put around their thoughts."""

from __future__ import annotations

from collections.abc import Sequence

Tags = Sequence[tuple[str, str]]

THOUGHT_TAGS: Tags = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
)
"""Opening and closing tag of each kind."""
