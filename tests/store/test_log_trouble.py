"""The run log when processes die or crowd, the file is another's or damaged, the disk refuses."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from logged import record, sql

from ttc_cli.core.events import Done
from ttc_cli.store.log import Entry, Log, LogUnusable
from ttc_cli.store.recorder import Recorder


def test_a_killed_process_leaves_a_lost_run(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path\n"
        "from ttc_cli.store.log import Entry, Log\n"
        "log = Log(Path(sys.argv[1])); log.begin(Entry('ttc-k', 'killed'), os.getpid())\n"
        "print('up', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        with Log(tmp_path) as log:
            assert log.get("k").standing == "running"
        process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        process.wait()
    with Log(tmp_path) as log:
        run = log.get("k")
        assert (run.state, run.standing, run.fate) == ("running", "lost", "gone")
        assert record(tmp_path, Entry("ttc-n", "next")) == []
        sql(tmp_path, "UPDATE runs SET boot = 'another', pid = ?", os.getpid())
        assert log.get("k").fate == "rebooted"


def _write_many(folder: Path, number: int, problems: Any) -> None:
    for i in range(10):
        for line in record(folder, Entry(f"ttc-{number:02}-{i}", "?", (("d", str(i)),))):
            problems.put(line)


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    problems = context.Queue()
    writers = [
        context.Process(target=_write_many, args=(tmp_path / "new", n, problems)) for n in range(6)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert problems.empty()
    with Log(tmp_path / "new") as log:
        runs = log.runs()
        assert len(runs) == 60
        assert {run.state for run in runs} == {"done"}
        assert sql(tmp_path / "new", "SELECT count(*) FROM texts") == 10
        assert sql(tmp_path / "new", "PRAGMA integrity_check") == "ok"


def test_a_locked_log_costs_one_line(tmp_path: Path) -> None:
    with Log(tmp_path, timeout=0.05) as log:
        with sqlite3.connect(tmp_path / "runs.db") as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(LogUnusable, match="locked"):
                log.begin(Entry("ttc-x", "?"), 1)
        other.close()
        log.begin(Entry("ttc-x", "?"), 1)


@pytest.mark.parametrize("packed", [b"no packed events", zlib.compress(b'{"t": 0, "type')])
def test_a_damaged_run_in_a_good_log_is_one_line(tmp_path: Path, packed: bytes) -> None:
    record(tmp_path, Entry("ttc-1", "?", (("a.txt", "text"),)))
    sql(tmp_path, "UPDATE events SET packed = ?", packed)
    sql(tmp_path, "UPDATE texts SET packed = 'x'")
    with Log(tmp_path) as log:
        run = log.get("ttc-1")
        for read in (lambda: list(log.events(run)), lambda: log.texts(run)):
            with pytest.raises(LogUnusable, match="holds of ttc-1 is damaged"):
                read()


def test_a_full_disk_costs_one_line(tmp_path: Path) -> None:
    said: list[str] = []
    with Recorder(tmp_path, Entry("ttc-1", "?"), 0.0, said.append) as recorder:
        assert recorder._log is not None
        pages = recorder._log._rows("PRAGMA page_count")[0][0]
        recorder._log._rows(f"PRAGMA max_page_count = {pages}")
        recorder(Done({"choices": [{"message": {"content": os.urandom(50_000).hex()}}]}))
    (line,) = said
    assert "full" in line
    with Log(tmp_path) as log:
        assert log.get().state == "running"
