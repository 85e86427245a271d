"""Files that are written whole or not at all, and bytes from anywhere as UTF-8.

What is gzip is unpacked, and a byte order mark tells the encoding.
"""

from __future__ import annotations

import codecs
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO


def private_folder(path: Path) -> None:
    """Make a folder and those above it that are missing, for their owner only.

    Raises OSError: it cannot be made.
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

    Raises OSError: it cannot be written; nothing is left behind.
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

    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with replacing(path) as file:
            file.write(json.dumps(value).encode())
        return True
    return False


# the longer marks first: UTF-32's little-endian one begins with UTF-16's
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GZIP = b"\x1f\x8b"
_PIECE = 1 << 20  # bytes unpacked at once, however small they were packed


def encoding_of(head: bytes) -> str:
    """The encoding that a byte order mark names; UTF-8 without one."""
    return next((name for mark, name in _MARKS if head.startswith(mark)), "utf-8")


def as_utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Chunks of a file as chunks of UTF-8 without a byte order mark; UTF-8 itself is not checked.

    Raises:
        UnicodeDecodeError: it is not the text that its mark says.
        ValueError: it breaks off, or is broken, as gzip.
    """
    head, chunks = _begun(chunks)
    if head.startswith(_GZIP):
        head, chunks = _begun(_unpacked(chain([head], chunks)))
    encoding = encoding_of(head)
    if encoding == "utf-8":
        yield from chain([head], chunks)
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    for chunk in chain([head], chunks):
        yield decoder.decode(chunk).encode("utf-8")
    yield decoder.decode(b"", final=True).encode("utf-8")


def _begun(chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """(the first four bytes or more, the rest)."""
    rest, head = iter(chunks), b""
    while len(head) < 4 and (chunk := next(rest, None)) is not None:
        head += chunk
    return head, rest


def _unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    member = zlib.decompressobj(wbits=31)
    for chunk in chunks:
        while chunk:
            try:
                yield member.decompress(chunk, _PIECE)
            except zlib.error as error:
                raise ValueError(f"it is broken gzip: {error}") from None
            chunk = member.unconsumed_tail or member.unused_data
            if member.eof and chunk:
                member = zlib.decompressobj(wbits=31)
    if not member.eof:
        raise ValueError("it is gzip that breaks off")
