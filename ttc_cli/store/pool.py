"""Finished branches, kept between runs: `high` after `medium` draws only the difference.

On diskcache, with a Disk of our own: diskcache unpickles what it reads (CVE-2025-69872), and a
cache folder is somebody else's input. Keys are hex digests, values are JSON, the folder is
0700, and whatever cannot be read counts as absent.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import diskcache

from ttc_cli.core.branch import Branch, Prompt, Step
from ttc_cli.core.halves import pack, unpack
from ttc_cli.core.sampling import Stop
from ttc_cli.store.file_cache import CacheSize, count_hit

T = TypeVar("T")

FOLDER = "samples"
SIZE_LIMIT = 256 << 20  # bytes on disk; the least recently used entries go first
MOST_JSON = 4 << 20  # bytes of one entry, unpacked: more is not ours
DIGEST = re.compile(r"[0-9a-f]{64}")
NUMBERS = ("logprobs", "confidences", "certainties")
_BYTES = (1, 2)  # diskcache's modes for bytes in the row and in a file; 3 is text, 4 a pickle


class JsonDisk(diskcache.Disk):  # type: ignore[misc]  # diskcache has no types
    """Packed JSON under hex digests; never unpickles."""

    def put(self, key: object) -> tuple[str, bool]:
        """A key as the database holds it; ValueError unless it is a digest."""
        if not isinstance(key, str) or not DIGEST.fullmatch(key):
            raise ValueError(f"not a digest: {key!r}")
        return key, True

    def get(self, key: object, raw: object) -> str:
        """A key back from the database."""
        return str(key)

    def store(self, value: object, read: bool, key: object = None) -> Any:
        """Pack a value; small ones go into the database, large ones into a file."""
        packed = zlib.compress(json.dumps(value, ensure_ascii=False).encode())
        return super().store(packed, False, key=key)

    def fetch(self, mode: int, filename: str | None, value: object, read: bool) -> object:
        """Unpack a value; ValueError for anything but packed JSON of a sane size."""
        inside = filename and not Path(filename).is_absolute() and ".." not in Path(filename).parts
        if mode not in _BYTES or (filename and not inside):
            raise ValueError("not an entry of ours")
        packed = super().fetch(mode, filename, value, False)
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(packed, MOST_JSON)
        if unpacker.unconsumed_tail:
            raise ValueError("an entry is too large")
        return json.loads(text)


class SamplePool:
    """Keeps branches in a folder. Nothing here ever fails a run.

    Args:
        folder: made when first needed, for its owner only.
        refresh: find nothing, but keep what is drawn. limit: bytes of all samples together.
    """

    def __init__(self, folder: Path, *, refresh: bool = False, limit: int = SIZE_LIMIT) -> None:
        self.folder, self.limit, self._refresh = folder, limit, refresh
        self._cache: Any = None
        self._broken = False

    def get(self, key: str) -> Branch | None:
        """A branch kept under a key; None when there is none that can be read."""
        if self._refresh:
            return None
        found = self._try(lambda cache: _read(cache.get(key)))
        if found is not None:
            count_hit(self.folder)
        return found

    def put(self, key: str, branch: Branch) -> None:
        """Keep a branch, unless it holds many hidden states, which are large."""
        if all(len(step.hidden) <= 1 for step in branch.steps):
            self._try(lambda cache: cache.set(key, _write(branch)))

    def size(self) -> CacheSize:
        """Entries and their bytes; none of a database that cannot be read."""
        if not self.folder.is_dir():
            return CacheSize(0, 0)
        found = self._try(lambda cache: CacheSize(len(cache), cache.volume()))
        return found or CacheSize(0, 0)

    def prune(self) -> None:
        """Drop the least recently used samples until the rest fits."""
        if self.folder.is_dir():
            self._try(lambda cache: cache.cull())

    def clear(self) -> None:
        """Remove every sample, and a database that cannot be read."""
        if self.folder.is_dir() and self._try(lambda cache: cache.clear()) is None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def close(self) -> None:
        """Close the database; idempotent."""
        if self._cache is not None:
            with contextlib.suppress(sqlite3.Error, OSError):
                self._cache.close()
            self._cache = None

    def _try(self, act: Callable[[Any], T]) -> T | None:
        if self._broken:
            return None
        try:
            if self._cache is None:
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._cache = diskcache.Cache(
                    str(self.folder), timeout=5, disk=JsonDisk, size_limit=self.limit,
                    eviction_policy="least-recently-used",
                )  # fmt: skip
            return act(self._cache)
        except (sqlite3.Error, OSError, diskcache.Timeout):
            self._broken = True  # no disk, no rights, not a database: do without from here on
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, zlib.error,
                RecursionError):  # fmt: skip
            pass  # one entry that is not ours
        return None


def _write(branch: Branch) -> dict[str, Any]:
    steps = []
    for step in branch.steps:
        numbers = {name: [round(x, 4) for x in getattr(step, name)] for name in NUMBERS}
        state = {"hidden": pack(step.hidden[0]), "marks": list(step.marks)} if step.hidden else {}
        said = {"text": step.text, "tokens": list(step.tokens), "sampled": step.sampled}
        steps.append(said | numbers | state)
    seconds = round(branch.seconds, 3)
    drawn = {"stop": branch.stop, "sampled": branch.tokens_sampled, "seconds": seconds}
    return {**drawn, "steps": steps}


def _read(data: Any) -> Branch | None:
    if data is None or not data["steps"]:
        return None
    steps = tuple(map(_step, data["steps"]))
    stop, sampled, seconds = Stop(data["stop"]), int(data["sampled"]), float(data["seconds"])
    return Branch((), Prompt(()), steps, stop, sampled, seconds)


def _step(data: dict[str, Any]) -> Step:
    numbers: dict[str, Any] = {name: tuple(map(float, data[name])) for name in NUMBERS}
    if "hidden" in data:  # at the step's end, in half precision
        numbers |= {"hidden": (unpack(data["hidden"]),), "marks": tuple(map(int, data["marks"]))}
    tokens = tuple(map(int, data["tokens"]))
    return Step(str(data["text"]), tokens, sampled=bool(data["sampled"]), **numbers)
