"""Runs one program that a model wrote, locked in, and takes what it returns as data."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from ttc_cli.core.errors import UnreadableFile, UsageError
from ttc_cli.jail import lock, process
from ttc_cli.jail.boxed.values import Nonsense, unpack
from ttc_cli.jail.lock import Layer, Limits

FUNCTION = "solution"
MOST_ERROR = 300
MOST_PRINTED = 4_000
KILLED = 128
OUT_OF_TIME = (KILLED + 9, KILLED + 24)  # exit codes of what the limit of processor time ends
PLAIN = (type(None), int, float, Fraction, Decimal, str, date, time_of_day, timedelta)
MOST_PARTS = 20_000
MOST_TEXT = 20_000  # characters of a text
MOST_DIGITS = 4_000  # digits of a number, before or behind its point
MOST_BITS = 13_288  # of a whole number of that many digits


@dataclass(frozen=True, slots=True)
class ProgramResult:
    """What a program came to.

    Args:
        value: None, or a plain value: a boolean, int, float, Fraction, Decimal, text, date, time,
            datetime, timedelta, or a list or dictionary of these.
        printed: the last line that it printed, when that is not blank.
        error: the last line of its traceback, or what ended it; empty when nothing did.
        seconds: of the clock, the interpreter's start included.
        peak: bytes of memory.
    """

    value: Any = None
    printed: str = ""
    error: str = ""
    seconds: float = 0.0
    peak: int = 0


def run_program(
    source: str,
    *,
    data: Sequence[Path] = (),
    limits: Limits = Limits(),
    unsafe: bool = False,
    cancel: threading.Event | None = None,
    layer: Layer | None = None,
) -> ProgramResult:
    """Run a program, then its function without arguments where it defines one.

    Args:
        source: a module, untrusted.
        data: files that it may read, as `./NAME`; their names must differ.
        unsafe: run it with the user's rights where it cannot be locked in.
        cancel: gives up.
        layer: how far it is locked in; by default as far as can be.

    Raises:
        UsageError: it cannot be locked in and `unsafe` is not set, or two files have one name.
        UnreadableFile: there is no such file.
    """
    layer = layer or lock.require(unsafe=unsafe)
    task = json.dumps({"source": source, "function": FUNCTION}).encode()
    began = time.monotonic()
    with _folder(data, layer) as (folder, files):
        try:
            ran = process.run(
                lock.command(layer, limits, serve="program", data=files, folder=folder),
                stdin=task,
                seconds=limits.clock,
                cancel=cancel,
                env=lock.ENVIRONMENT,
            )
        except OSError as error:
            return ProgramResult(error=f"Python cannot be started: {error.strerror}")
    return _result(ran, time.monotonic() - began, limits)


@contextlib.contextmanager
def _folder(data: Sequence[Path], layer: Layer) -> Iterator[tuple[str, list[Path]]]:
    """A folder that shows the files by their names, and the files themselves."""
    if missing := [path for path in data if not path.is_file()]:
        raise UnreadableFile(f"cannot read {missing[0]}: it is no file")
    names = [path.name for path in data]
    if len(set(names)) < len(names):
        raise UsageError("two data files have one name", "rename one of them")
    if not data:
        yield "", []
        return
    with tempfile.TemporaryDirectory(prefix="ttc-data-") as folder:
        files = [_readable(path.resolve(), Path(folder)) for path in data]
        if layer is not Layer.NAMESPACES:
            for name, path in zip(names, files, strict=True):
                if path.parent != Path(folder):
                    (Path(folder) / name).symlink_to(path)
        yield folder, files


def _readable(path: Path, folder: Path) -> Path:
    """The file, or a copy of it where root alone may read it: a jailed program is not root."""
    if os.name != "posix" or os.geteuid() or path.stat().st_mode & 0o004:
        return path
    folder.chmod(0o755)
    copy = folder / path.name
    shutil.copyfile(path, copy)
    copy.chmod(0o644)
    return copy


def _result(ran: process.Ran, seconds: float, limits: Limits) -> ProgramResult:
    used = _used(ran.err)
    facts: dict[str, Any] = {"seconds": seconds, "peak": int(used.get("peak", 0))}
    cpu_spent = used.get("cpu", 0) >= limits.seconds and used.get("code") in OUT_OF_TIME
    if cpu_spent or ran.stopped == process.LATE:
        error = f"TimeoutError: it was not done after {limits.seconds:g} s"
        return ProgramResult(error=error, **facts)
    if ran.stopped:
        return ProgramResult(error=ran.stopped, **facts)
    try:
        said = json.loads(ran.out)
        value, printed, error = said["value"], said["printed"], said["error"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return ProgramResult(error=_ended(ran, used), **facts)
    try:
        value, printed, error = plain_value(value), printed.strip(), error.strip()
    except (ValueError, AttributeError) as reason:
        return ProgramResult(error=f"ValueError: {reason}", **facts)
    return ProgramResult(
        None if error else value, _clean(printed, MOST_PRINTED), _clean(error, MOST_ERROR), **facts
    )


def plain_value(data: object) -> Any:
    """The value that a program returned: what came is a stranger's, and is bounded here.

    Raises ValueError: it is no plain value, or too much of one.
    """
    value = unpack(data, _no_object)
    left = [value]
    for _ in range(MOST_PARTS + 1):
        if not left:
            return value
        part = left.pop()
        if isinstance(part, dict):
            left += [*part, *part.values()]
        elif isinstance(part, list):
            left += part
        elif not isinstance(part, PLAIN):
            raise ValueError(f"a value of type {type(part).__name__} is no answer")
        elif isinstance(part, str) and len(part.encode()) > MOST_TEXT:
            raise ValueError(f"the text is longer than {MOST_TEXT:,} bytes")
        elif _long(part):
            raise ValueError(f"the number is longer than {MOST_DIGITS:,} digits")
    raise ValueError(f"the value has more than {MOST_PARTS:,} parts")


def _long(number: Any) -> bool:
    if isinstance(number, Decimal):
        digits = len(number.as_tuple().digits)
        return number.is_finite() and max(abs(number.adjusted()), digits) > MOST_DIGITS
    whole = (number.numerator, number.denominator) if isinstance(number, int | Fraction) else ()
    return any(part.bit_length() > MOST_BITS for part in whole)


def _no_object(kind: str, _: object) -> Any:
    raise Nonsense(f"no value of kind {kind}")


def _used(err: str) -> dict[str, float]:
    """What the keeper said of the process."""
    try:
        told = json.loads(err.strip().splitlines()[-1])
        return {name: float(told[name]) for name in ("code", "cpu", "peak")}
    except (ValueError, IndexError, KeyError, TypeError):
        return {}


def _ended(ran: process.Ran, used: dict[str, float]) -> str:
    """Why there is no answer at all."""
    if said := [line for line in ran.err.splitlines() if line.startswith("jail:")]:
        return _clean(said[-1], MOST_ERROR)
    code = int(used.get("code", ran.code))
    if code > KILLED:
        return f"SystemError: it was ended by signal {code - KILLED}"
    return "SystemExit: it left without an answer"


def _clean(text: str, most: int) -> str:
    """One line of text that is safe to show and to give to a model."""
    line = "".join(c if c.isprintable() else " " for c in text[: 2 * most])
    return " ".join(line.split())[:most].encode("utf-8", "replace").decode()
