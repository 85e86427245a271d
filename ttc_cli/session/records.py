"""The records of a map and what to ask of each; they are read ahead on a thread of its own.

The engine must not wait for a slow input, nor the input be read much faster than it is answered.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from dataclasses import field as made
from queue import Empty, Queue
from threading import Thread
from typing import Any

from ttc_cli.core.errors import TtcError, UnreadableFile, UsageError
from ttc_cli.core.files import as_utf8
from ttc_cli.prompts.message import MAX_BYTES
from ttc_cli.session.request import Request
from ttc_cli.store.templates import INPUT, Template, fields_of, fill

CHUNK = 1 << 16
AHEAD = 64  # records read before they are needed
LINE = "line"  # the field that holds the text of a line, of a JSON record too
ERROR = "error"  # the field of a result that says what failed: a record's own is not repeated


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the input.

    Args:
        number: from 0, blank lines left out. kept: what its result line repeats.
        values: what `{name}` may name, as text. digest: of the line, to know it again.
        error: why it cannot be asked; empty when it can.
    """

    number: int
    kept: dict[str, Any]
    values: dict[str, str]
    digest: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """What to do with each record.

    Args:
        prompt: with `{line}` or the names of JSON fields; `{{name}}` stands for `{name}`.
        request: everything else of the question; its prompt is not looked at.
        field: the name of the answer in the result line.
        extract: only the short form of the answer; under a schema it is a JSON value either way.
        given, defaults: values that are put before a record's fields, and in place of those that
            it lacks.

    """

    prompt: str
    request: Request
    field: str = "answer"
    extract: bool = False
    given: dict[str, str] = made(default_factory=dict)
    defaults: dict[str, str] = made(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.names:
            hint = "write {line} in it, or {name} for a field of a JSON record"
            raise UsageError("the prompt is the same for every record", hint)
        if self.field == ERROR:
            raise UsageError("a result's field 'error' says what failed", "give another --field")

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that the prompt names; `{first name}` may only be words, beside others."""
        named = Template("map", self.prompt).variables or fields_of(self.prompt)
        return tuple(name for name in named if name not in self.given)

    def check(self, jsonl: bool) -> None:
        """UsageError when the prompt names JSON fields and the input has lines."""
        others = [n for n in self.names if n not in (LINE, INPUT) and n not in self.defaults]
        if others and not jsonl:
            why = f"the input has lines and no field {others[0]!r}"
            raise UsageError(why, "write {line}, or give --jsonl-input")

    def of(self, record: Record) -> Request:
        """The question about a record; TtcError where it cannot be asked, or lacks a field."""
        if record.error:
            raise TtcError(record.error)
        values = {**self.defaults, **record.values, **self.given}
        if missing := [name for name in self.names if name not in values]:
            raise UsageError(f"the record has no field {missing[0]!r}")
        if self.field in record.kept:
            why = f"the record has a field {self.field!r} already"
            raise UsageError(why, "name another with --field")
        return replace(self.request, prompt=fill(self.prompt, values))


@dataclass(slots=True)
class Reader:
    """Reads records from a file.

    Args:
        file: binary and unbuffered, since a buffer is locked while the thread waits in it and
            could not be closed; closed by whoever opened it.
        name: what errors call it.
        jsonl: whether lines are JSON objects; None to go by the first character.

    `read` counts records and `taken` bytes so far; `ended` says that there is no more.
    """

    file: io.FileIO
    name: str
    jsonl: bool | None = None
    read: int = 0
    taken: int = 0
    ended: bool = False
    _queue: Queue[Record | Exception | None] = made(default_factory=lambda: Queue(AHEAD))
    _thread: Thread | None = None

    def next(self, wait: float) -> Record | None:
        """The next record; None when none came within `wait` seconds, or at the end."""
        if self._thread is None:
            self._thread = Thread(target=self._run, name="records", daemon=True)
            self._thread.start()
        if self.ended:
            return None
        try:
            item = self._queue.get(timeout=wait) if wait else self._queue.get_nowait()
        except Empty:
            return None
        if isinstance(item, OSError):
            raise UnreadableFile(f"cannot read {self.name}: {item.strerror}") from item
        if isinstance(item, Exception):
            raise item
        self.ended = item is None
        return item

    def _run(self) -> None:
        try:
            for line in self._lines():
                if not line.strip():
                    continue
                if self.jsonl is None:
                    self.jsonl = line.lstrip().startswith(b"{")
                self._queue.put(_record(self.read, line.rstrip(b"\r"), self.jsonl))
                self.read += 1
            self._queue.put(None)
        except UnicodeDecodeError as error:
            what = f"cannot use {self.name}: it is not {error.encoding.upper()} text"
            self._queue.put(UnreadableFile(what, "convert it to UTF-8 first"))
        except ValueError as error:
            self._queue.put(UnreadableFile(f"cannot use {self.name}: {error}"))
        except Exception as error:  # raised again in the thread that asks for records
            self._queue.put(error)

    def _lines(self) -> Iterator[bytes]:
        """Lines without their ends; of one that is too long, a little more than may be."""
        line, fed = bytearray(), False
        for chunk in as_utf8(iter(lambda: self.file.read(CHUNK), b"")):
            for number, part in enumerate(chunk.split(b"\n")):
                if number:
                    yield bytes(line)
                    line, fed = bytearray(), True
                line += part[: MAX_BYTES + 1 - len(line)]
                self.taken += len(part) + bool(number)
        if line:  # without a line feed anywhere its lines end as before OS X
            cut = fed or len(line) > MAX_BYTES
            yield from [bytes(line)] if cut else bytes(line).split(b"\r")


def _record(number: int, line: bytes, jsonl: bool) -> Record:
    digest = hashlib.blake2b(line, digest_size=8).hexdigest()
    text = line.decode("utf-8", "replace")
    kept: dict[str, Any] = {LINE: text}
    values, error = {LINE: text} if jsonl else {LINE: text, INPUT: text}, ""
    if "\ufffd" in text and "\ufffd".encode() not in line:
        error = "the line is not UTF-8 text"
    elif "\0" in text:
        error = "the line holds NUL characters: it is binary, or UTF-16 without its mark"
    elif len(line) > MAX_BYTES:
        error = f"the line has more than {MAX_BYTES:,} bytes"
    elif jsonl:
        try:
            fields = json.loads(text)
        except (ValueError, RecursionError):
            fields = None
        if isinstance(fields, dict):
            kept = {name: value for name, value in fields.items() if name != ERROR}
            values |= {name: _text(value) for name, value in fields.items()}
        else:
            error = "the line is not a JSON object"
    return Record(number, kept, values, digest, error)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
