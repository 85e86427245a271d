"""Evaluated prompts on disk: the longest prefix is found, and only what is whole and ours."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from ttc_cli.store.prompts import CHECK, HEAD, Prompts

STATE = np.frombuffer(os.urandom(5000), dtype=np.uint8)


def store(folder: Path, owner: str = "model", limit: int = 1 << 20) -> Prompts:
    return Prompts(folder, limit, owner)


def shared(prompts: Prompts, tokens: list[int]) -> int:
    found = prompts.find(tokens)
    return found.shared if found else 0


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    store(tmp_path).put([1, 2, 3], STATE)
    prompts = store(tmp_path)
    found = prompts.find([1, 2, 9])
    assert found is not None
    assert (found.tokens.tolist(), found.shared) == ([1, 2, 3], 2)
    assert prompts.read(found) == STATE.tobytes()
    if os.name == "posix":
        assert prompts.files.folder.stat().st_mode & 0o777 == 0o700


def test_the_longest_common_prefix_is_found(tmp_path: Path) -> None:
    prompts = store(tmp_path)
    for tokens in ([1, 2, 8], [1, 2, 3, 4, 7], [5]):
        prompts.put(tokens, STATE)
    assert [shared(prompts, t) for t in ([1, 2, 3, 4, 5], [1, 2], [1, 2, 8, 8], [5, 5], [6])] == [
        4, 2, 3, 1, 0,
    ]  # fmt: skip


def test_a_longer_prompt_takes_the_place_of_its_beginning(tmp_path: Path) -> None:
    prompts = store(tmp_path)
    prompts.put([1, 2], STATE)
    prompts.put([1, 2, 3], STATE)
    assert prompts.files.size().entries == 1
    assert shared(prompts, [1, 2, 3]) == 3


def test_other_models_and_builds_see_nothing(tmp_path: Path) -> None:
    store(tmp_path).put([1, 2, 3], STATE)
    other = store(tmp_path, "another")
    assert other.find([1, 2, 3]) is None
    other.put([1, 2, 3, 4], STATE)
    assert shared(store(tmp_path), [1, 2, 3, 4]) == 3


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    prompts = store(tmp_path, limit=12_000)
    for n in range(4):
        prompts.put([n], STATE)
        os.utime(prompts.files.path(prompts.files.entries()[0].stem), (n, n))
    assert [n for n in range(4) if shared(prompts, [n])] == [2, 3]
    prompts.put([9], np.zeros(20_000, dtype=np.uint8))  # more than all there is room for
    assert not shared(prompts, [9])


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("exploded",)


def test_what_is_not_whole_and_ours_is_a_miss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    prompts = store(tmp_path)
    prompts.put([1, 2, 3], STATE)
    (entry,) = prompts.files.entries()
    good = entry.read_bytes()
    head = list(HEAD.unpack(good[: HEAD.size]))

    def headed(**change: int) -> bytes:
        values = [*head]
        values[2], values[3] = change.get("count", head[2]), change.get("size", head[3])
        return HEAD.pack(*values) + good[HEAD.size :]

    for data in (
        b"", good[:-1], good + b"x", good[: HEAD.size], pickle.dumps(Bomb()), os.urandom(6000),
        b"x" + good[1:], good[:12] + b"x" + good[13:], headed(count=0), headed(count=2**32 - 1),
        headed(count=2), headed(size=2**63), headed(size=0),
    ):  # fmt: skip
        entry.write_bytes(data)
        assert prompts.find([1, 2, 3]) is None
    for at in (HEAD.size, HEAD.size + 12, len(good) // 2, len(good) - CHECK):
        entry.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        found = prompts.find([1, 2, 3])
        assert found is None or prompts.read(found) is None
    assert not Path("exploded").exists()
    assert prompts.files.size().entries == 0  # what fails its checksum is removed
