"""Files of JSON lines that survive being killed: only ever appended to, and flushed each time.

A killed process loses no line; a machine that loses power loses the lines of SYNCED seconds.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ttc_cli.core.errors import TtcError, UnreadableFile

SYNCED = 0.5  # seconds after which what was written is made sure to be on the disk


class Journal:
    """A file of JSON objects, one a line; a line that was torn by a kill is dropped on opening."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("a+b")
            self._file.truncate(_whole(path))
            self._synced = time.monotonic()
        except OSError as error:
            raise UnreadableFile(f"cannot write {path}: {error.strerror}") from error

    def append(self, value: dict[str, Any]) -> int:
        """Write a line; returns the byte it starts at."""
        at = self._file.seek(0, os.SEEK_END)
        self._file.write(as_line(value))
        self._file.flush()
        now = time.monotonic()
        if now - self._synced >= SYNCED:  # a disk may take ten milliseconds for it
            self._synced = now
            os.fsync(self._file.fileno())
        return at

    def read(self, at: int) -> dict[str, Any]:
        """The line that starts at a byte."""
        self._file.seek(at)
        return parsed(self._file.readline(), self.path)

    def lines(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """(byte it starts at, value) of every line."""
        at = self._file.seek(0)
        while line := self._file.readline():
            after = self._file.tell()
            yield at, parsed(line, self.path)
            at = self._file.seek(after)  # the caller may have read elsewhere

    def close(self) -> None:
        """Close the file, once it is on the disk; idempotent."""
        if not self._file.closed:
            os.fsync(self._file.fileno())
        self._file.close()


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a journal that somebody may still be writing."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"cannot read {path}: {error.strerror}") from error
    return [parsed(line, path) for line in data.split(b"\n")[:-1]]


def as_line(value: Mapping[str, Any]) -> bytes:
    """A value as a journal holds it."""
    line = json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
    return line.encode("utf-8", "surrogatepass")


def parsed(line: bytes, path: Path) -> dict[str, Any]:
    """The value of a journal's line; TtcError where it is none of ours."""
    try:
        value = json.loads(line.decode("utf-8", "surrogatepass"))
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise TtcError(f"{path} is damaged: {line[:60]!r} is not a line of ours", "start anew")
    return value


def _whole(path: Path) -> int:
    """Bytes up to and with the last line break: what follows it was torn."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        while end > 0:
            start = max(0, end - 65536)
            file.seek(start)
            found = file.read(end - start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            end = start
    return 0
