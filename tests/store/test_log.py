"""The run log: what goes in comes out, whoever else writes and whatever is in the way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from logged import EVENTS, record, sql

from ttc_cli.core.errors import TtcError, UsageError
from ttc_cli.core.events import Done, decode, encode
from ttc_cli.store.log import Entry, Log
from ttc_cli.store.recorder import Recorder


def test_every_event_survives() -> None:
    for event in EVENTS:
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
        assert sql(tmp_path, texts) == 1
        log.remove(["ttc-0", "ttc-1"])
        assert log.texts(log.get("2")) == (("d", "the same text"),)
        log.remove(["ttc-2"])
        assert sql(tmp_path, texts) == 0
        assert sql(tmp_path, "SELECT count(*) FROM events") == 0


def test_old_runs_and_the_oldest_above_a_size_go(tmp_path: Path) -> None:
    for i in range(40):
        noise = os.urandom(20_000).hex()
        record(tmp_path, Entry(f"ttc-{i:02}", "?", (("d", noise),)))
    with Log(tmp_path) as log:
        sql(tmp_path, "UPDATE runs SET began = 1000 WHERE id = 'ttc-07'")
        log.prune(days=30, megabytes=None)
        assert [run.id for run in log.runs()] == [
            f"ttc-{i:02}" for i in reversed(range(40)) if i != 7
        ]
        log.prune(days=None, megabytes=0.5)
        left = log.runs()
        assert 0 < len(left) < 25
        assert left[0].id == "ttc-39"
        assert log.bytes <= 500_000
    assert (tmp_path / "runs.db").stat().st_size <= 500_000


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
