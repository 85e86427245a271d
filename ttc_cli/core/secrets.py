"""Keys that were read, kept out of every message."""

from __future__ import annotations

_KNOWN: set[str] = set()
SHORTEST = 4
"""Characters below which a text is too common to be hidden wherever it stands."""


def keep(secret: str) -> None:
    """Remember a key, so that `masked` hides it from now on."""
    if len(secret) >= SHORTEST:
        _KNOWN.add(secret)


def masked(text: str) -> str:
    """The text with every known key as stars; a server may say it back to us."""
    for secret in _KNOWN:
        text = text.replace(secret, "***")
    return text
