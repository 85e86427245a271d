"""Where results go: stdout, a file, a pipe that may close; and how errors are told."""

from __future__ import annotations

import atexit
import contextlib
import errno
import io
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TextIO

from ttc_cli.cli.process import BEGAN, INTERRUPTED, TERMINATED, clearing
from ttc_cli.core.errors import TtcError, UnreadableFile, UsageError
from ttc_cli.core.files import replacing

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
ELSEWHERE = "choose another place with -o"


def check_place(path: Path, hint: str = ELSEWHERE) -> None:
    """Refuse a file that `write_file` could not write; `hint` says what to do."""
    if path.is_dir():
        why = "it is a directory"
    elif not path.parent.is_dir():
        why = f"there is no directory {path.parent}"
    elif not os.access(path if path.exists() else path.parent, os.W_OK):
        why = "permission denied"
    else:
        return
    raise UnreadableFile(f"cannot write {path}: {why}", hint)


def write_file(path: Path, lines: Iterable[str], hint: str = ELSEWHERE) -> None:
    """Write a file whole or not at all; the lines have their ends. `hint` is as above."""
    try:
        if path.exists() and not path.is_file():  # a device or a pipe takes what it gets
            path.write_text("".join(lines), encoding="utf-8")
            return
        with replacing(path, private=False) as file:
            file.writelines(line.encode() for line in lines)
    except OSError as error:
        why = f"cannot write {path}: {error.strerror}"
        raise UnreadableFile(why, hint) from error


def print_json(value: Any) -> None:
    """One JSON value on stdout."""
    from ttc_cli.views.text import to_json

    sys.stdout.write(to_json(value, indent=2, out=sys.stdout) + "\n")
    sys.stdout.flush()


def print_table(columns: Mapping[str, int], rows: Sequence[Sequence[str]]) -> None:
    """Rows on stdout: under headings on a terminal, as `views.text.table` has it, else by tabs."""
    from ttc_cli.views.text import plain, table

    lines = ["\t".join(row) for row in rows]
    if sys.stdout.isatty():
        wide = os.get_terminal_size(sys.stdout.fileno()).columns or 80
        lines = table(columns, [list(map(plain, row)) for row in rows], wide)
    sys.stdout.writelines(f"{line}\n" for line in lines)


def confirm_deletion(what: str, yes: bool) -> None:
    """Ask a person before something is deleted, unless that was said; who says no ends the command.

    Raises:
        UsageError: there is nobody to ask.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"this would delete {what}", "add --yes")
    from typer import Exit, confirm

    if not confirm(f"Delete {what}?", err=True):
        sys.stderr.write("nothing was deleted\n")
        raise Exit(0)


def report(error: TtcError, *, as_json: bool, as_events: bool = False) -> None:
    """An error: one line on stderr, and as JSON on stdout when that was asked for."""
    from ttc_cli.views.text import one_line, to_json  # a server's or a file's words may be in it

    message, hint = one_line(str(error.message)), one_line(error.hint)
    with contextlib.suppress(OSError):
        sys.stderr.write(clearing())
        sys.stderr.write(f"ttc: {message}{'; ' + hint if hint else ''}\n")
        sys.stderr.flush()
    if as_json or as_events:
        body: dict[str, Any] = {"code": error.exit_code, "message": message, "hint": hint}
        body = {"error": body}
        if as_events:
            seconds = round(time.monotonic() - BEGAN, 3)
            body = {"type": "error", "t": seconds, "branch": None, **body}
        with contextlib.suppress(OSError):
            sys.stdout.write(to_json(body, out=sys.stdout) + "\n")
            sys.stdout.flush()


def open_streams() -> None:
    """Give a process that was started with closed standard streams something in their place.

    Else the next file to be opened takes the number of one, and is written to by whoever means
    the stream. What reads stdin finds it empty, stderr is lost, and to write an answer to a
    closed stdout is an error, as it is with other programs.
    """
    for number, name, flags in ((0, "stdin", os.O_RDONLY), (1, "stdout", os.O_RDONLY),
                                (2, "stderr", os.O_WRONLY)):  # fmt: skip
        if getattr(sys, name) is None:
            handle = os.open(os.devnull, flags)
            if handle != number:
                os.dup2(handle, number)
                os.close(handle)
            mode = "w" if number else "r"
            setattr(sys, name, open(number, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        # A terminal without UTF-8 gets what it can show; a character must not end the run.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.isatty():
        from ttc_cli.views.text import Terminal

        encoding = sys.stdout.encoding
        sys.stdout = Terminal(sys.stdout.detach(), encoding, "replace", line_buffering=True)


def full(error: OSError) -> TtcError:
    """The error for output that no disk has room for."""
    return TtcError(
        f"{error.strerror}: the output cannot be written", "make room, or write elsewhere"
    )


def silence(stream: TextIO) -> None:
    """Write nothing more to a broken stream, not even at the interpreter's exit."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def leave(code: int) -> NoReturn:
    """End the process; what is still buffered is written, or given up for good."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError) as error:
            silence(stream)
            if isinstance(error, OSError) and error.errno in FULL and not code:
                report(full(error), as_json=False)
            code = code or int(not isinstance(error, BrokenPipeError))
    if code not in (INTERRUPTED, TERMINATED):  # then a thread may be loading a model
        atexit._run_exitfuncs()
    os._exit(code)  # to take every module apart would be a third of a short command's time
