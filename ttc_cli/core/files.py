"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO


def private_folder(path: Path) -> None:
    """Make a folder and those above it that are missing, for their owner only.

    Raises:
        OSError: it cannot be made.
    """
    for folder in reversed((path, *path.parents)):
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def replacing(path: Path, *, private: bool = True, sync: bool = False) -> Iterator[BinaryIO]:
    """Open a file that takes the place of `path` when the block ends well, and else vanishes.

    Args:
        path: in a folder that exists. A file that is there hands on its mode.
        private: only its owner may read a new file; else the umask decides.
        sync: wait until the bytes are on the disk.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    temporary = path.with_name(f".ttc-{os.urandom(6).hex()}.tmp")

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags, 0o600 if private else 0o666)

    try:
        with open(temporary, "xb", opener=opener) as file:
            yield file
            if sync:
                file.flush()
                os.fsync(file.fileno())
        if path.is_file() and not path.is_symlink():
            temporary.chmod(path.stat().st_mode & 0o7777)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def keep_json(path: Path, value: dict[str, Any]) -> bool:
    """Replace a JSON file that only its owner may read; False when the disk refuses."""
    import json  # most commands keep nothing

    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with replacing(path) as file:
            file.write(json.dumps(value).encode())
    except OSError:
        return False
    return True
