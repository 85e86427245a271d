"""Bytes as UTF-8, in whatever pieces they come."""

from __future__ import annotations

import gzip
import random

import pytest

from ttc_cli.core.files import as_utf8

TEXT = "Žluťoučký kůň\u2028日本 🙂\n" * 50


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("packed", [False, True])
def test_any_pieces_give_the_same_text(encoding: str, packed: bool) -> None:
    data = TEXT.encode(encoding)
    data = gzip.compress(data[:100]) + gzip.compress(data[100:]) if packed else data
    rng = random.Random(encoding)
    for _ in range(20):
        cuts = sorted(rng.choices(range(len(data)), k=rng.randint(0, 30)))
        pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True) if a < b]
        assert b"".join(as_utf8(pieces)).decode("utf-8-sig") == TEXT


def test_a_bomb_is_unpacked_in_small_pieces() -> None:
    bomb = gzip.compress(bytes(100_000_000))
    assert max(map(len, as_utf8([bomb]))) <= 1 << 20


@pytest.mark.parametrize(
    "data", [gzip.compress(b"x" * 99, mtime=0)[:-9], b"\x1f\x8bnot gzip at all"]
)
def test_broken_gzip_says_so(data: bytes) -> None:
    with pytest.raises(ValueError, match="gzip"):
        list(as_utf8([data]))


def test_half_a_character_says_so() -> None:
    with pytest.raises(UnicodeDecodeError):
        list(as_utf8(["a".encode("utf-16") + b"\x00"]))
