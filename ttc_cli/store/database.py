"""SQLite files of our own: for their owner only, with readers and a writer at once."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

from ttc_cli.core.files import private_folder

TIMEOUT = 2.0
"""Seconds to wait for another process that writes."""


def connect(path: Path | None, timeout: float = TIMEOUT) -> sqlite3.Connection:
    """Open a database, which is made when there is none; None is an empty one in memory.

    Raises:
        OSError, sqlite3.Error: no rights, no room, not a database.
    """
    if path is not None:
        private_folder(path.parent)
        if not path.exists():  # SQLite gives the files beside it the same rights
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path or ":memory:", timeout=timeout, isolation_level=None)
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def version_of(connection: sqlite3.Connection) -> int:
    """The version of its tables; 0 for a new file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def create(
    connection: sqlite3.Connection, schema: str, version: int, timeout: float = TIMEOUT
) -> None:
    """Make the tables of a new file, or none when another process was quicker."""
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    _write_ahead(connection, timeout)
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not version_of(connection):
            for statement in schema.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version}")
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


def used_bytes(connection: sqlite3.Connection) -> int:
    """What a database holds, free pages not counted."""
    names = ("page_size", "page_count", "freelist_count")
    size, pages, free = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names)
    return int(size * (pages - free))
