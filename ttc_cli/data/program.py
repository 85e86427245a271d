"""What stands above a program that computes over files of data, and what its model is told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ttc_cli.data.profile import Profile

SOURCES = (Path(__file__).with_name("cells.py"), Path(__file__).with_name("reader.py"))
_OWN = re.compile(r"^from (?:__future__|ttc_cli\.data\.cells) import .*\n", re.MULTILINE)
HELD = 20_000_000
"""Bytes of a file whose rows are a list; those of a larger one are read anew each time."""
JOINED = 200_000  # rows up to which a table is put together with another one ahead of a program
_LACKS = re.compile(r", None in |^(?:whole )?number, as .*, or '")
"""What a profile says of a column that may lack values, or have a word in the place of one."""
_GENERIC = (".values()", ".items()", ".keys()", "len(row)")
_ROWS = """

class _Rows:
    def __init__(self, name):
        self.name = name

    def __iter__(self):
        form, options, _, _ = _FILES[self.name]
        for row in stream(self.name, form, **options):
            if not any(name in row and self._lacks(row[name], name) for name in _WHOLE):
                yield row

    def _lacks(self, value, name):
        # a word in a column of numbers or dates, such as "absent", is no value either
        return value is None or (type(value) is str and name in _FILES[self.name][1]["kinds"])

    def __len__(self):
        return sum(1 for _ in self) if _WHOLE else _FILES[self.name][2]


def read_rows(name=_FIRST):
    rows = _Rows(name)
    return list(rows) if _FILES[name][3] else rows


"""


def above(files: Sequence[Profile], code: str, whole: Sequence[str] = ()) -> str:
    """Source that gives a program its `read_rows`; only columns that it names are read.

    Args:
        whole: columns whose value no row may lack: those that do are left out.
    """
    known = {
        one.name: (one.form, one.options | _wanted(one, code), one.rows, one.size <= HELD)
        for one in files
    }
    reader = "\n".join(_OWN.sub("", path.read_text("utf-8")) for path in SOURCES)
    known_as = f"_FILES = {known!r}\n_FIRST = {files[0].name!r}\n_WHOLE = {list(whole)!r}"
    return f"{reader}\n\n{known_as}\n{_ROWS}"


def told(files: Sequence[Profile]) -> str:
    """What a program's model is told right above the function: how to read, and one row."""
    lines = []
    for one in files:
        row = {name: cell for name, cell in one.shown[0].items() if name != "line"}
        lines.append(f"{_call(one, files)} gives every row of {one.name} as a dict, such as")
        lines.append(repr(row or one.shown[0])[:600])
        lines += [
            f"{n!r} is None where it is missing"
            for n, about in one.columns
            if ", None in " in about
        ]
    return "\n".join(lines)


_WHICH = re.compile(
    r"\b(?:which|what|welche[rsn]?|quel(?:le)?|qué|cuál)\s+(?!is\b|are\b|was\b|were\b|do|did\b|the\b|"
    r"of\b|has\b|es\b|est\b|ist\b)(?P<group>[^\W\d_]+)\b.*\b(?P<most>most|more|highest|largest|biggest|"
    r"greatest|best|top|busiest|fewest|lowest|smallest|least|worst|meisten?|höchste[nrs]?|"
    r"größte[nrs]?|wenigsten?|niedrigste[nrs]?|plus|moins|más|mayor|menos|menor)\b",
    re.IGNORECASE | re.DOTALL,
)
_MEAN = re.compile(r"\b(?:average|mean|durchschnitt\w*|moyen\w*|promedio)\b", re.IGNORECASE)
_DISTINCT = re.compile(
    r"\b(?:distinct|different|unique|verschiedene[nr]?|différente?s|distint[oa]s|diferentes)\b",
    re.IGNORECASE,
)


def _started(question: str, rows: str) -> list[str]:
    """How a loop over rows begins where small models would take the largest row for an answer."""
    lines = []
    if found := _WHICH.search(question):
        kind = "values" if _MEAN.search(question) else "totals"
        lines.append(f"{kind}_by_{found['group'].lower()} = {{}}")
    elif _DISTINCT.search(question):
        lines.append("different = set()")
    if lines and rows:
        lines.append(f"for row in {rows}:  # only those that are asked about")
    return lines


def reads(files: Sequence[Profile], question: str = "") -> str:
    """The function's first lines: the rows are there, or small models leave the body for later.

    Args:
        question: gives away how a loop begins (see `_started`).
    """
    names = [re.sub(r"\W|^(?=\d)", "_", one.name.partition(".")[0]) for one in files]
    names = ["rows"] if len(files) == 1 else names
    lines = [f"{name} = {_call(one, files)}" for name, one in zip(names, files, strict=True)]
    lines += _joined(files, names, question)
    lines += _started(question, "rows" if len(files) == 1 else "") if files else []
    return "".join(f"    {line}\n" for line in lines)


def _joined(files: Sequence[Profile], names: Sequence[str], question: str) -> list[str]:
    """Lines that put two tables together by the column in which one names the rows of the other.

    None where the question names something of the one and nothing of the other.
    """
    for one, many in ((0, 1), (1, 0)) if len(files) == 2 else ():
        found = _common(files[one], files[many])
        if found and found[1] not in files[many].keys and files[many].rows <= JOINED:
            key, name = found
            if _named(files[one], question, key) and not _named(files[many], question, name):
                return []
            return [
                f"by_{names[one]} = {{row[{key!r}]: row for row in {names[one]}}}",
                f"{names[many]}_with_{names[one]} = [",
                f"    {{**by_{names[one]}[row[{name!r}]], **row}}",
                f"    for row in {names[many]} if row[{name!r}] in by_{names[one]}",
                "]",
            ]
    return []


def _named(one: Profile, question: str, key: str) -> bool:
    """Whether a question names a table, a column besides its key, or a word of one that has few."""
    asked = {word.removesuffix("s") for word in re.findall(r"[^\W_]+", question.lower())}
    words = [one.name.partition(".")[0]]
    for name, about in one.columns:
        if name != key:
            words += [name, *re.findall(r"'([^']*)'", about if "one of " in about else "")]
    return any(
        asked & {part.removesuffix("s") for part in re.findall(r"[^\W_]+", word.lower())}
        for word in words
    )


def _common(one: Profile, many: Profile) -> tuple[str, str] | None:
    """The key of a table, and the column of another table that holds it, by their names."""
    stem = _letters(one.name.partition(".")[0]).removesuffix("s")
    for key in one.keys:
        known = {_letters(key), *([stem + "id"] if _letters(key) == "id" else [])}
        if name := next((name for name, _ in many.columns if _letters(name) in known), None):
            return key, name
    return None


def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())


def _call(one: Profile, files: Sequence[Profile]) -> str:
    return "read_rows()" if len(files) == 1 else f"read_rows({one.name!r})"


def _wanted(one: Profile, code: str) -> dict[str, Any]:
    """Options by which the columns that a program names are read; empty where it may use all."""
    if any(use in code for use in _GENERIC) or not (named := columns_used([one], code)):
        return {}
    kinds = {name: kind for name, kind in one.options["kinds"].items() if name in named}
    return {"kinds": kinds} | ({"wanted": named} if one.form == "csv" else {})


def lacking(files: Sequence[Profile], code: str) -> list[str]:
    """Columns that a program names and that lack a value in some rows."""
    lacks = {name for one in files for name, about in one.columns if _LACKS.search(about)}
    return [name for name in columns_used(files, code) if name in lacks]


def columns_used(files: Sequence[Profile], code: str) -> list[str]:
    """Names of the columns that a program names, for people."""
    code = code[max(0, code.find("def ")) :]  # above it stands a row, with all of them
    names = dict.fromkeys(name for one in files for name, _ in one.columns)
    return [name for name in names if f"'{name}'" in code or f'"{name}"' in code]
