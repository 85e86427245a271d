"""Writing to the disk of somebody else: whole or not at all, and errors a person can act on."""

from __future__ import annotations

import contextlib
import errno
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ttc_cli.core.errors import TtcError
from ttc_cli.core.files import private_folder, replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MARGIN = 64 * 2**20  # bytes left free for everybody else


def size_text(count: int) -> str:
    """Bytes as people read them, decimal: `1.12 GB`."""
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= scale:
            return f"{count / scale:.3g} {unit}"
    return f"{count} B"


@contextlib.contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn a full, unwritable or failing disk into a `TtcError` that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise TtcError(
                f"the disk of {folder} is full",
                "free some space and run the same command again: it goes on where it stopped",
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
            raise TtcError(
                f"cannot write to {folder}: {error.strerror}",
                "set TTC_HOME to a folder you may write to",
            ) from error
        raise TtcError(f"failed in {folder}: {error}") from error


def need_space(folder: Path, count: int) -> None:
    """Raise `TtcError`, with both numbers, unless `count` bytes and a margin are free there."""
    free = shutil.disk_usage(folder).free
    if free < count + MARGIN:
        raise TtcError(
            f"{folder} needs {size_text(count + MARGIN)} free and has {size_text(free)}",
            "free some space, or set TTC_HOME to a folder on a larger disk",
        )


def read_json(path: Path) -> dict[str, Any]:
    """The object in a small JSON file; empty when there is no file.

    Raises:
        TtcError: the file is there and holds something else.
    """
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise TtcError(f"cannot read {path}: {error}", "repair or delete it") from error
    if not isinstance(value, dict):
        raise TtcError(f"{path} is not a JSON object", "repair or delete it")
    return value


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Replace a small JSON file in one step."""
    with replacing(path, private=False) as file:
        file.write((json.dumps(value, indent=1, sort_keys=True) + "\n").encode())


def update_json(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Read, change and replace a small JSON file while no other process of ours does."""
    from filelock import FileLock  # only writers pay for it

    with disk_errors(path.parent):
        private_folder(path.parent)
        with FileLock(path.with_name(f".{path.name}.lock")):
            value = read_json(path)
            change(value)
            write_json(path, value)


def folder_bytes(folder: Path) -> int:
    """Bytes on disk under `folder`, while other programs write there."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # renamed or removed meanwhile
            stat = path.stat()
            # blocks, since a file may be laid out at full length before it is filled
            total += min(stat.st_blocks * 512, stat.st_size)
    return total
