"""Finished branches, kept between runs: `high` after `medium` draws only the difference.

Packed JSON under hex digests in one SQLite file. A cache folder is somebody else's input: nothing
that is read back is executed, and whatever cannot be read counts as absent.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ttc_cli.core.branch import Branch, Prompt, Step
from ttc_cli.core.sampling import Stop
from ttc_cli.store import database
from ttc_cli.store.file_cache import CacheSize, count_hits

T = TypeVar("T")

FOLDER = "samples"
SIZE_LIMIT = 256 << 20
"""Bytes on disk; the least recently used entries go first."""
MOST_JSON = 4 << 20
"""Bytes of one entry, unpacked: more is not ours."""
SCHEMA = """
    CREATE TABLE samples (key TEXT PRIMARY KEY, used REAL NOT NULL, packed BLOB NOT NULL);
    CREATE INDEX samples_used ON samples (used)
"""
NUMBERS = ("logprobs", "confidences", "entropies", "certainties")


class SamplePool:
    """Keeps branches in a folder. Nothing here ever fails a run.

    Args:
        folder: made when first needed, for its owner only.
        refresh: find nothing, but keep what is drawn.
        limit: bytes of all samples together.
    """

    def __init__(self, folder: Path, *, refresh: bool = False, limit: int = SIZE_LIMIT) -> None:
        self.folder = folder
        self.limit = limit
        self._refresh = refresh
        self._db: sqlite3.Connection | None = None
        self._broken = False

    def get(self, key: str) -> Branch | None:
        """A branch kept under a key; None when there is none that can be read."""
        found = None if self._refresh else self._try(lambda db: _fetch(db, key))
        if found is not None:
            count_hits(self.folder, 1)
        return found

    def put(self, key: str, branch: Branch) -> None:
        """Keep a branch, unless it holds hidden states, which are large and quickly stale."""
        if not any(step.hidden for step in branch.steps):
            row = (key, time.time(), _pack(branch))
            self._try(lambda db: db.execute("INSERT OR REPLACE INTO samples VALUES (?, ?, ?)", row))
            self._try(self._cull)

    def size(self) -> CacheSize:
        """Entries and their bytes; none of a database that cannot be read."""
        if not self.folder.is_dir():
            return CacheSize(0, 0)
        return self._try(lambda db: CacheSize(_count(db), database.used_bytes(db))) or CacheSize(
            0, 0
        )

    def prune(self) -> None:
        """Drop the least recently used samples until the rest fits."""
        if self.folder.is_dir():
            self._try(self._cull)

    def clear(self) -> None:
        """Remove every sample."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def close(self) -> None:
        """Close the database; idempotent."""
        if self._db is not None:
            with contextlib.suppress(sqlite3.Error):
                self._db.close()
            self._db = None

    __del__ = close

    def _cull(self, db: sqlite3.Connection) -> None:
        while database.used_bytes(db) > self.limit and (count := _count(db)):
            oldest = "SELECT key FROM samples ORDER BY used LIMIT ?"
            db.execute(f"DELETE FROM samples WHERE key IN ({oldest})", (1 + count // 8,))  # noqa: S608
            db.executescript("PRAGMA incremental_vacuum")

    def _try(self, act: Callable[[sqlite3.Connection], T]) -> T | None:
        if self._broken:
            return None
        try:
            if self._db is None:
                self._db = database.connect(self.folder / "samples.db")
                if not database.version_of(self._db):
                    database.create(self._db, SCHEMA, 1)
            return act(self._db)
        except (sqlite3.Error, OSError):
            self._broken = True  # no disk, no rights, not a database: do without from here on
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, zlib.error,
                RecursionError):  # fmt: skip
            pass  # one entry that is not ours
        return None


def _count(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM samples").fetchone()[0])


def _fetch(db: sqlite3.Connection, key: str) -> Branch | None:
    row = db.execute("SELECT packed FROM samples WHERE key = ?", (key,)).fetchone()
    if row is None:
        return None
    unpacker = zlib.decompressobj()
    data = json.loads(unpacker.decompress(row[0], MOST_JSON))
    steps = tuple(map(_step, data["steps"]))
    stop, sampled, seconds = Stop(data["stop"]), int(data["sampled"]), float(data["seconds"])
    db.execute("UPDATE samples SET used = ? WHERE key = ?", (time.time(), key))
    return Branch((), Prompt(()), steps, stop, sampled, seconds) if steps else None


def _step(data: dict[str, Any]) -> Step:
    numbers: dict[str, Any] = {name: tuple(map(float, data[name])) for name in NUMBERS}
    tokens = tuple(map(int, data["tokens"]))
    return Step(str(data["text"]), tokens, sampled=bool(data["sampled"]), **numbers)


def _pack(branch: Branch) -> bytes:
    steps = [
        {
            "text": step.text,
            "tokens": list(step.tokens),
            "sampled": step.sampled,
            **{name: [round(x, 4) for x in getattr(step, name)] for name in NUMBERS},
        }
        for step in branch.steps
    ]
    data = {
        "stop": branch.stop,
        "sampled": branch.tokens_sampled,
        "seconds": round(branch.seconds, 3),
        "steps": steps,
    }
    return zlib.compress(json.dumps(data, ensure_ascii=False).encode("utf-8", "surrogatepass"))
