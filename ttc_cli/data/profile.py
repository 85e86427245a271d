"""What a file of data looks like: its size, columns and a few rows, from one quick pass."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ttc_cli.core.errors import UnreadableFile
from ttc_cli.core.files import encoding_of
from ttc_cli.data.cells import CENTS, Date, Undated, in_thousands, kind_of
from ttc_cli.data.reader import LOGS, PAIR, open_bytes, open_text, stream
from ttc_cli.data.shape import holding, is_records, is_table, json_form, table

FORMS = {
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".psv": "csv", ".json": "json",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".log": "log",
}  # fmt: skip
"""Forms by a name's ending, which may have .gz behind it."""
SAMPLE = 2000  # rows from which types are told
SHOWN = 2
DISTINCT = 8  # different values of a column that are told, where it has no more
CELL = 40  # characters of a value that are shown
BROKEN = (OSError, EOFError, ValueError, KeyError, RecursionError, csv.Error, zlib.error)
"""What reading a damaged file may raise."""
_CHUNK = 1 << 20
_HEAD = 1 << 16


@dataclass(frozen=True, slots=True)
class Profile:
    """A file of data.

    Args:
        path: where it is. name: what programs call it.
        form: csv, json, jsonl or log.
        size: bytes. rows: how many there are.
        columns: name and what is in it, in words.
        shown: rows from its head, its middle and its tail.
        options: of `reader.stream`.
        digest: sha256 of its bytes.
        keys: columns of which no two rows that were looked at have the same value.
    """

    path: Path
    name: str
    form: str
    size: int
    rows: int
    columns: tuple[tuple[str, str], ...]
    shown: tuple[dict[str, Any], ...]
    options: dict[str, Any] = field(default_factory=dict)
    digest: str = ""
    keys: tuple[str, ...] = ()

    def told(self) -> str:
        """The file in words, for the model."""
        kind = {"csv": "table", "log": "log"}.get(self.form, "list of objects")
        lines = [f"{self.name}: {kind}, {_size(self.size)}, {self.rows:,} rows"]
        lines += [f"- {name}: {about}" for name, about in self.columns]
        lines += ["rows from head, middle and tail:", *(_short(row) for row in self.shown)]
        return "\n".join(lines)


def form_of(name: str) -> str | None:
    """The form of a file of data by its name; None for other files."""
    endings = [ending.lower() for ending in Path(name).suffixes[-2:]]
    if endings and endings[-1] == ".gz":
        endings.pop()
    return FORMS.get(endings[-1]) if endings else None


def profile(path: Path, form: str) -> Profile:
    """Look at a file of data.

    Raises UnreadableFile: it cannot be read as what it seems to be, or holds no rows.
    """
    name, encoding = path.name, "utf-8"
    try:
        encoding = _encoding(path)
        digest, lines = _count(path, encoding)
        head = _head(path, encoding)
        if form in ("json", "log") and is_records(head):
            with open_text(str(path), encoding) as file:  # a log may have a traceback further on
                form = "jsonl" if is_records(file) else form
        options = _options(path, form, encoding, head)
        sample = list(itertools.islice(stream(str(path), form, **options), SAMPLE))
        split = any("\n" in str(cell) for row in sample for cell in row.values())
        rows = lines - options.get("skip", 0) - (form == "csv" and "names" not in options)
        if form == "json" or split or len(sample) < SAMPLE:  # a row is not a line, or few
            rows = sum(1 for _ in stream(str(path), form, **options))
    except UnicodeError:
        hint = "convert it first, for instance with iconv -f latin1 -t utf-8"
        raise UnreadableFile(
            f"cannot use {name}: it is not {encoding.upper()} text", hint
        ) from None
    except BROKEN as error:
        raise UnreadableFile(f"cannot read {name} as {form}: {error}") from None
    if not sample:
        raise UnreadableFile(f"cannot use {name}: it holds no rows")
    options |= _found(sample, form)
    sample = list(itertools.islice(stream(str(path), form, **options), SAMPLE))
    names = dict.fromkeys(column for row in sample for column in row)
    about = tuple((column, _about(sample, column)) for column in names if column != "line")
    shown = (*sample[:SHOWN], *_later(path, form, options, rows))
    keys = tuple(column for column in names if _unlike(sample, column))
    size = path.stat().st_size
    return Profile(path, name, form, size, rows, about, shown, options, digest, keys)


def _unlike(sample: list[dict[str, Any]], column: str) -> bool:
    cells = [row.get(column) for row in sample]
    return len(cells) == len({repr(cell) for cell in cells}) and None not in cells


def _encoding(path: Path) -> str:
    with open_bytes(str(path)) as file:
        return encoding_of(file.read(4))


def _count(path: Path, encoding: str) -> tuple[str, int]:
    """(sha256, lines of text) of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    lines, last = 0, "\n"
    with open_text(str(path), encoding) as text:
        while chunk := text.read(_CHUNK):
            if "\0" in chunk:
                raise UnreadableFile(f"cannot use {path.name}: it is binary, not text")
            lines, last = lines + chunk.count("\n"), chunk[-1]
    return digest, lines + (last != "\n")


def _head(path: Path, encoding: str) -> list[str]:
    """The first lines of a file, whole."""
    with open_text(str(path), encoding) as file:
        text = file.read(_HEAD)
    lines = text.splitlines()
    return (lines[:-1] or lines if len(text) == _HEAD else lines)[:50]


def _options(path: Path, form: str, encoding: str, head: list[str]) -> dict[str, Any]:
    """Options of `reader.stream` that a file's first lines give away."""
    options = {} if encoding.startswith("utf-8") else {"encoding": encoding}
    if form == "csv" and head:
        return options | table(head)
    if form == "json" and head and head[0].lstrip()[:1] == "{":
        with open_text(str(path), encoding) as file:
            under = holding(json.load(file))
        return options | ({"under": under} if under else {})
    return options


def _found(sample: list[dict[str, Any]], form: str) -> dict[str, Any]:
    """Options of `reader.stream` that a sample of rows gives away."""
    said = [row["line"] for row in sample if "line" in row]
    pairs = form == "log" and 2 * sum(bool(PAIR.search(line)) for line in said) > len(said)
    if pairs:
        named = [{name: a or b for name, a, b in PAIR.findall(line)} for line in said]
        sample = [row | more for row, more in zip(sample, named, strict=True)]
    names = list(dict.fromkeys(column for row in sample for column in row if column != "line"))
    columns = {n: [cell for row in sample if isinstance(cell := row.get(n), str)] for n in names}
    codes = form in ("json", "jsonl")
    kinds = {name: kind_of(cells, codes=codes) for name, cells in columns.items()}
    commas = [name for name, kind in kinds.items() if kind == "comma"]
    if any(CENTS.search(cell) for name in commas for cell in columns[name]):
        kinds |= {name: "comma" for name, cells in columns.items() if in_thousands(cells)}
    kinds = {name: kind for name, kind in kinds.items() if kind != "text"}
    lacking = form != "csv" and any(not row.keys() >= {*names} for row in sample)
    options = {"kinds": kinds, "blank": lacking and names, "pairs": pairs}
    return {name: value for name, value in options.items() if value or name == "kinds"}


def _about(sample: list[dict[str, Any]], column: str) -> str:
    """What is in a column, in words; and how a missing value is told."""
    cells = [row.get(column) for row in sample]
    known = [cell for cell in cells if cell not in (None, "")]
    if not known or set(map(repr, known)) == {"'-'"}:
        return "empty"
    missing = [repr(cell) for cell in cells if cell in (None, "")]
    share = max(1, round(100 * len(missing) / len(cells)))
    return f"{_kind(known)}" + (f", {missing[0]} in {share}% of the rows" if missing else "")


def _kind(known: list[Any]) -> str:
    """What values are, with an example, or all of them where they are few."""
    words = list(dict.fromkeys(cell for cell in known if type(cell) is str))
    rest = [cell for cell in known if type(cell) is not str]
    listed = ", ".join(map(repr, words))
    if not rest:
        few = len(words) <= DISTINCT < len(known)
        return f"text, one of {listed}" if few else f"text, as {_cut(words[0])}"
    aside, first = f", or {listed}" if words else "", rest[0]
    if isinstance(first, dict):
        parts = dict.fromkeys(name for one in rest if isinstance(one, dict) for name in one)
        inner = ((name, [v for one in rest if (v := one.get(name)) is not None]) for name in parts)
        return f"object with {', '.join(f'{n!r} ({_kind(v)})' for n, v in inner if v)}{aside}"
    if isinstance(first, list):
        inside = [one for cell in rest if isinstance(cell, list) for one in cell]
        return f"list, each: {_kind(inside)}{aside}" if inside else f"empty list{aside}"
    kinds = {type(cell) for cell in rest}
    names = {int: "whole number", float: "number", bool: "true or false", Date: "date"}
    names[Undated] = "date without a year"
    said = "number" if kinds == {int, float} else names.get(kinds.pop(), "value")
    return f"{said}, as {_cut(first)}{aside}"


def _cut(value: Any) -> str:
    return repr(value if not isinstance(value, str) else value[:CELL])


def _later(path: Path, form: str, options: dict[str, Any], rows: int) -> list[dict[str, Any]]:
    """A row from the middle and one from the tail, of files that can be sought in."""
    packed = path.suffix.lower() == ".gz" or "encoding" in options
    if rows <= SHOWN or form not in ("csv", "jsonl", "log") or packed:
        return []
    found = []
    size = path.stat().st_size
    with path.open("rb") as file:
        above = options.get("skip", 0) + (form == "csv" and "names" not in options)
        first = b"".join(file.readline() for _ in range(above))
        for at in (size // 2, max(0, size - 4096)):
            file.seek(at)
            lines = file.read(8192).split(b"\n")[1:]
            if whole := [line for line in lines if line.strip()]:
                line = whole[0] if at == size // 2 else whole[-1]
                found += _one(first + line, form, options)
    return found


def _one(text: bytes, form: str, options: dict[str, Any]) -> list[dict[str, Any]]:
    import tempfile

    with tempfile.NamedTemporaryFile(suffix=".row") as file:
        file.write(text)
        file.flush()
        try:
            return list(itertools.islice(stream(file.name, form, **options), 1))
        except BROKEN:
            return []


def _short(row: dict[str, Any]) -> str:
    cut = {k: v if not isinstance(v, str) else v[:CELL] for k, v in row.items() if k != "line"}
    return repr(cut if cut else {"line": row.get("line", "")[: 4 * CELL]})


def _size(size: int) -> str:
    for unit, many in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if size >= many:
            return f"{size / many:.1f} {unit}"
    return f"{size} bytes"


def piped_form(data: bytes) -> str | None:
    """The form of data that came without a name: jsonl, json, log or csv; None for other text."""
    text = data.decode(encoding_of(data), "replace")
    lines = [line for line in text[:_HEAD].splitlines()[:50] if line.strip()]
    if len(text) > _HEAD:
        lines = lines[:-1]  # it may be half a line
    if lines and 2 * sum(any(known.match(line) for known in LOGS) for line in lines) >= len(lines):
        return "log"
    return json_form(text, lines) or ("csv" if is_table(lines) else None)
