"""How a text of data is laid out: the marks and the header of a table, and whether it is JSON."""

from __future__ import annotations

import csv
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from ttc_cli.data.cells import MISSING, READERS, kind_of

MARKS = ",;\t|"
NO_MARK = "\x1f"  # stands in no text
PROSE_MARKS = ",;"  # those that a sentence has too, with a space behind them
_SEP = re.compile(r'"?sep=([^\w\n\r"])"?', re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")
_PARSED = 1 << 22  # characters of JSON that are parsed to know it
_WRAPPINGS = {"data", "result", "results", "response", "payload", "body", "hits", "_embedded"}
"""Keys of the object in which servers wrap what was asked for."""
_OPENS = re.compile(r'\s*(?:\[|\{\s*"(?:[^"\\]|\\.)*"\s*:)\s*')


def table(lines: Sequence[str]) -> dict[str, Any]:
    """Options of `reader.stream` for a table, by its first lines."""
    if options := _of_r(lines):
        return options
    told = _SEP.fullmatch(lines[0])
    lines = lines[1:] if told else lines
    body = [line for line in lines if line.strip() and line[0] != "#"] or lines
    mark = told[1] if told else _mark(body)
    skip = _remarks(lines, body, mark)
    titles = _titles(lines[skip:], mark)
    if titles and _is_header(lines[skip:], titles, mark):
        titles, mark = 0, mark if mark in lines[skip] else NO_MARK
    skip += titles
    rows = _rows(lines[skip:], mark)
    spaced = any(f"{mark} " in line for line in lines[skip : skip + 1])
    options = {"delimiter": mark, "skip": skip + bool(told), "spaced": spaced}
    if rows and not _headed(rows):
        options["names"] = [f"column{i + 1}" for i in range(len(rows[0]))]
    return {name: value for name, value in options.items() if value}


def _of_r(lines: Sequence[str]) -> dict[str, Any]:
    """Options for what R's `write.table` writes: the column of the rows' names has none itself."""
    for mark in " \t":
        header, *rows = (next(csv.reader([line], delimiter=mark), []) for line in lines[:2])
        quoted = lines[0] == mark.join(f'"{name}"' for name in header)
        named = quoted and rows and len(rows[0]) == len(header) + 1 and rows[0][-1]
        if named and lines[1][0] == '"':
            return {"delimiter": mark, "skip": 1, "names": ["", *header]}
    return {}


def _rows(lines: Sequence[str], mark: str) -> list[list[str]]:
    return [row for row in csv.reader(lines, delimiter=mark, skipinitialspace=True) if any(row)]


def _mark(lines: Sequence[str]) -> str:
    tabled = next((at for at, line in enumerate(lines) if any(m in line for m in MARKS)), 0)
    lines = lines[tabled : tabled + 20]  # below a title
    counts = {mark: [line.count(mark) for line in lines] for mark in MARKS}
    for mark in reversed(MARKS[1:]):  # a comma is in numbers and sentences too
        if len(lines) > 1 and len(set(counts[mark])) == 1 and counts[mark][0]:
            return mark
    return max(counts, key=lambda mark: (min(counts[mark]), counts[mark][0]))


def _remarks(lines: Sequence[str], body: Sequence[str], mark: str) -> int:
    """How many lines ahead of a table are empty or remarks, as `#id,name` is not."""
    if not body or lines[0] == body[0]:
        return 0
    first = list(lines).index(body[0])
    columns, named = body[0].count(mark), _headed(_rows(body, mark))
    for at, line in enumerate(lines[:first]):
        if line.count(mark) == columns > 0 and not (named and f"{mark} " in line):
            return at
    return first


def _titles(lines: Sequence[str], mark: str) -> int:
    """How many lines stand above the header: of a title, or of remarks with an empty line below.

    They have at most half as many filled cells as is usual, or the empty line and either fewer
    cells or no form of a table, which what is below has.
    """
    reader = csv.reader(lines, delimiter=mark)
    found = [(row, reader.line_num) for row in reader]
    rows = [row for row, _ in found]
    filled = list(map(_filled, rows))
    usual = Counter(filled).most_common(1)[0][0] if filled else 0
    above = next((at for at, many in enumerate(filled) if 2 * many > usual), 0)
    gaps = [at + 1 for at in range(above, len(filled)) if not filled[at]]
    apart = [gap for gap in gaps if max(filled[:gap]) < usual or _untabled(rows[:gap], rows[gap:])]
    titles = max([above, *apart])
    return found[titles - 1][1] if titles else 0


def _untabled(above: list[list[str]], below: list[list[str]]) -> bool:
    """Whether a table begins at an empty line: only below it words stand above numbers or dates."""
    above, below = ([row for row in rows if any(row)] for rows in (above, below))
    if not (above and below) or _tops(above) or not _tops(below):
        return False
    few = len(above) < 10 and max(map(_filled, above)) < _filled(below[0])  # of an account
    return few or not _headed(above) or any(kind_of([cell]) != "text" for cell in above[0])


def _filled(row: list[str]) -> int:
    """How many cells are not empty; columns of row names, ahead of the others, need no name."""
    cells = list(map(str.strip, row))
    named = list(itertools.dropwhile(lambda cell: not cell, cells))
    return len(cells) if named and all(named) else sum(map(bool, cells))


def _is_header(lines: Sequence[str], titles: int, mark: str) -> bool:
    """Whether the first of the lines that look like a title names the columns.

    It does where the lines below have no header, and where it has no mark itself while those right
    below have one in each cell: 1,5 or "Lee, Ann".
    """
    rows = _rows(lines[titles:], mark)
    if not rows or mark in lines[0]:
        return bool(rows) and not _headed(rows)
    return titles == 1 and len(rows[0]) == 2 and (f"{mark} " in lines[1] or not _headed(rows))


def _headed(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row of a table names the columns.

    It does where it has no numbers, where a word stands above numbers or dates, or where its
    numbers are years and those below are not.
    """
    first, rest = rows[0], rows[1:]
    numbers = [i for i, cell in enumerate(first) if _is_number(cell)]
    if not numbers:
        return True
    if _tops(rows):
        return True
    below = [[row[i] for row in rest if i < len(row)] for i in range(len(first))]
    years = all(_YEAR.fullmatch(first[i].strip()) for i in numbers)
    others = [cell for i in numbers for cell in below[i] if cell.strip()]
    known = sum(bool(_YEAR.fullmatch(cell.strip())) for cell in others)
    return years and len(first) > len(numbers) and 2 * known < len(others)


def _is_number(cell: str) -> bool:
    return isinstance(READERS["comma"](cell), int | float)


def _tops(rows: Sequence[Sequence[str]]) -> bool:
    """Whether in some column of a table a word stands above numbers or dates."""
    columns = itertools.zip_longest(*rows, fillvalue="")
    return any(_named(first, below) for first, *below in itertools.islice(columns, len(rows[0])))


def _named(cell: str, below: list[str]) -> bool:
    """Whether a word stands above numbers or dates."""
    kind = kind_of(below)
    if kind == "text" or cell.strip().lower() in MISSING:
        return False
    return type(READERS[kind](cell)) is str and not _is_number(cell)


def is_table(lines: Sequence[str]) -> bool:
    """Whether lines have the same columns, and are not sentences with a comma in each."""
    lines = [line for line in lines if line[:1] != "#" and not _SEP.fullmatch(line)]
    for mark in MARKS:
        try:
            rows = list(csv.reader(lines, delimiter=mark))
        except csv.Error:
            continue
        if len(rows) > 2 and len(rows[0]) > 1 and len(set(map(len, rows))) == 1:
            return mark not in PROSE_MARKS or not _spoken(rows)
    return False


def _spoken(rows: list[list[str]]) -> bool:
    """Whether rows are rather sentences: spaces stand behind commas, and no column has numbers."""
    spaced = [row for row in rows if not row[-1] or any(cell[:1] == " " for cell in row[1:])]
    columns = zip(*rows[1:], strict=True)
    return 2 * len(spaced) >= len(rows) and all(kind_of(list(c)) == "text" for c in columns)


def json_form(text: str, lines: Sequence[str]) -> str | None:
    """How a text is JSON: json, or jsonl with an object in each line; None where it is not.

    Args:
        lines: its first ones, whole.
    """
    if text.lstrip()[:1] not in ("{", "["):
        return None
    if is_records(lines):
        return "jsonl"
    return "json" if (_parses if len(text) <= _PARSED else _begins)(text) else None


def is_records(lines: Iterable[str]) -> bool:
    """Whether each of several lines is a JSON object."""
    known = (line[:1] == "{" and _parses(line) for line in lines if line.strip())
    return next(known, False) and next(known, False) and all(known)


def holding(value: dict[str, Any]) -> tuple[str, ...]:
    """The keys of an object that lead to its rows; none where it is one row itself.

    Its only list of objects holds them, which may be in a wrapping such as "data", or its only
    list where there are no objects in it.
    """
    records = _records(value)
    inner = {name: one for name, one in value.items() if isinstance(one, dict)}
    if inner and not records:
        wrapped = [
            (name, *keys) for name in _WRAPPINGS & {*inner} if (keys := _records(inner[name]))
        ]
        return wrapped[0] if [len(keys) for keys in wrapped] == [2] else ()
    found = records or [name for name, one in value.items() if isinstance(one, list)]
    return (found[0],) if len(found) == 1 else ()


def _records(value: dict[str, Any]) -> list[str]:
    return [
        name
        for name, one in value.items()
        if isinstance(one, list) and any(isinstance(row, dict) for row in one)
    ]


def _parses(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _begins(text: str) -> bool:
    """Whether the first record of a long JSON text can be read."""
    decode, at = json.JSONDecoder().raw_decode, 0
    while opened := _OPENS.match(text, at):
        at = opened.end()
        try:
            _, end = decode(text, at)
        except (ValueError, RecursionError):
            continue
        return text[end : end + 100].lstrip()[:1] == "," or not text[end:].strip("]} \t\r\n")
    return False
