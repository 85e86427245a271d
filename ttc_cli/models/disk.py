"""The disk of somebody else: written whole or not at all, with errors a person can act on.

Which bytes a model is, is known without hashing gigabytes at every start: a full sha256 is
remembered with the file's size, modification time and inode; any of them different, and it counts
as unknown. Files nobody hashed get a quick fingerprint instead.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from ttc_cli.core.errors import TtcError
from ttc_cli.core.files import private_folder, replacing

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
        said, hint = f"failed in {folder}: {error}", ""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            said = f"the disk of {folder} is full"
            hint = "free some space and run the same command again: it goes on where it stopped"
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
            said = f"cannot write to {folder}: {error.strerror}"
            hint = "set TTC_HOME to a folder you may write to"
        raise TtcError(said, hint) from error


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

    Raises TtcError: the file is there and holds something else.
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


_CHUNK = 2**20
_BLOCK = 2**16
_SAMPLES = 16


def _stamp(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ino]


def known_sha256(path: Path, models: Path) -> str | None:
    """The remembered sha256 of a file that has not changed since; None when not known.

    Args:
        path: the file.
        models: the folder of models, where hashes are remembered.
    """
    try:
        row = read_json(models / "hashes.json").get(str(path.resolve()))
        if isinstance(row, list) and row[:3] == _stamp(path):
            return str(row[3])
    except (TtcError, OSError, IndexError):
        pass  # a cache: what cannot be read is not known
    return None


def remember_sha256(path: Path, sha256: str, models: Path) -> None:
    """Keep the sha256 of a file as it is now."""
    row = {str(path.resolve()): [*_stamp(path), sha256]}
    update_json(models / "hashes.json", lambda rows: rows.update(row))


def hash_file(path: Path, progress: Callable[[int], None] = lambda _: None) -> str:
    """Sha256 of a whole file, hex; about a second a gigabyte. `progress` gets the bytes done."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            progress(file.tell())
    return digest.hexdigest()


def quick_fingerprint(paths: Iterable[Path]) -> str:
    """`quick:` and a sha256 over sizes, heads, tails and evenly spread blocks of the files.

    It tells models apart, in milliseconds; it is no proof against somebody who forges one.
    """
    digest = hashlib.sha256()
    for path in paths:
        size = path.stat().st_size
        digest.update(size.to_bytes(8, "little"))
        spread = [size * index // _SAMPLES for index in range(_SAMPLES)]
        with path.open("rb") as file:
            digest.update(file.read(_CHUNK))
            for start in [*spread, max(0, size - _BLOCK)]:
                file.seek(start)
                digest.update(file.read(_BLOCK))
    return f"quick:{digest.hexdigest()}"
