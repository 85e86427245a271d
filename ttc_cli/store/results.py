"""Whole results, kept under a digest of everything that made them."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

from ttc_cli.store.shelf import Shelf

FOLDER = "results"
MOST_JSON = 16 << 20
"""Bytes of one entry, unpacked: larger results are not kept, and larger entries not ours."""


class Results:
    """Packed JSON objects on a shelf. What cannot be read counts as absent.

    Args:
        cache: the cache folder.
        limit: bytes of all results together.
    """

    def __init__(self, cache: Path, limit: int) -> None:
        self.shelf = Shelf(cache / FOLDER, limit)

    def get(self, key: str) -> dict[str, Any] | None:
        """What was kept under a key."""
        try:
            with self.shelf.open(key) as file:
                packed = file.read(MOST_JSON)
            unpacker = zlib.decompressobj()
            text = unpacker.decompress(packed, MOST_JSON)
            value = json.loads(text) if unpacker.eof else None
        except (OSError, ValueError, zlib.error, RecursionError):
            return None
        return value if isinstance(value, dict) and value.get("key") == key else None

    def put(self, key: str, value: dict[str, Any]) -> None:
        """Keep a value; OSError when the disk refuses."""
        text = json.dumps({**value, "key": key}, ensure_ascii=False)
        data = text.encode("utf-8", "surrogatepass")
        if len(data) < MOST_JSON:
            self.shelf.put(key, lambda file: file.write(zlib.compress(data)))

    def used(self, key: str) -> None:
        """The entry of a key was served."""
        self.shelf.used(self.shelf.path(key))
