"""Verifiers that look at the text alone: patterns, schemas and commands."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from stage import branch, build, grades, question, write

from ttc_cli.core.errors import UsageError

BAD_SCHEMA = '{"type": "number-ish"}'


@pytest.mark.parametrize(
    ("text", "task", "seen"),
    [
        ("Surely \\boxed{42}, says he.", "math", "42"),
        ("```python\nx = 1\n```\nDone.", "code", "x = 1"),
        ("Here:\n```\nls -l\n```\nDone.", "plain", "ls -l"),
        ("The sea is wide.", "plain", "The sea is wide."),
        ("<think>\nno\n</think>\n\nThe sea.", "plain", "The sea."),
    ],
)
def test_what_regex_and_exec_see(text: str, task: str, seen: str) -> None:
    exact = "^" + seen.replace(".", r"\.") + "$"
    assert grades(build(f"regex:{exact}"), [branch(text)], question(task))[0].score == 1
    whole = grades(build("regex:^[Th<S`H]", input="reply"), [branch(text)], question(task))
    assert whole[0].score == 1


def test_a_pattern_that_never_ends_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ttc_cli.verifiers.regex.SECONDS", 0.05)
    slow = build(r"regex:^(\w+\s?)*$", input="reply")
    (one,) = grades(slow, [branch("aaaa " * 12 + "!" + "b" * 40 + "?")], question())
    assert one.score is None or one.score == 0.0  # the library may well be cleverer
    evil = build(r"regex:(?:a?){40}a{40}$(?<!b)", input="reply")
    (one,) = grades(evil, [branch("a" * 39 + "c")], question())
    assert one.score in (None, 0.0)


def test_a_schema_says_where_the_json_is_wrong(tmp_path: Path) -> None:
    path = write(tmp_path, "s.json", '{"properties": {"a": {"items": {"type": "integer"}}}}')
    check = build(f"schema:{path}")
    wrong, right, fenced, naught = grades(
        check,
        [branch(text) for text in ('{"a": [1, "b"]}', '{"a": [1]}', '```\n{"a": [2]}\n```', "{")],
        question("plain"),
    )
    assert (wrong.score, right.score, fenced.score, naught.score) == (0, 1, 1, 0)
    assert "$.a[1]" in wrong.note
    assert "not JSON" in naught.note


def test_a_schema_is_checked_and_never_fetched(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a JSON schema"):
        build(f"schema:{write(tmp_path, 'bad.json', BAD_SCHEMA)}")
    with pytest.raises(UsageError, match="is not JSON"):
        build(f"schema:{write(tmp_path, 'worse.json', '{')}")
    away = write(tmp_path, "away.json", '{"$ref": "http://127.0.0.1:9/other.json"}')
    (one,) = grades(build(f"schema:{away}"), [branch("{}")], question("plain"))
    assert one.score is None
    assert "cannot be applied" in one.note


@pytest.mark.parametrize(
    ("script", "score", "note"),
    [
        ("exit 0", 1.0, ""),
        ("echo working; echo 0.25", 0.25, ""),
        ("echo 72", 1.0, ""),
        ("echo nan", 1.0, ""),
        ("echo 'line 3: too long'; exit 1", 0.0, "line 3: too long"),
        ("echo 0.9; exit 4", 0.0, "0.9"),
        ("exit 127", None, "it ended with 127"),
        ("kill -9 $$", None, "it ended with -9"),
        ("sleep 20", None, "it was not done in time"),
        ("yes", None, "MiB"),
    ],
)
def test_exec(script: str, score: float | None, note: str) -> None:
    check = build(f"exec:sh -c {script!r}" if "'" not in script else f'exec:sh -c "{script}"',
                  seconds="0.5")  # fmt: skip
    began = time.monotonic()
    (one,) = grades(check, [branch("\\boxed{7}")], question())
    assert one.score == score
    assert note in one.note
    assert time.monotonic() - began < 10


def test_exec_gets_the_candidate_and_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    check = build("exec:sh -c 'env; cat; exit 1'")
    (one,) = grades(check, [branch("so \\boxed{7}")], question())
    assert one.note.splitlines()[-1] == "7"
    assert "PATH=" in one.note
    assert "secret" not in one.note


def test_exec_leaves_nothing_behind(tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    script = write(tmp_path, "s.sh", f"sleep 30 & echo $! > {marker}; exit 0\n")
    assert grades(build(f"exec:sh {script}"), [branch("7")], question())[0].score == 1
    pid = int(marker.read_text())
    for _ in range(50):
        if not Path(f"/proc/{pid}").exists() or _state(pid) == "Z":
            return
        time.sleep(0.02)
    pytest.fail("what the command started is still there")


def _state(pid: int) -> str:
    if sys.platform != "linux":
        os.kill(pid, 0)
        return "R"
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_equal_candidates_are_judged_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = write(tmp_path, "s.sh", f"cat >> {log}; echo >> {log}\n")
    found = grades(
        build(f"exec:sh {script}"), [branch(f"{i}: \\boxed{{7}}") for i in range(5)], question()
    )
    assert [one.score for one in found] == [1.0] * 5
    assert log.read_text() == "7\n"
