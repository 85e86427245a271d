"""The run log's tables, and what is said when its database cannot be used."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ttc_cli.core.errors import TtcError
from ttc_cli.store import database
from ttc_cli.store.database import TIMEOUT

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
)
"""Rows of a model, an effort, a command, and not of a command."""


class LogUnusable(TtcError):
    """The run log cannot be opened, read or written; the message says why."""


def connect(path: Path | None, *, timeout: float = TIMEOUT) -> sqlite3.Connection:
    """The log's database at this program's version, made when there is none.

    Args:
        path: None for an empty one in memory.
        timeout: seconds to wait for another process that writes.

    Raises:
        LogUnusable: no rights, no room, damaged, or written by another version.
    """
    name = path or Path(":memory:")
    with explained(name):
        connection = database.connect(path, timeout)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            version = database.version_of(connection)
            if not version:
                database.create(connection, SCHEMA, VERSION, timeout)
            elif version != VERSION:
                raise LogUnusable(
                    f"the run log {name} is of another version of ttc ({version}, not {VERSION})",
                    "update ttc, or run with --no-log",
                )
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
