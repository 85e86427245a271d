"""`ttc logs`: what was asked can be found, shown, replayed, rated, waited for and forgotten."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest
from harness import BOTH, REPLIES, SUM, Ttc

from ttc_cli.cli import process as signals
from ttc_cli.store.log import Entry, Log
from ttc_cli.store.recorder import Recorder
from ttc_cli.views.text import width


def logged(ttc: Ttc, *words: str) -> Any:
    return json.loads(ttc("logs", *words, "--json").out)


def test_list_shows_the_newest_first_and_finds(ttc: Ttc) -> None:
    assert logged(ttc, "list") == []
    assert ttc("logs", "list").err == "no runs yet\n"
    ttc("-e", "low", "How tall is a giraffe?")
    result = json.loads(ttc("-e", "medium", "--json", SUM, script=BOTH).out)
    runs = logged(ttc, "list")
    assert [run["prompt"] for run in runs] == [SUM, "How tall is a giraffe?"]
    assert runs[0]["id"] == result["id"]
    assert runs[0]["ttc"] == result["ttc"]
    assert (runs[0]["state"], runs[0]["exit"]) == ("done", 0)
    assert [run["prompt"] for run in logged(ttc, "list", "-n", "1")] == [SUM]
    assert [run["prompt"] for run in logged(ttc, "list", "--search", "GIRAFFE")] == [
        "How tall is a giraffe?"
    ]
    assert logged(ttc, "list", "--since", "2099-01-01") == []
    assert ttc("logs", "list", "--search", "zebra").err == "no such runs\n"
    (_, line) = ttc("logs", "list").out.splitlines()
    assert line.split("\t")[0] == runs[1]["id"][:12]
    assert ttc("logs", "list", "--since", "yesterday").code == 2


def test_show_tells_all(ttc: Ttc) -> None:
    Path("notes.txt").write_text("seventeen \x1b[31m")
    result = json.loads(ttc("-e", "medium", "--json", "-f", "notes.txt", SUM, script=BOTH).out)
    shown = logged(ttc, "show", result["id"][4:10])
    assert shown["result"] == result
    assert shown["documents"] == [{"name": "notes.txt", "text": "seventeen \x1b[31m"}]
    text = ttc("logs", "show").out
    assert SUM in text
    assert f"{result['ttc']['answer']} ×" in text
    assert "\x1b" not in text
    tree = ttc("logs", "show", "--tree").out.splitlines()
    assert len(tree) == result["ttc"]["samples"]["started"]
    assert "end" in tree[0]
    assert ttc("logs", "show", "zzz").code == 2
    ran = ttc("logs", "show", "--tree", "--format", "dot")
    assert (ran.code, ran.out) == (2, "")
    assert "no search" in ran.err


def test_a_search_as_a_graph(ttc: Ttc) -> None:
    result = json.loads(ttc("-S", "beam", "-n", "4", "--json", SUM, script=BOTH).out)
    steps = len(result["ttc"]["tree"])
    dot = ttc("logs", "show", "--tree", "--format", "dot").out
    assert dot.startswith("digraph search {\n")
    assert dot.count(" -> ") == steps
    mermaid = ttc("logs", "show", "--format", "mermaid").out
    assert mermaid.startswith("flowchart LR\n")
    assert len(mermaid.splitlines()) == steps + 2
    assert ttc("logs", "show", "--format", "svg").code == 2


def test_a_failure_is_logged_with_what_was_said(ttc: Ttc) -> None:
    ran = ttc("-e", "low", "a question " * 6000)
    assert ran.code == 5
    (run,) = logged(ttc, "list")
    assert (run["state"], run["exit"]) == ("failed", 5)
    assert run["error"]["message"] in ran.err


def test_rating_and_forgetting(ttc: Ttc) -> None:
    first, second = (json.loads(ttc("--json", "-e", "low", SUM).out)["id"] for _ in range(2))
    assert ttc("logs", "rate", first, "good").code == 0
    assert ttc("logs", "rate", first, "fine").code == 2
    assert {run["id"]: run["feedback"] for run in logged(ttc, "list")} == {
        first: "good",
        second: None,
    }
    assert ttc("logs", "rm").code == 2
    ran = ttc("logs", "rm", "--all")  # and nobody to ask
    assert (ran.code, ran.err) == (2, "ttc: this would delete 2 runs; add --yes\n")
    assert ttc("logs", "rm", second).code == 0
    assert [run["id"] for run in logged(ttc, "list")] == [first]
    assert ttc("logs", "rm", "--all", "-y").code == 0
    assert logged(ttc, "list") == []


def test_a_replay_says_what_the_run_said(ttc: Ttc) -> None:
    for words in (("-e", "low", "--show-reasoning"), ("-e", "medium")):
        first = ttc(*words, SUM, script=BOTH)
        again = ttc("logs", "replay", "--speed", "0")
        assert again.out == first.out
    Log(Path(os.environ["TTC_HOME"]) / "logs").begin(Entry("ttc-now", "?"), os.getpid())
    assert ttc("logs", "replay").code == 2


def test_wait_gives_answer_and_exit_code(ttc: Ttc) -> None:
    first = ttc("-e", "medium", SUM, script=BOTH)
    assert ttc("logs", "wait").out == first.out
    short = ttc("-e", "medium", "-x", SUM, script=BOTH)
    assert ttc("logs", "wait", "-x").out == short.out
    turns = itertools.cycle(REPLIES)
    words = ("-n", "4", "--no-early-stop", "--min-agreement", "1", SUM)
    low = ttc("-S", "self-consistency", *words, script=lambda _: next(turns))
    waited = ttc("logs", "wait")
    assert (waited.code, waited.out) == (low.code, low.out) == (3, low.out)
    failed = ttc("-e", "low", "a question " * 6000)
    waited = ttc("logs", "wait")
    assert (waited.code, waited.out, waited.err) == (5, "", failed.err)


@pytest.mark.parametrize(("boot", "says"), [(None, "process was ended"), ("-", "restarted")])
def test_a_lost_run_is_not_waited_for(ttc: Ttc, boot: str | None, says: str) -> None:
    folder = Path(os.environ["TTC_HOME"]) / "logs"
    with Log(folder) as log:
        log.begin(Entry("ttc-lost", "?"), 2**22 + 1)
    if boot:
        with sqlite3.connect(folder / "runs.db") as db:
            db.execute("UPDATE runs SET boot = ?", (boot,))
        db.close()
    ran = ttc("logs", "wait", "ttc-lost")
    assert (ran.code, ran.out) == (1, "")
    assert says in ran.err
    assert logged(ttc, "list")[0]["state"] == "lost"


def test_it_starts_without_llama(child: Ttc) -> None:
    ran = child("logs", "list", env={**os.environ, "PYTHONPROFILEIMPORTTIME": "1"})
    assert ran.code == 0
    modules = re.findall(r"\| +([\w.]+)$", ran.err, re.MULTILINE)
    assert "ttc_cli.store.log" in modules
    assert not {"llama_cpp", "numpy", "rich", "jinja2"} & set(modules)


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        ("newer", "another version of ttc"),
        ("damaged", "damaged"),
        ("no place", "cannot open the run log"),
    ],
)
def test_a_log_that_cannot_be_used_costs_one_line(
    ttc: Ttc, machine: Path, harm: str, says: str
) -> None:
    folder = machine / "home" / "logs"
    if harm == "newer":
        Log(folder).close()
        with contextlib.closing(sqlite3.connect(folder / "runs.db")) as db:
            db.execute("PRAGMA user_version = 99")
    elif harm == "damaged":
        folder.mkdir(parents=True)
        (folder / "runs.db").write_bytes(b"neither a database nor meant to be one " * 50)
    else:
        folder.parent.mkdir()
        folder.write_text("a file where the folder should be")
    ran = ttc("-e", "low", SUM)
    assert (ran.code, ran.err.count("\n")) == (0, 1)
    assert "42" in ran.out
    assert ran.err.startswith("not logged: ")
    assert says in ran.err
    if harm != "no place":
        assert ttc("logs", "list").code == 1


def test_a_signal_before_there_is_anything_to_stop_is_logged(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[int] = []
    monkeypatch.setattr(signals.Signals, "_leave", lambda self: left.append(self.code))
    with Recorder(machine / "logs", Entry("ttc-1", "?"), 0.0, print) as record:
        caught = signals.Signals()
        caught.last_words = record.leave
        caught.handle(signal.SIGINT, None)
        caught.handle(signal.SIGINT, None)
    assert left == [130, 130]
    with Log(machine / "logs") as log:
        assert (log.get().state, log.get().exit) == ("interrupted", 130)


@pytest.mark.terminal
@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("columns", [40, 80, 200])
def test_a_row_is_a_line_on_any_terminal(ttc: Ttc, columns: int) -> None:
    import pexpect  # has no Windows

    for prompt in ("a question that goes on " * 20, "宽 " * 60):
        ttc("-e", "low", prompt)
    child = pexpect.spawn(
        sys.executable, ["-m", "ttc_cli", "logs", "list"],
        dimensions=(24, columns), encoding="utf-8", timeout=60,
    )  # fmt: skip
    child.expect(pexpect.EOF)
    child.close()
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in child.before.splitlines()]
    assert len(lines) == 3
    assert [line for line in lines if width(line) > columns] == []
    assert all(line.startswith("ttc-") for line in lines[1:])


def test_a_filter_that_finds_nothing_says_so(ttc: Ttc) -> None:
    assert ttc("logs", "list", "-m", "nope").err == "no runs yet\n"
    ttc("-e", "low", SUM)
    ran = ttc("logs", "list", "-m", "nope")
    assert (ran.code, ran.out, ran.err) == (0, "", "no such runs\n")
    for words in (("-e", "bogus"), ("--command", "bogus")):
        ran = ttc("logs", "list", *words)
        assert (ran.code, ran.err.count("\n")) == (2, 1)
        assert "there is no 'bogus'" in ran.err
