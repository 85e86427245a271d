"""Bytes from anywhere as UTF-8: gzip is unpacked, and a byte order mark tells the encoding."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

# the longer marks first: UTF-32's little-endian one begins with UTF-16's
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GZIP = b"\x1f\x8b"
_PIECE = 1 << 20
"""Bytes unpacked at once, however small they were packed."""


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
