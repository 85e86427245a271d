"""The sample pool: what goes in comes out, and nothing that is not ours does."""

from __future__ import annotations

import os
import pickle
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from ttc_cli.core.branch import Branch, Prompt, Step
from ttc_cli.core.sampling import Stop
from ttc_cli.store.pool import SamplePool

KEY = "a" * 64
BRANCH = Branch((3,), Prompt(()), (Step("seven ½", (1, 2), (-0.5,), (3.25,)),), Stop.END, 2, 0.5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "samples"


def test_round_trip_over_processes(folder: Path) -> None:
    pool = SamplePool(folder)
    assert pool.get(KEY) is None
    pool.put(KEY, BRANCH)
    pool.close()
    again = SamplePool(folder).get(KEY)
    assert again is not None
    assert (again.steps, again.stop, again.tokens_sampled) == (BRANCH.steps, Stop.END, 2)
    if os.name == "posix":
        assert folder.stat().st_mode & 0o777 == 0o700


def test_the_state_at_the_end_is_kept_and_many_states_are_not(folder: Path) -> None:
    step = replace(BRANCH.steps[0], hidden=((0.5, -2.0),), marks=(2,))
    pool = SamplePool(folder)
    pool.put(KEY, replace(BRANCH, steps=(step,)))
    found = pool.get(KEY)
    assert found is not None
    assert (list(found.steps[0].hidden[0]), found.steps[0].marks) == ([0.5, -2.0], (2,))
    pool.put("b" * 64, replace(BRANCH, steps=(replace(step, hidden=((0.5,), (1.0,))),)))
    assert pool.get("b" * 64) is None


def test_refresh_finds_nothing_but_keeps(folder: Path) -> None:
    SamplePool(folder).put(KEY, BRANCH)
    assert SamplePool(folder, refresh=True).get(KEY) is None


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("exploded",)


def test_pickles_in_every_column_are_misses(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    SamplePool(folder).put(KEY, BRANCH)
    bomb = pickle.dumps(Bomb())
    database = sqlite3.connect(folder / "cache.db")
    for mode in (1, 2, 3, 4, 5):
        database.execute("UPDATE Cache SET mode = ?, value = ?, filename = NULL", (mode, bomb))
        database.commit()
        assert SamplePool(folder).get(KEY) is None
    database.execute("UPDATE Cache SET mode = 2, value = NULL, filename = '../../etc/passwd'")
    database.commit()
    assert SamplePool(folder).get(KEY) is None
    database.execute("UPDATE Cache SET key = ?, value = ?", (bomb, bomb))
    database.commit()
    database.close()
    assert SamplePool(folder).get(KEY) is None
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    "content", [b"", b"not a database" * 100, b"SQLite format 3\0" + b"x" * 99]
)
def test_a_broken_database_is_done_without(folder: Path, content: bytes) -> None:
    folder.mkdir()
    (folder / "cache.db").write_bytes(content)
    pool = SamplePool(folder)
    pool.put(KEY, BRANCH)
    found = pool.get(KEY)
    assert found is None or found.steps == BRANCH.steps


def test_the_least_recently_used_go_first(folder: Path) -> None:
    pool = SamplePool(folder, limit=200_000)
    text = "".join(chr(32 + (i * i) % 9000) for i in range(4000))
    branch = replace(BRANCH, steps=(Step(text),))
    for i in range(60):
        pool.put(f"{i:064}", branch)
        assert pool.get(f"{0:064}") is not None
    assert pool.size().bytes <= 200_000
    assert 1 < pool.size().entries < 60
    assert pool.get(f"{1:064}") is None
    assert pool.get(f"{59:064}") is not None


def test_a_folder_that_cannot_be_made_is_done_without(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    pool = SamplePool(blocked / "samples")
    pool.put(KEY, BRANCH)
    assert pool.get(KEY) is None
