"""What people who come from other programs type, and what loops do to stdin."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from harness import SUM, Ttc

from ttc_cli.core.engine import BranchRequest


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("list",), "ttc models list"),
        (("ps",), "ttc logs list"),
        (("version",), "ttc --version"),
        (("run", "qwen"), "ttc chat -m NAME"),
        (("run", "smollm2-135m", "hi"), "ttc -m NAME"),
        (("run", "smollm2-135m", "who", "are", "you?"), "ttc -m NAME"),
        (("run", "gemma3:1b", "who", "are", "you?"), "ttc -m NAME"),
        (("pull", "qwen"), "ttc models pull NAME"),
    ],
)
def test_what_other_programs_call_otherwise_is_no_question(
    ttc: Ttc, words: tuple[str, ...], says: str
) -> None:
    ran = ttc(*words)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err


def test_a_question_that_begins_so_is_one(ttc: Ttc) -> None:
    assert ttc("list", "three", "rivers").code == 0
    assert ttc("run", "a", "marathon: how long?").code == 0
    assert ttc("ask", "list").code == 0
    assert "the command is `ttc logs`" in ttc("logz").err


def test_a_value_of_a_template_may_follow_an_equals_sign(ttc: Ttc, machine: Path) -> None:
    folder = machine / "home" / "templates"
    folder.mkdir(parents=True)
    (folder / "to.toml").write_text('prompt = "In {language}: {input}"\n')
    prompts: list[str] = []

    def script(request: BranchRequest) -> str:
        prompts.append(request.prompt.text)
        return "ja"

    for value in (("-p", "language=German"), ("-p", "language", "German")):
        assert ttc("-t", "to", *value, "yes", script=script).code == 0
    assert all("In German: yes" in prompt for prompt in prompts)


def test_what_was_attached_is_said(ttc: Ttc) -> None:
    ran = ttc(SUM, stdin=b"a\nb\n")
    assert "2 lines of stdin are attached ahead of the question" in ran.err
    assert "stdin" not in ttc("-q", SUM, stdin=b"a\nb\n").err


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX")
def test_a_loop_over_a_file_sees_all_its_lines(machine: Path, tiny: Path) -> None:
    Path("lines").write_text("one\ntwo\nthree\n")
    ttc = f"{sys.executable} -m ttc_cli ask -m {tiny} --dry-run"
    done = subprocess.run(
        ["sh", "-c", f'while read l; do {ttc} "$l" >/dev/null; echo "$l"; done <lines'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "one\ntwo\nthree\n"
    assert "left alone" in done.stderr


def test_a_home_in_a_folder_that_is_not_there_is_refused(
    ttc: Ttc, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTC_HOME", str(machine / "tpyo" / "home"))
    ran = ttc(SUM)
    assert ran.code == 2
    assert "there is no folder" in ran.err
    assert not (machine / "tpyo").exists()


def test_a_typo_in_any_profile_is_told_by_a_dry_run_too(ttc: Ttc) -> None:
    Path(".ttc.toml").write_text('[profile.fast]\nefort = "low"\n')
    ran = ttc("--dry-run", SUM)
    assert "unknown setting 'efort' is ignored; did you mean 'effort'" in ran.err


def test_runs_are_listed_by_command_model_and_effort(ttc: Ttc) -> None:
    ttc("-e", "low", SUM)
    Path("in").write_text("a\nb\n")
    ttc("map", "Say {line}", "in")
    assert len(ttc("logs", "list").out.splitlines()) == 1
    assert len(ttc("logs", "list", "--command", "map").out.splitlines()) == 2
    assert len(ttc("logs", "list", "-e", "low").out.splitlines()) == 1
    assert ttc("logs", "list", "-e", "max").out == ""
    assert len(ttc("logs", "list", "-m", "tiny").out.splitlines()) == 1
    assert ttc("logs", "list", "-m", "other").out == ""


def test_chat_knows_what_other_chats_call_its_commands(ttc: Ttc) -> None:
    prompts: list[str] = []

    def script(request: BranchRequest) -> str:
        prompts.append(request.prompt.text)
        return "yes"

    said = b'first\n"""two\nlines"""\n/undo\nthird\n/clear\nfourth\n/bye\nnever\n'
    ran = ttc("chat", "-e", "low", stdin=said, script=script)
    assert ran.code == 0, ran.err
    assert "two\nlines" in prompts[1]
    assert '"""' not in prompts[1]
    assert "first" in prompts[2]
    assert "two" not in prompts[2]
    assert "third" not in prompts[3]
    assert len(prompts) == 4


@pytest.mark.skipif(sys.platform == "win32", reason="select takes no pipe there")
def test_seconds_cover_a_silent_stdin(tiny: Path) -> None:
    command = [sys.executable, "-m", "ttc_cli", "ask", "-m", str(tiny), "--max-seconds", "3", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as silent:
        assert silent.wait(60) == 6
        assert silent.stderr is not None
        assert b"no text came on stdin in time" in silent.stderr.read()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
@pytest.mark.parametrize("words", [("models", "list"), ("--version",), ("ask", "--help")])
def test_a_full_disk_is_told_with_what_to_do(child: Ttc, words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        ran = child(*words, stdout=full)
    assert ran.code == 1
    said = "No space left on device: the output cannot be written; make room, or write elsewhere"
    assert ran.err == f"ttc: {said}\n"
