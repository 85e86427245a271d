"""Files under hex digests: written whole or not at all, least recently used first out.

Every write goes to a temporary name and is renamed, so that processes need no lock and one that
is killed leaves at most a temporary file, which the next write clears away.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from ttc_cli.core.files import private_folder, replacing

RESULTS = "results"
MOST_JSON = 16 << 20
"""Bytes of one entry, unpacked: larger results are not kept, and larger entries not ours."""
SUFFIX = ".entry"
HITS = "hits"
_BINARY = getattr(os, "O_BINARY", 0)
STALE = 3600.0  # seconds after which a temporary file belongs to nobody any more


class CacheSize(NamedTuple):
    """How much a cache holds."""

    entries: int
    bytes: int


class FileCache:
    """A folder of entries of so many bytes at most, made when first needed, for its owner only."""

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder, self.limit = folder, limit

    def path(self, key: str) -> Path:
        """Path of a key's entry, which may not exist."""
        return self.folder / f"{key}{SUFFIX}"

    def open(self, key: str) -> BinaryIO:
        """Open the entry of a key for reading; OSError for none, or for what is no plain file."""
        flags = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)  # a pipe would block
        file = os.fdopen(os.open(self.path(key), os.O_RDONLY | _BINARY | flags), "rb")
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.close()
            raise FileNotFoundError(key)
        return file

    def put(self, key: str, write: Callable[[BinaryIO], object]) -> None:
        """Let `write` fill the entry of a key, and drop the oldest entries beyond the limit.

        OSError where it could not be kept; nothing is left behind then.
        """
        private_folder(self.folder)
        self.folder.chmod(0o700)  # it may be older than we are
        with replacing(self.path(key)) as file:
            write(file)
        self.prune()

    def used(self, key: str) -> None:
        """Count a hit on the entry of a key and make it the most recently used."""
        with contextlib.suppress(OSError):
            os.utime(self.path(key))
        count_hit(self.folder)

    def drop(self, path: Path) -> None:
        """Remove an entry; another process may have been quicker."""
        with contextlib.suppress(OSError):
            path.unlink()

    def size(self) -> CacheSize:
        """Entries and their bytes."""
        found = self._entries()
        return CacheSize(len(found), sum(size for _, size, _ in found))

    def prune(self) -> None:
        """Drop the least recently used entries until the rest fits, and what was left half done."""
        found = sorted(self._entries(), reverse=True)
        total = 0
        for _, size, path in found:
            total += size
            if total > self.limit:
                self.drop(path)
        for path in self._listed():
            if path.suffix != SUFFIX and path.name != HITS:
                with contextlib.suppress(OSError):
                    if time.time() - path.lstat().st_mtime > STALE:
                        self.drop(path)

    def clear(self) -> None:
        """Remove every file of the folder."""
        for path in self._listed():
            self.drop(path)

    def entries(self) -> list[Path]:
        """All entries, most recently used first."""
        return [path for _, _, path in sorted(self._entries(), reverse=True)]

    def _entries(self) -> list[tuple[float, int, Path]]:
        found = []
        for path in self._listed():
            if path.suffix == SUFFIX:
                with contextlib.suppress(OSError):
                    seen = path.lstat()
                    found.append((seen.st_mtime, seen.st_size, path))
        return found

    def _listed(self) -> list[Path]:
        try:
            return list(self.folder.iterdir())
        except OSError:
            return []


def count_hit(folder: Path) -> None:
    """Count a hit: a byte, appended, which needs no lock and survives any kill."""
    with contextlib.suppress(OSError), (folder / HITS).open("ab") as file:
        file.write(b".")


def hits(folder: Path) -> int:
    """How many hits were counted in a folder."""
    try:
        return (folder / HITS).stat().st_size
    except OSError:
        return 0


class Results:
    """Whole results as packed JSON, under a digest of everything that made them.

    What cannot be read counts as absent. `limit` is of the bytes of all results together.
    """

    def __init__(self, cache: Path, limit: int) -> None:
        self.files = FileCache(cache / RESULTS, limit)

    def get(self, key: str) -> dict[str, Any] | None:
        """Return the value of a key, None without one."""
        try:
            with self.files.open(key) as file:
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
            self.files.put(key, lambda file: file.write(zlib.compress(data)))
