"""The run log's tables, and opening its database: versions, rights, waiting for others."""

from __future__ import annotations

import json
import os
import sqlite3
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ttc_cli.core.errors import TtcError

FILE = "runs.db"
PATIENCE = 5.0
"""Seconds to wait for another process that writes."""

MIGRATIONS = (
    """
    CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        conversation TEXT NOT NULL,
        parent TEXT,
        state TEXT NOT NULL,
        began REAL NOT NULL,
        ended REAL,
        pid INTEGER NOT NULL,
        boot TEXT NOT NULL,
        born INTEGER NOT NULL,
        prompt TEXT NOT NULL,
        request TEXT NOT NULL,
        plan TEXT,
        result TEXT,
        scores TEXT,
        exit INTEGER,
        error TEXT,
        hint TEXT,
        feedback TEXT
    );
    CREATE INDEX runs_began ON runs (began);
    CREATE INDEX runs_conversation ON runs (conversation, began);
    CREATE TABLE texts (sha256 TEXT PRIMARY KEY, packed BLOB NOT NULL);
    CREATE TABLE documents (
        run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        name TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        PRIMARY KEY (run, position)
    );
    CREATE INDEX documents_sha256 ON documents (sha256);
    CREATE TABLE events (
        run TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
        packed BLOB NOT NULL
    );
    """,
)
"""One script a version: a database at version n gets those from the n-th on."""


class LogUnusable(TtcError):
    """The run log cannot be opened, read or written; the message says why."""


def connect(path: Path | None, *, patience: float = PATIENCE) -> sqlite3.Connection:
    """The log's database at this program's version, made when there is none.

    Args:
        path: None for an empty one in memory.
        patience: seconds to wait for another process that writes.

    Raises:
        LogUnusable: no rights, no room, damaged, or written by a newer version.
    """
    name = path or Path(":memory:")
    with explained(name):
        if path is not None:
            _make(path)
        connection = sqlite3.connect(name, timeout=patience, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = NORMAL")
            _migrate(connection, name, patience)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system say into one line with a way out."""
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise LogUnusable(f"cannot open the run log {path}: {why}", _ELSEWHERE) from error
    except sqlite3.Error as error:
        raise _readable(path, error) from error


@contextmanager
def intact(path: Path, run: str) -> Iterator[None]:
    """The same for what the database keeps packed, which it does not look into."""
    try:
        yield
    except (zlib.error, ValueError, TypeError) as error:
        raise LogUnusable(
            f"what the run log {path} holds of {run} is damaged",
            f"`ttc logs rm {run}` forgets it; where that fails too, move the log away",
        ) from error


_ELSEWHERE = "free the place or its rights, or run with --no-log"


def _readable(path: Path, error: sqlite3.Error) -> LogUnusable:
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LogUnusable(f"the run log {path} is locked by another process", "try again later")
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return LogUnusable(f"the run log {path} is damaged", "move it away; a new one is begun")
    return LogUnusable(f"cannot use the run log {path}: {error}", _ELSEWHERE)


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():  # SQLite gives the files beside it the same rights
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _migrate(connection: sqlite3.Connection, path: Path, patience: float) -> None:
    version = _version(connection)
    if version > len(MIGRATIONS):
        raise LogUnusable(
            f"the run log {path} is of a newer ttc (version {version}, this one knows "
            f"{len(MIGRATIONS)})",
            "update ttc, or run with --no-log",
        )
    if version == len(MIGRATIONS):
        return
    if version == 0:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        _write_ahead(connection, patience)
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)  # another process may have been quicker
        for number, script in enumerate(MIGRATIONS[version:], version + 1):
            for statement in script.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _write_ahead(connection: sqlite3.Connection, patience: float) -> None:
    """Readers and a writer at once. SQLite does not wait for others here, so we do."""
    until = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() >= until:
                raise
            time.sleep(0.02)
        else:
            return


def as_json(value: Any) -> str | None:
    """JSON as SQLite reads it: without Python's NaN and Infinity, of which null is left."""
    if value is None:
        return None
    return json.dumps(json.loads(json.dumps(value, default=str), parse_constant=lambda _: None))


def clean(text: str) -> str:
    """Text as SQLite takes it: a lone surrogate, from bytes that were no UTF-8, is replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")
