"""Evaluated prompts on disk: the longest one that starts like a new prompt spares its prefill.

An entry holds the tokens, llama.cpp's bytes for their cells and a checksum over everything. The
bytes are memory of the process that wrote them and carry no identity, so the digest of what they
belong to (model, build, layout) stands in front, and nothing is handed on that does not fit.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from ttc_cli.store.file_cache import FileCache

FOLDER = "prompts"
MAGIC = b"ttc-kv01"
HEAD = struct.Struct("<8s32sIQ")  # magic, digest of the owner, number of tokens, bytes of the state
CHECK = 32
MOST_TOKENS = 1 << 24
_CHUNK = 4 << 20  # bytes between two chances for Ctrl-C
_TOKEN = np.dtype("<i4")

Tokens = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Found:
    """An entry: its key, its tokens, and how many of them a prompt starts with."""

    key: str
    tokens: Tokens
    shared: int


class Prompts:
    """States of prompts in a folder. What cannot be read counts as absent.

    Args:
        cache: the cache folder. limit: bytes of all states together.
        owner: what the states belong to (see `States.key`).
    """

    def __init__(self, cache: Path, limit: int, owner: str = "") -> None:
        self.files = FileCache(cache / FOLDER, limit)
        self._owner = hashlib.blake2b(owner.encode(), digest_size=32).digest()

    def find(self, tokens: Sequence[int]) -> Found | None:
        """Find the entry that shares the longest prefix with `tokens`, the shortest of such."""
        wanted = np.asarray(tokens, dtype=_TOKEN)
        found = [
            Found(path.stem, kept, _shared(kept, wanted))
            for path in self.files.entries()
            if (kept := self._tokens(path.stem)) is not None
        ]
        best = max(found, key=lambda f: (f.shared, -len(f.tokens)), default=None)
        return best if best is not None and best.shared else None

    def read(self, found: Found) -> bytes | None:
        """Read the state of an entry; one that fails its checksum is removed."""
        try:
            with self.files.open(found.key) as file:
                data = file.read()
        except (OSError, MemoryError):
            return None
        body = memoryview(data)[:-CHECK]
        if hashlib.blake2b(body, digest_size=CHECK).digest() != data[-CHECK:]:
            self.files.drop(self.files.path(found.key))
            return None
        return bytes(body[HEAD.size + found.tokens.nbytes :])

    def put(self, tokens: Sequence[int], state: memoryview) -> None:
        """Keep a state; entries that it makes superfluous go. OSError from a disk that refuses."""
        kept = np.asarray(tokens, dtype=_TOKEN)
        head = HEAD.pack(MAGIC, self._owner, len(kept), len(state))
        if HEAD.size + kept.nbytes + len(state) + CHECK > self.files.limit:
            return

        def write(file: BinaryIO) -> None:
            digest = hashlib.blake2b(digest_size=CHECK)
            chunks = (bytes(state[at : at + _CHUNK]) for at in range(0, len(state), _CHUNK))
            for part in (head, kept.tobytes(), *chunks):
                digest.update(part)
                file.write(part)
            file.write(digest.digest())

        before = [(path, self._tokens(path.stem)) for path in self.files.entries()]
        older = [path for path, had in before  # shorter beginnings of these
                 if had is not None and _shared(had, kept) == len(had) < len(kept)]  # fmt: skip
        self.files.put(hashlib.sha256(self._owner + kept.tobytes()).hexdigest(), write)
        for path in older:
            self.files.drop(path)

    def _tokens(self, key: str) -> Tokens | None:
        """The tokens of an entry of our owner whose size is what its head says."""
        try:
            with self.files.open(key) as file:
                magic, owner, count, size = HEAD.unpack(file.read(HEAD.size))
                if (magic, owner) != (MAGIC, self._owner) or not 0 < count < MOST_TOKENS:
                    return None
                tokens = np.frombuffer(file.read(count * _TOKEN.itemsize), dtype=_TOKEN)
                whole = HEAD.size + count * _TOKEN.itemsize + size + CHECK
                return tokens if file.seek(0, 2) == whole and len(tokens) == count else None
        except (OSError, struct.error, ValueError):
            return None


def _shared(a: Tokens, b: Tokens) -> int:
    """How many leading tokens two prompts share."""
    n = min(len(a), len(b))
    differ = np.flatnonzero(a[:n] != b[:n])
    return int(differ[0]) if len(differ) else n
