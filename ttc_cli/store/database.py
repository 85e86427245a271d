"""The run log's SQLite file: for its owner only, its tables, and what is said when it fails."""

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
from ttc_cli.core.files import private_folder

FILE = "runs.db"
VERSION = 1
SCHEMA = """
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
"""

OF_KIND = (
    "? IN ('', json_extract(plan, '$.request.model')) AND ? IN ('', json_extract(plan, '$.effort'))"
    " AND ? IN ('', coalesce(json_extract(request, '$.command'), 'ask'))"
    " AND ? != coalesce(json_extract(request, '$.command'), 'ask')"
)  # rows of a model, an effort, a command, and not of a command
TIMEOUT = 2.0  # seconds to wait for another process that writes


class LogUnusable(TtcError):
    """The run log cannot be opened, read or written; the message says why."""


def connect(path: Path | None, *, timeout: float = TIMEOUT) -> sqlite3.Connection:
    """Open the database at this program's version; it is made when there is none.

    Args:
        path: None for an empty one in memory.
        timeout: seconds to wait for another process that writes.
    """
    name = path or Path(":memory:")
    with explained(name):
        if path is not None:
            private_folder(path.parent)
            if not path.exists():  # SQLite gives the files beside it the same rights
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(path or ":memory:", timeout=timeout, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            version = _version_of(connection)
            if not version:
                _create(connection, timeout)
            elif version != VERSION:
                raise LogUnusable(
                    f"the run log {name} is of another version of ttc ({version}, not {VERSION})",
                    "update ttc, or run with --no-log",
                )
        except BaseException:
            connection.close()
            raise
    return connection


def _version_of(connection: sqlite3.Connection) -> int:
    """The version of its tables; 0 for a new file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _create(connection: sqlite3.Connection, timeout: float) -> None:
    """Make the tables of a new file, or none when another process was quicker."""
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    _write_ahead(connection, timeout)
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not _version_of(connection):
            for statement in SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _write_ahead(connection: sqlite3.Connection, timeout: float) -> None:
    """Switch to write-ahead logging. SQLite does not wait for others here, so we do."""
    until = time.monotonic() + timeout
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() >= until:
                raise
            time.sleep(0.02)
        else:
            return


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
    except (zlib.error, ArithmeticError, LookupError, TypeError, ValueError) as error:
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


def as_json(value: Any) -> str | None:
    """JSON as SQLite reads it: without Python's NaN and Infinity, of which null is left."""
    if value is None:
        return None
    return json.dumps(json.loads(json.dumps(value, default=str), parse_constant=lambda _: None))


def clean(text: str) -> str:
    """Text as SQLite takes it: a lone surrogate, from bytes that were no UTF-8, is replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")
