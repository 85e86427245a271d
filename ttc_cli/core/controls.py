"""Characters that drive a terminal, and text without them."""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)"  # OSC: titles, the clipboard
    "|\x1b\\[[0-?]*[ -/]*[@-~]"  # CSI: colours, the cursor
    "|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
)


def plain(text: str) -> str:
    """Text without control characters: what a model writes must not drive the terminal.

    C0 (but tab and line feed), C1, and what turns around the direction of the text after it.
    """
    return _UNSAFE.sub("", text)
