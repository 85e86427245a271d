"""Where results go: stdout, a file, a pipe that may close; and how errors are told."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from ttc_cli.core.errors import TtcError, UnreadableFile


def write_file(path: Path, text: str) -> None:
    """Write a file whole or not at all.

    Raises:
        UnreadableFile: it cannot be written; nothing is left behind.
    """
    temporary = None
    try:
        if path.exists() and not path.is_file():  # a device or a pipe takes what it gets
            path.write_text(text, encoding="utf-8")
            return
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        raise UnreadableFile(
            f"cannot write {path}: {error.strerror}", "choose another place with -o"
        ) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def print_json(value: Any) -> None:
    """One JSON value on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
    sys.stdout.flush()


def report(error: TtcError, *, as_json: bool) -> None:
    """An error: one line on stderr, and as JSON on stdout when that was asked for."""
    message = " ".join(str(error.message).split())
    hint = " ".join(error.hint.split())
    with contextlib.suppress(OSError):
        sys.stderr.write(f"ttc: {message}{'; ' + hint if hint else ''}\n")
        sys.stderr.flush()
    if as_json:
        with contextlib.suppress(OSError):
            body = {"code": error.exit_code, "message": message, "hint": hint}
            sys.stdout.write(json.dumps({"error": body}, ensure_ascii=False) + "\n")
            sys.stdout.flush()


def silence_stdout() -> None:
    """After a broken pipe: nothing more is written, not even by the interpreter's exit."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
