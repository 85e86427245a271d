"""Whatever lies in the place of a kept result, the question is answered."""

from __future__ import annotations

import json
import os
import pickle
import zlib
from pathlib import Path
from typing import Any

import pytest
from harness import SUM, Ttc, entries, ours


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("exploded",)


def hostile(entry: bytes) -> dict[str, bytes]:
    """Entries that are not ours, by what is wrong with them."""
    value = json.loads(zlib.decompress(entry))

    def packed(change: dict[str, Any]) -> bytes:
        return zlib.compress(json.dumps({**value, **change}).encode())

    def result(change: dict[str, Any]) -> bytes:
        done = {**value["events"][-1]}
        done["result"] = {**done["result"], **change}
        return packed({"events": [*value["events"][:-1], done]})

    talk = {"event": "Text", "branch": [0], "text": 7}
    return {
        "empty": b"",
        "pickle": pickle.dumps(Bomb()),
        "packed pickle": zlib.compress(pickle.dumps(Bomb())),
        "truncated": entry[: len(entry) // 2],
        "garbage": os.urandom(4000),
        "a bomb of zeros": zlib.compress(bytes(40 << 20)),
        "deep": zlib.compress(b"[" * 100_000),
        "no object": zlib.compress(b"[1, 2]"),
        "another's key": packed({"key": "0" * 64}),
        "no events": packed({"events": []}),
        "events of another kind": packed({"events": [{"event": "Exec", "code": "1"}]}),
        "no text": packed({"events": [value["events"][0], talk, *value["events"][1:]]}),
        "no result": packed({"events": value["events"][:-1]}),
        "no choices": result({"choices": []}),
        "no message": result({"choices": [{"message": {"content": 12}}]}),
        "no numbers": result({"ttc": {}}),
        "another day": packed({"day": 12}),
    }


def test_entries_that_are_not_ours_are_misses(ask: Ttc, machine: Path) -> None:
    first = ask("-n", "5", SUM)
    (entry,) = entries(machine)
    for what, data in hostile(entry.read_bytes()).items():
        entry.write_bytes(data)
        ran = ask("-n", "5", SUM)
        assert (ran.out, ran.code) == (first.out, 0), what
        assert ask("-n", "5", SUM, model=False).out == first.out  # and it was overwritten
    assert not Path("exploded").exists()


@pytest.mark.skipif(os.name == "nt", reason="needs pipes with a name")
def test_a_pipe_or_a_folder_in_the_place_of_an_entry(ask: Ttc, machine: Path) -> None:
    ask(SUM)
    (entry,) = entries(machine)
    entry.unlink()
    os.mkfifo(entry)
    assert ours(ask("--json", SUM))["cache"] == "partial"
    assert ours(ask("--json", SUM, model=False))["cache"] == "hit"
    entry.unlink()
    entry.mkdir()
    assert ask(SUM).code == 0


@pytest.mark.skipif(os.name == "nt", reason="needs rights of Unix")
def test_the_folder_is_for_its_owner_only(ask: Ttc, machine: Path) -> None:
    ask(SUM)
    (entry,) = entries(machine)
    assert entry.parent.stat().st_mode & 0o777 == 0o700
    assert entry.stat().st_mode & 0o777 == 0o600
