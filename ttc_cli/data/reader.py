"""Rows of a file of data, as a stream of dicts: CSV, TSV, JSON, JSON Lines and logs, also gzipped.

This file's text also stands above programs that run locked in, so it knows the standard library
and nothing else.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any

from ttc_cli.data.cells import READERS, number

ACCESS = re.compile(
    r"(?P<ip>\S+) \S+ (?P<user>\S+) \[(?P<time>[^\]]+)\] "
    r'"(?:(?P<method>[A-Z]+) (?P<path>\S+)[^"]*|(?:\\.|[^"\\])*)" '  # it may be no request at all
    r'(?P<status>\d{3}) (?P<size>\d+|-)(?: "(?P<referer>[^"]*)" "(?P<agent>[^"]*)")?'
)
_LEVEL = (
    r"(?P<level>(?i:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|CRIT(?:ICAL)?|ALERT|EMERG(?:ENCY)?|"
    r"FATAL))\b\]?[\s\-|:]*"
)
_MOMENT = (
    r"\[?(?P<time>\d{4}([-/])\d\d\2\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?"
    r"(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)\]?[\s\-|]*"
)
EVENT = re.compile(rf"{_MOMENT}\[?(?:[\w-]+\.)?{_LEVEL}(?P<message>.*)")
SOURCED = re.compile(  # the logger or thread stands ahead of the level
    rf"{_MOMENT}[\[{{]?(?P<source>[\w.:/-]+)[\]}}]?[\s\-|]+\[?(?=[A-Z]{{4}}){_LEVEL}(?P<message>.*)"
)
SYSTEM = re.compile(
    r"(?P<time>\w{3} +\d+ \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*) (?P<host>\S+) "
    r"(?P<program>[^:\[\s]+)(?:\[(?P<pid>\d+)\])?: (?P<message>.*)"
)
APACHE = re.compile(
    r"\[(?P<time>\w{3} \w{3} +\d+ \d\d:\d\d:\d\d(?:\.\d+)? \d{4})\] \[(?:(?P<module>\w*):)?"
    rf"{_LEVEL}(?:\[pid (?P<pid>\d+)[^\]]*\] )?(?:\[client (?P<client>[^\]]+)\] )?(?P<message>.*)"
)
LEVELLED = re.compile(rf"(?:\[|(?=[A-Z]+:)){_LEVEL}(?P<message>.*)")
LOGS = (ACCESS, EVENT, SOURCED, SYSTEM, APACHE, LEVELLED)
PAIR = re.compile(r'(?<![\w&?])([A-Za-z_]\w*)=(?:"([^"]*)"|([^\s,;]+))')
_CHUNK = 1 << 20


def open_bytes(path: str) -> IO[bytes]:
    """The bytes of a file, unpacked where it is gzipped."""
    with open(path, "rb") as file:  # noqa: PTH123 - it also stands above programs
        packed = file.read(2) == b"\x1f\x8b"
    opened: Any = gzip.open if packed else open
    content: IO[bytes] = opened(path, "rb")
    return content


def open_text(path: str, encoding: str = "utf-8") -> IO[str]:
    """The text of a file, without a byte order mark and unpacked where it is gzipped."""
    encoding = "utf-8-sig" if encoding == "utf-8" else encoding
    return io.TextIOWrapper(open_bytes(path), encoding, newline="")


def stream(
    path: str,
    form: str,
    *,
    names: list[str] | None = None,
    delimiter: str = ",",
    spaced: bool = False,
    skip: int = 0,
    encoding: str = "utf-8",
    kinds: Mapping[str, str] | None = None,
    wanted: Iterable[str] = (),
    under: tuple[str, ...] = (),
    blank: Iterable[str] = (),
    pairs: bool = False,
) -> Iterator[dict[str, Any]]:
    """Every row as a dict.

    Args:
        form: csv, json, jsonl or log.
        names: of the columns where the first line does not tell them.
        spaced: a space may stand behind the delimiter, ahead of a quote too.
        skip: lines ahead of a table that are not of it.
        kinds: columns whose cells are numbers or dates, each with its kind, of `READERS`.
        wanted: the columns that matter, the others are left out; empty for all. Of CSV.
        under: the keys that lead to the rows in an object of JSON.
        blank: columns that some rows lack: they are None there.
        pairs: what a log's messages say as name=value are columns.
    """
    kinds = kinds or {}
    with open_text(path, encoding) as file:
        if form == "csv":
            for _ in range(skip):
                file.readline()
            lines = csv.reader(file, delimiter=delimiter, skipinitialspace=spaced)
            yield from _table(file, lines, names, delimiter, kinds, set(wanted))
            return
        if form == "json":
            rows = _json(file, under)
        elif form == "log":
            rows = _lines(file, pairs=pairs)
        else:
            rows = (_row(json.loads(line)) for line in file if line.strip())
        lacking = dict.fromkeys(blank)
        readers = [(name, READERS[kind]) for name, kind in kinds.items()]
        for row in rows:
            for name, read in readers:
                if type(cell := row.get(name)) is str:
                    row[name] = read(cell)
            yield {**lacking, **row} if lacking else row


def _table(
    file: IO[str],
    rows: Iterator[list[str]],
    names: list[str] | None,
    delimiter: str,
    kinds: Mapping[str, str],
    wanted: set[str],
) -> Iterator[dict[str, Any]]:
    header = names if names is not None else _unlike(next(rows, []))
    kept = [(i, name) for i, name in enumerate(header) if not wanted or name in wanted]
    cells = [(i, name, READERS[kinds.get(name, "text")]) for i, name in kept]
    columns, last = len(header), ""
    for row in rows:
        if not any(row):
            continue
        last = row[-1]
        if len(row) < columns:
            row = row + [""] * (columns - len(row))
        elif any(row[columns:]) and _is_text(row[columns - 1]):  # with the delimiter in it
            row = [*row[: columns - 1], f"{delimiter} ".join(map(str.strip, row[columns - 1 :]))]
        yield {name: read(row[i]) for i, name, read in cells}
    if "\n" in last:
        file.seek(0)
        (end,) = deque(filter(str.strip, file), maxlen=1)
        if last.rstrip().endswith(end.rstrip()):
            raise ValueError("a quote that is opened in it is never closed")


def _is_text(cell: str) -> bool:
    """Whether a cell is no number, no date in digits and not missing."""
    return type(number(cell)) is str and any(map(str.isalpha, cell))


def _unlike(header: list[str]) -> list[str]:
    """Names of columns, of which a second one of the same name ends in _2."""
    names: list[str] = []
    for name in map(str.strip, header):
        again = (f"{name}_{i}" for i in range(2, len(header) + 2) if f"{name}_{i}" not in header)
        names.append(name if name not in names else next(one for one in again if one not in names))
    return names


def _json(file: IO[str], under: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Rows of a list, one at a time; of an object that holds a list, or that is the only row."""
    start = file.read(_CHUNK)
    if not under and start.lstrip()[:1] == "[":
        yield from _elements(file, start.lstrip()[1:])
        return
    value = json.loads(start + file.read())
    for key in under:
        value = value[key]
    yield from map(_row, value if isinstance(value, list) else [value])


def _row(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {"value": value}


def _elements(file: IO[str], held: str) -> Iterator[dict[str, Any]]:
    decode, at, more = json.JSONDecoder().raw_decode, 0, True
    while True:
        while at < len(held) and held[at] in " \t\r\n,":
            at += 1
        if at < len(held) and held[at] == "]":
            if (held[at + 1 :] + file.read(_CHUNK)).strip():
                raise ValueError("more follows behind its list")
            return
        try:
            value, end = decode(held, at)
            if end == len(held) and more:
                raise ValueError("a number may go on in what follows")
        except ValueError:
            if not more:
                raise ValueError("its list breaks off, or is broken") from None
            chunk = file.read(_CHUNK)
            more, held, at = bool(chunk), held[at:] + chunk, 0
            continue
        at = end
        yield _row(value)


def _lines(file: IO[str], *, pairs: bool) -> Iterator[dict[str, Any]]:
    pattern = None
    for line in file:
        line = line.rstrip("\r\n")
        if not line:
            continue
        if pattern in (None, LEVELLED):  # such lines stand among others, as those of a server
            found = next((told for known in LOGS if (told := known.match(line))), None)
            pattern = pattern or (found and found.re)
        else:
            found = pattern.match(line)
        row: dict[str, Any] = {"line": line}
        if found is not None:
            row |= found.groupdict()
            for name in ("status", "size", "pid"):
                if name in row:
                    row[name] = int(row[name]) if (row[name] or "").isdigit() else 0
        if pairs:
            row |= {name: quoted or bare for name, quoted, bare in PAIR.findall(line)}
        yield row
