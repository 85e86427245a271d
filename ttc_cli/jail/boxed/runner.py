"""The process that runs one program and tells its value: see `ttc_cli.jail.program`.

stdin: {"source", "function"}; stdout: {"value", "printed", "error"}, the value as `values` packs
it. All of it is the program's word and no more: it could have written the answer itself.
"""

from __future__ import annotations

import io
import itertools
import json
import os
import sys
import types
from collections.abc import Callable
from typing import Any

from values import pack

FILE = "program.py"
MOST_PRINTED = 4_000
MOST_ERROR = 1_000
MOST_PARTS = 20_000  # of what is iterated, which may have no end
MODULE = "__main__"


class Printed(io.TextIOBase):
    """Keeps the end of what is printed."""

    def __init__(self) -> None:
        self._end = ""

    def write(self, text: str) -> int:
        self._end = (self._end + text)[-2 * MOST_PRINTED :]
        return len(text)

    def last(self) -> str:
        """The last line that is not blank."""
        lines = [line.strip() for line in self._end.splitlines() if line.strip()]
        return lines[-1][:MOST_PRINTED] if lines else ""


def ready(path: list[str]) -> Callable[[], None]:
    """Take the program from stdin.

    Args:
        path: folders with packages, on top of the standard library.
    """
    task = json.load(sys.stdin)
    told = os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(null, stream)
    sys.path += path
    return lambda: serve(task, told)


def serve(task: dict[str, str], told: int) -> None:
    """Run the program and tell what it came to."""
    sys.set_int_max_str_digits(0)
    sys.stdout = printed = Printed()
    found: dict[str, Any] = {"value": None, "error": ""}
    try:
        found["value"] = pack(_plain(_run(task["source"], task["function"])), _no_answer)
    except BaseException as error:
        found["error"] = _line(error)
    found["printed"] = printed.last()
    words = json.dumps(found).encode()
    while words:
        words = words[os.write(told, words) :]


def _run(source: str, function: str) -> Any:
    """What the function returns, where the program defines it."""
    program = types.ModuleType(MODULE)
    sys.modules[MODULE] = program
    exec(compile(source, FILE, "exec"), program.__dict__)
    called = program.__dict__.get(function)
    return called() if callable(called) else None


def _line(error: BaseException) -> str:
    """The last line of a traceback."""
    if isinstance(error, SyntaxError) and error.filename == FILE:
        return f"{type(error).__name__}: {error.msg} (line {error.lineno})"
    try:
        text = str(error)[:MOST_ERROR]
    except BaseException:
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _plain(value: Any) -> Any:
    """A value by its plainest types; what has none as its text."""
    kind = type(value)
    root = kind.__module__.partition(".")[0]
    if value is None or kind in (bool, int, float) or root in PLAIN_MODULES:
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()  # no lone surrogates
    if root in OF_PACKAGES:
        return _plain(OF_PACKAGES[root](value)) if kind.__name__ != "NoneType" else None
    if isinstance(value, (int, float)):  # enumerations, subclasses
        return int(value) if isinstance(value, int) else float(value)
    if isinstance(value, dict):
        return {_key(k): _plain(v) for k, v in dict.items(value)}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: _plain(item) for name, item in zip(value._fields, value, strict=True)}
    if isinstance(value, (set, frozenset)):
        return [_plain(item) for item in _sorted(value)]
    if isinstance(value, complex):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    if hasattr(value, "__iter__"):
        return [_plain(item) for item in _few(value)]
    return str(value)


PLAIN_MODULES = ("fractions", "decimal", "datetime", "_pydatetime", "_pydecimal")


def _no_answer(value: Any) -> Any:
    raise ValueError(f"a value of type {type(value).__name__} is no answer")


def _few(values: Any) -> list[Any]:
    found = list(itertools.islice(values, MOST_PARTS + 1))
    if len(found) > MOST_PARTS:
        raise ValueError(f"the value has more than {MOST_PARTS:,} parts")
    return found


def _sorted(values: Any) -> Any:
    try:
        return sorted(values)
    except TypeError:
        return values


def _key(key: Any) -> Any:
    plain = _plain(key)
    return ", ".join(map(str, plain)) if isinstance(plain, list) else plain


def _of_pandas(value: Any) -> Any:
    """A table as a list of rows, a column as a table; a moment as Python's."""
    if hasattr(value, "to_pydatetime"):
        return value.to_pydatetime()
    if hasattr(value, "to_pytimedelta"):
        return value.to_pytimedelta()
    if type(value).__name__ == "DataFrame":
        return value.to_dict("records")
    if type(value).__name__ == "Series":
        return value.to_dict()
    return None if type(value).__name__ in ("NAType", "NaTType") else str(value)


def _of_polars(value: Any) -> Any:
    if type(value).__name__ == "LazyFrame":
        value = value.collect()
    if type(value).__name__ == "DataFrame":
        return value.to_dicts()
    return value.to_list() if hasattr(value, "to_list") else str(value)


def _of_sympy(value: Any) -> Any:
    """Numbers as numbers, all else as it is written."""
    if getattr(value, "is_Integer", False):
        return int(value)
    if getattr(value, "is_Rational", False):
        from fractions import Fraction

        return Fraction(int(value.p), int(value.q))
    if getattr(value, "is_Float", False):
        return float(value)
    if type(value).__name__ in ("BooleanTrue", "BooleanFalse"):
        return bool(value)
    return str(value)


OF_PACKAGES = {
    "numpy": lambda value: value.tolist(), "pandas": _of_pandas, "polars": _of_polars,
    "sympy": _of_sympy,
}  # fmt: skip
