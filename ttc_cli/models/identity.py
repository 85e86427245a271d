"""Which bytes a model is, without hashing gigabytes at every start.

A full sha256 is remembered with the file's size, modification time and inode; any of them
different, and it counts as unknown. Files nobody hashed get a quick fingerprint instead.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from ttc_cli.core.errors import TtcError
from ttc_cli.models.disk import read_json, update_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

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
    row = [*_stamp(path), sha256]

    def change(rows: dict[str, Any]) -> None:
        rows[str(path.resolve())] = row

    update_json(models / "hashes.json", change)


def hash_file(path: Path, progress: Callable[[int], None] = lambda _: None) -> str:
    """Sha256 of a whole file, hex; about a second a gigabyte. `progress` gets the bytes done."""
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            done += len(chunk)
            progress(done)
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
