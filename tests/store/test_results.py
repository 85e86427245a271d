"""The files under the result cache: whole or not at all, capped, and safe between processes."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ttc_cli.store import file_cache
from ttc_cli.store.file_cache import FileCache, Results


def key(n: int) -> str:
    return f"{n:064x}"


def noise(size: int) -> str:
    return os.urandom(size // 2).hex()


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    results = Results(tmp_path, 1 << 20)
    assert results.get(key(1)) is None
    results.put(key(1), {"text": "½ \\ud800"})
    assert Results(tmp_path, 1 << 20).get(key(1)) == {"text": "½ \\ud800", "key": key(1)}
    results.files.used(key(1))
    assert file_cache.hits(tmp_path / "results") == 1


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    results = Results(tmp_path, 40_000)
    for n in range(4):
        results.put(key(n), {"text": noise(20_000)})
        os.utime(results.files.path(key(n)), (n, n))
    results.files.used(key(1))  # the oldest but for this
    results.put(key(9), {"text": noise(20_000)})
    left = [n for n in (0, 1, 2, 3, 9) if results.get(key(n))]
    assert left == [1, 3, 9]
    assert results.files.size().bytes <= 40_000


def test_an_entry_larger_than_all_room_is_not_kept(tmp_path: Path) -> None:
    results = Results(tmp_path, 1000)
    results.put(key(1), {"text": noise(20_000)})
    assert results.get(key(1)) is None
    assert results.files.size() == (0, 0)


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    files = FileCache(tmp_path, 1 << 20)

    def fail(_: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="space"):
        files.put(key(1), fail)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    old, new = tmp_path / "tmpold", tmp_path / "tmpnew"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 2 * file_cache.STALE,) * 2)
    FileCache(tmp_path, 1000).prune()
    assert list(tmp_path.iterdir()) == [new]  # somebody may still be writing it


CHILD = """
import sys
from pathlib import Path
from ttc_cli.store.file_cache import Results
results = Results(Path(sys.argv[1]), 30_000)
for n in range(150):
    key = f"{(n * 7) % 10:064x}"
    value = results.get(key)
    assert value is None or value["text"] == key * 90, "half an entry"
    results.put(key, {"text": key * 90})
    results.files.used(key)
"""


def test_processes_share_a_cache(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CHILD, os.fspath(tmp_path)]
    children = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
    assert [(c.communicate()[1], c.returncode) for c in children] == [(b"", 0)] * 4
    assert file_cache.hits(tmp_path / "results") == 600
    assert all(path.suffix == ".entry" or path.name == "hits"
               for path in (tmp_path / "results").iterdir())  # fmt: skip


WRITER = """
import sys
from pathlib import Path
from ttc_cli.store.file_cache import Results
results = Results(Path(sys.argv[1]), 1 << 30)
while True:
    for n in range(20):
        results.put(f"{n:064x}", {"text": f"{n:064x}" * 20_000})
        print("ready", flush=True)
"""


def test_a_process_that_is_killed_leaves_nothing_half_written(tmp_path: Path) -> None:
    rng = random.Random(5)
    for _ in range(5):
        command = [sys.executable, "-c", WRITER, os.fspath(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            time.sleep(rng.uniform(0.01, 0.15))
            child.kill()
        results = Results(tmp_path, 1 << 30)
        found = results.files.entries()
        assert found
        for path in found:
            value = results.get(path.stem)
            assert value is not None
            assert value["text"] == path.stem * 20_000
        results.put(key(99), {"text": "and it can be written"})
        assert results.get(key(99)) is not None
        results.files.drop(results.files.path(key(99)))
