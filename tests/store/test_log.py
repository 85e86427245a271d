"""The run log: what goes in comes out, whoever else writes and whatever is in the way."""

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

from ttc_cli.core.errors import TtcError, UsageError
from ttc_cli.core.events import (
    Close,
    Done,
    Event,
    Failed,
    Note,
    Open,
    Score,
    Spent,
    Start,
    StepDone,
    Text,
    Vote,
    decode,
    encode,
)
from ttc_cli.store import log_schema
from ttc_cli.store.log import Entry, Log, LogUnusable
from ttc_cli.store.recorder import Recorder

EVENTS: list[Event] = [
    Start({"prompt": "é\n"}, {"strategy": "direct"}, {"tokens": 3}),
    Open((0, 2)),
    Text((0, 2), "a\x1b \u2028 b", 2, 0.25),
    StepDone((0, 2), 1),
    Score((0, 2), "judge", 0.5, "fine"),
    Vote((("4", 2, 2.0), ("5", 1, 1.0)), 0.75),
    Close((0, 2), "end", 2, "4", None, 0.125),
    Spent({"sampled": 2}, 1.5),
    Note("a line"),
    Done({"choices": [{"message": {"content": "Four"}}], "ttc": {"answer": "4"}}),
]


def record(folder: Path, entry: Entry, events: list[Event] = EVENTS, code: int = 0) -> list[str]:
    said: list[str] = []
    with Recorder(folder, entry, 0.0, said.append) as recorder:
        for event in events:
            recorder(event)
        recorder.code = code
    return said


def test_every_event_survives() -> None:
    for event in [*EVENTS, Failed(3, "no", "hint")]:
        assert decode(encode(event)) == event
    with pytest.raises(ValueError, match="no event"):
        decode({"event": "Party"})


def test_a_run_comes_back_as_it_was(tmp_path: Path) -> None:
    entry = Entry("ttc-a1", "What?", (("notes", "text \ud800"), ("b", "")), {"settings": {"n": 1}})
    assert record(tmp_path, entry) == []
    with Log(tmp_path) as log:
        run = log.get("a1")
        assert (run.state, run.standing, run.exit, run.prompt) == ("done", "done", 0, "What?")
        assert run.request == {"settings": {"n": 1}}
        assert run.plan["strategy"] == "direct"
        assert run.ours == {"answer": "4"}
        assert run.scores == {"0.2": {"judge": 0.5}}
        assert log.texts(run) == entry.documents
        assert [event for _, event in log.events(run)] == EVENTS
        seconds = [t for t, _ in log.events(run)]
        assert seconds == sorted(seconds)


def test_ids_may_be_cut_short(tmp_path: Path) -> None:
    for name in ("ttc-a1", "ttc-a2", "ttc-b_"):
        record(tmp_path, Entry(name, name))
    with Log(tmp_path) as log:
        assert log.get().id == "ttc-b_"
        assert log.get("ttc-a2").id == log.get("a2").id == "ttc-a2"
        for wrong in ("a", "%", "", "ttc-z"):
            with pytest.raises(UsageError):
                log.get(wrong)


def test_search_looks_at_prompt_and_reply(tmp_path: Path) -> None:
    record(tmp_path, Entry("ttc-1", "A question about 100% of it"))
    record(tmp_path, Entry("ttc-2", "another"), EVENTS[:3], code=1)
    with Log(tmp_path) as log:
        assert [run.id for run in log.runs()] == ["ttc-2", "ttc-1"]
        assert [run.id for run in log.runs(search="QUESTION about 100%")] == ["ttc-1"]
        assert [run.id for run in log.runs(search="four")] == ["ttc-1"]
        assert [run.id for run in log.runs(search="100_")] == []
        assert len(log.runs(limit=1)) == 1


def test_states_and_errors(tmp_path: Path) -> None:
    record(tmp_path, Entry("ttc-cut", "?"), code=130)
    record(tmp_path, Entry("ttc-left", "?"), EVENTS[:3])
    with pytest.raises(TtcError), Recorder(tmp_path, Entry("ttc-bad", "?"), 0.0, print):
        raise TtcError("no such thing", "try another")
    with Log(tmp_path) as log:
        assert [log.get(i).state for i in ("cut", "left", "bad")] == [
            "interrupted", "interrupted", "failed",
        ]  # fmt: skip
        bad = log.get("bad")
        assert (bad.exit, bad.error, bad.hint) == (1, "no such thing", "try another")


def test_a_slip_is_no_run_unless_somebody_waits_for_it(tmp_path: Path) -> None:
    entry = Entry("ttc-slip", "?", (("d", "doc"),))
    with pytest.raises(UsageError), Recorder(tmp_path, entry, 0.0, print):
        raise UsageError("no such thing", "try another")
    with Log(tmp_path) as log:
        assert log.runs() == []
        log.begin(entry, os.getpid())  # by a process that leaves it to another
    with pytest.raises(UsageError), Recorder(tmp_path, entry, 0.0, print):
        raise UsageError("no such thing", "try another")
    with Log(tmp_path) as log:
        run = log.get("slip")
        assert (run.state, run.exit, run.error) == ("failed", 2, "no such thing")
    record(tmp_path, Entry("ttc-late", "?"), EVENTS[:3], code=2)  # it had started
    with Log(tmp_path) as log:
        assert log.get("late").exit == 2


def test_conversations_follow_parents(tmp_path: Path) -> None:
    record(tmp_path, Entry("ttc-1", "first", (("d", "doc"),)))
    record(tmp_path, Entry("ttc-2", "second", parent="ttc-1"))
    record(tmp_path, Entry("ttc-2b", "second, retried", parent="ttc-1"))
    record(tmp_path, Entry("ttc-3", "failed", parent="ttc-2b"), EVENTS[:2], code=1)
    record(tmp_path, Entry("ttc-9", "elsewhere"))
    with Log(tmp_path) as log:
        turns = log.conversation("ttc-1")
        assert [turn.run for turn in turns] == ["ttc-1", "ttc-2b"]
        assert (turns[0].prompt, turns[0].documents, turns[0].reply) == (
            "first", (("d", "doc"),), "Four",
        )  # fmt: skip
        assert log.get("3").conversation == "ttc-1"
        assert [turn.run for turn in log.conversation()] == ["ttc-9"]


def test_a_document_is_kept_once_and_no_longer_than_its_runs(tmp_path: Path) -> None:
    for i in range(3):
        record(tmp_path, Entry(f"ttc-{i}", "?", (("d", "the same text"),)))
    with Log(tmp_path) as log:
        texts = "SELECT count(*) FROM texts"
        assert log._rows(texts)[0][0] == 1
        log.remove(["ttc-0", "ttc-1"])
        assert log.texts(log.get("2")) == (("d", "the same text"),)
        log.remove(["ttc-2"])
        assert log._rows(texts)[0][0] == 0
        assert log._rows("SELECT count(*) FROM events")[0][0] == 0


def test_old_runs_and_the_oldest_above_a_size_go(tmp_path: Path) -> None:
    for i in range(40):
        noise = os.urandom(20_000).hex()
        record(tmp_path, Entry(f"ttc-{i:02}", "?", (("d", noise),)))
    with Log(tmp_path) as log:
        with log._writing() as db:
            db.execute("UPDATE runs SET began = 1000 WHERE id = 'ttc-07'")
        log.prune(days=30, megabytes=None)
        assert [run.id for run in log.runs()] == [
            f"ttc-{i:02}" for i in reversed(range(40)) if i != 7
        ]
        log.prune(days=None, megabytes=0.5)
        left = log.runs()
        assert 0 < len(left) < 25
        assert left[0].id == "ttc-39"
        assert log._bytes() <= 500_000
    assert (tmp_path / "runs.db").stat().st_size <= 500_000


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
        with log._writing() as db:
            db.execute("UPDATE runs SET boot = 'another', pid = ?", (os.getpid(),))
        assert log.get("k").fate == "rebooted"


def _write_many(folder: Path, number: int, problems: Any) -> None:
    for i in range(5):
        for line in record(folder, Entry(f"ttc-{number:02}-{i}", "?", (("d", str(i)),))):
            problems.put(line)


def test_twenty_writers_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    problems = context.Queue()
    writers = [
        context.Process(target=_write_many, args=(tmp_path / "new", n, problems)) for n in range(20)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert problems.empty()
    with Log(tmp_path / "new") as log:
        runs = log.runs()
        assert len(runs) == 100
        assert {run.state for run in runs} == {"done"}
        assert log._rows("SELECT count(*) FROM texts")[0][0] == 5
        assert log._rows("PRAGMA integrity_check")[0][0] == "ok"


def test_an_older_log_is_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(tmp_path, Entry("ttc-old", "?"))
    more = (*log_schema.MIGRATIONS, "ALTER TABLE runs ADD COLUMN tag TEXT; CREATE TABLE t (x)")
    monkeypatch.setattr(log_schema, "MIGRATIONS", more)
    with Log(tmp_path) as log:
        assert log.get().id == "ttc-old"
        assert log._rows("PRAGMA user_version")[0][0] == 2
        assert log._rows("SELECT tag FROM runs")[0][0] is None


def test_a_migration_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(tmp_path, Entry("ttc-old", "?"))
    before = log_schema.MIGRATIONS
    monkeypatch.setattr(log_schema, "MIGRATIONS", (*before, "CREATE TABLE t (x); NONSENSE"))
    with pytest.raises(LogUnusable):
        Log(tmp_path)
    monkeypatch.setattr(log_schema, "MIGRATIONS", before)
    with Log(tmp_path) as log:
        assert log.get().id == "ttc-old"
        assert not log._rows("SELECT 1 FROM sqlite_master WHERE name = 't'")


def test_a_newer_log_is_left_alone(tmp_path: Path) -> None:
    record(tmp_path, Entry("ttc-1", "?"))
    with sqlite3.connect(tmp_path / "runs.db") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    (said,) = record(tmp_path, Entry("ttc-2", "?"))
    assert "newer ttc" in said
    with sqlite3.connect(tmp_path / "runs.db") as db:
        assert db.execute("SELECT count(*) FROM runs").fetchone() == (1,)
    db.close()


def test_a_locked_log_costs_one_line(tmp_path: Path) -> None:
    with Log(tmp_path, patience=0.05) as log, Log(tmp_path, patience=0.05) as other:
        with log._writing(), pytest.raises(LogUnusable, match="locked"):
            other.begin(Entry("ttc-x", "?"), 1)
        other.begin(Entry("ttc-x", "?"), 1)


def test_a_damaged_log_costs_one_line(tmp_path: Path) -> None:
    (tmp_path / "runs.db").write_bytes(b"this is a diary, and no database of any kind " * 40)
    (said,) = record(tmp_path, Entry("ttc-1", "?"))
    assert "damaged" in said


@pytest.mark.parametrize("packed", [b"no packed events", zlib.compress(b'{"t": 0, "type')])
def test_a_damaged_run_in_a_good_log_is_one_line(tmp_path: Path, packed: bytes) -> None:
    record(tmp_path, Entry("ttc-1", "?", (("a.txt", "text"),)))
    with Log(tmp_path) as log, log._writing() as db:
        db.execute("UPDATE events SET packed = ?", (packed,))
        db.execute("UPDATE texts SET packed = 'x'")
        run = log.get("ttc-1")
    with Log(tmp_path) as log:
        for read in (lambda: list(log.events(run)), lambda: log.texts(run)):
            with pytest.raises(LogUnusable, match="holds of ttc-1 is damaged"):
                read()


def test_a_place_without_rights_costs_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    (said,) = record(tmp_path / "file" / "logs", Entry("ttc-1", "?"))
    assert "cannot open the run log" in said


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


def test_a_number_that_json_lacks_spoils_no_other_run(tmp_path: Path) -> None:
    odd = {"choices": [{"message": {"content": "Odd"}}], "ttc": {"agreement": float("nan")}}
    record(tmp_path, Entry("ttc-1", "?"), [Done(odd)])
    record(tmp_path, Entry("ttc-2", "?"))
    with Log(tmp_path) as log:
        assert [run.id for run in log.runs(search="o")] == ["ttc-2", "ttc-1"]
        assert log.get("1").ours == {"agreement": None}


def test_no_log_writes_nothing(tmp_path: Path) -> None:
    with Recorder(None, Entry("ttc-1", "?"), 0.0, print) as recorder:
        recorder(EVENTS[0])
    with Log(tmp_path / "none", make=False) as log:
        assert log.runs() == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="rights are POSIX's")
def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "logs"
    with Log(folder) as log:
        log.begin(Entry("ttc-1", "?"), 1)
        assert folder.stat().st_mode & 0o777 == 0o700
        assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
