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
_GENERIC = (".values()", ".items()", ".keys()", "len(row)")
_ROWS = """

class _Rows:
    def __init__(self, name):
        self.name = name

    def __iter__(self):
        form, options, _, _ = _FILES[self.name]
        return stream(self.name, form, **options)

    def __len__(self):
        return _FILES[self.name][2]


def read_rows(name=_FIRST):
    rows = _Rows(name)
    return list(rows) if _FILES[name][3] else rows


"""


def above(files: Sequence[Profile], code: str) -> str:
    """Source that gives a program its `read_rows`; only columns that it names are read."""
    known = {
        one.name: (one.form, one.options | _wanted(one, code), one.rows, one.size <= HELD)
        for one in files
    }
    reader = "\n".join(_OWN.sub("", path.read_text("utf-8")) for path in SOURCES)
    return f"{reader}\n\n_FILES = {known!r}\n_FIRST = {files[0].name!r}\n{_ROWS}"


def told(files: Sequence[Profile]) -> str:
    """What a program's model is told right above the function: how to read, and one row."""
    lines = []
    for one in files:
        row = {name: cell for name, cell in one.shown[0].items() if name != "line"}
        lines.append(f"{_call(one, files)} gives every row of {one.name} as a dict, such as")
        lines.append(repr(row or one.shown[0])[:600])
    return "\n".join(lines)


def reads(files: Sequence[Profile]) -> str:
    """The function's first lines: the rows are there, or small models leave the body for later."""
    names = [re.sub(r"\W|^(?=\d)", "_", one.name.partition(".")[0]) for one in files]
    names = ["rows"] if len(files) == 1 else names
    calls = zip(names, files, strict=True)
    return "".join(f"    {name} = {_call(one, files)}\n" for name, one in calls)


def _call(one: Profile, files: Sequence[Profile]) -> str:
    return "read_rows()" if len(files) == 1 else f"read_rows({one.name!r})"


def _wanted(one: Profile, code: str) -> dict[str, Any]:
    """Options by which the columns that a program names are read; empty where it may use all."""
    if any(use in code for use in _GENERIC) or not (named := columns_used([one], code)):
        return {}
    kinds = {name: kind for name, kind in one.options["kinds"].items() if name in named}
    return {"kinds": kinds} | ({"wanted": named} if one.form == "csv" else {})


def columns_used(files: Sequence[Profile], code: str) -> list[str]:
    """Names of the columns that a program names, for people."""
    code = code[max(0, code.find("def ")) :]  # above it stands a row, with all of them
    names = dict.fromkeys(name for one in files for name, _ in one.columns)
    return [name for name in names if f"'{name}'" in code or f'"{name}"' in code]
