"""What stands above a program that computes over files of data, and what its model is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ttc_cli.data.profile import Profile

READER = Path(__file__).with_name("reader.py")
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
        one.name: (one.form, {**one.options, **_wanted(one, code)}, one.rows, one.size <= HELD)
        for one in files
    }
    reader = READER.read_text("utf-8")
    return f"{reader}\n\n_FILES = {known!r}\n_FIRST = {files[0].name!r}\n{_ROWS}"


def told(files: Sequence[Profile]) -> str:
    """What a program's model is told right above the function: how to read, and one row."""
    lines = []
    for at, one in enumerate(files):
        call = "read_rows()" if at == 0 else f"read_rows({one.name!r})"
        row = {name: cell for name, cell in one.shown[0].items() if name != "line"}
        lines.append(f"{call} gives every row of {one.name} as a dict, such as")
        lines.append(repr(row or one.shown[0])[:600])
    return "\n".join(lines)


def _wanted(one: Profile, code: str) -> dict[str, list[str]]:
    """The columns that a program names; nothing where it may use others."""
    if one.form != "csv" or any(use in code for use in _GENERIC):
        return {}
    named = columns_used([one], code)
    return {"wanted": named} if named else {}


def columns_used(files: Sequence[Profile], code: str) -> list[str]:
    """Names of the columns that a program names, for people."""
    code = code[max(0, code.find("def ")) :]  # above it stands a row, with all of them
    names = dict.fromkeys(name for one in files for name, _ in one.columns)
    return [name for name in names if f"'{name}'" in code or f'"{name}"' in code]
