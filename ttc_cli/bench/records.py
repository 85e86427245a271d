"""Records of a file: JSON Lines, a JSON array or object around them, CSV and TSV; also gzipped."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ttc_cli.core.errors import UnreadableFile
from ttc_cli.core.files import as_utf8

MOST_BYTES = 1_000_000_000  # of a set, unpacked


def read_records(path: Path) -> Iterable[tuple[int, Any]]:
    """(line, value) of a file; a line that is not JSON gives its text."""
    text = _text(path)
    name = path.name.lower().removesuffix(".gz")
    if name.endswith((".csv", ".tsv")):
        yield from _rows(path, text, tabs=name.endswith(".tsv"))
    elif text.lstrip().startswith("["):
        yield from enumerate(_json(text) or [], 1)
    elif (inner := _inside(text)) is not None:
        yield from enumerate(inner, 1)
    else:
        end = "\n" if "\n" in text else "\r"  # as before OS X
        for number, line in enumerate(text.split(end), 1):
            if line.strip():
                yield number, _json(line)


def _inside(text: str) -> list[Any] | None:
    """The records of one object that is written over several lines: the one list of objects in it,
    or itself."""
    whole = text.strip()
    value = _json(whole) if whole.startswith("{") and "\n" in whole else None
    if not isinstance(value, dict):
        return None
    lists = [v for v in value.values() if isinstance(v, list) and v and isinstance(v[0], dict)]
    return lists[0] if len(lists) == 1 else [value]


def _text(path: Path) -> str:
    chunks, size = [], 0
    try:
        with path.open("rb") as file:
            for chunk in as_utf8(iter(lambda: file.read(1 << 16), b"")):
                size += len(chunk)
                if size > MOST_BYTES:
                    raise ValueError(f"it has more than {MOST_BYTES:,} bytes")
                chunks.append(chunk)
        return b"".join(chunks).decode("utf-8-sig")
    except OSError as error:
        raise UnreadableFile(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        encoding = error.encoding.upper()
        raise UnreadableFile(f"cannot read {path}: it is not {encoding} text") from error
    except ValueError as error:
        raise UnreadableFile(f"cannot read {path}: {error}") from error


def _rows(path: Path, text: str, *, tabs: bool) -> Iterable[tuple[int, Any]]:
    """(line, record) of CSV as RFC 4180 has it: a row may hold line ends of any kind.

    Where the first line has semicolons and no comma, they part the columns.
    """
    import csv

    csv.field_size_limit(MOST_BYTES)
    head = text.partition("\n")[0]
    mark = "\t" if tabs else ";" if ";" in head and "," not in head else ","
    reader = csv.DictReader(
        io.StringIO(text, newline=""), strict=True, delimiter=mark, skipinitialspace=True
    )
    try:
        names = [name.strip() for name in reader.fieldnames or ()]
        twice = [name for name, times in Counter(filter(None, names)).items() if times > 1]
        if twice:
            raise UnreadableFile(f"cannot read {path}: it has two columns {twice[0]!r}")
        reader.fieldnames = names
        before = 1
        for row in reader:
            more = any(row.pop(None, ()))  # csv's own key for them
            yield before + 1, "more values than columns" if more else row
            before = reader.line_num
    except csv.Error as error:
        raise UnreadableFile(f"cannot read {path}: line {reader.line_num}: {error}") from error


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
