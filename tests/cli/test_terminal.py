"""What a person sees, in a pseudo-terminal."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from harness import SUM, Ttc

pexpect = pytest.importorskip("pexpect")
pyte = pytest.importorskip("pyte")

pytestmark = pytest.mark.terminal
ESCAPE = "\x1b"
PROSE = "Write a story."
SLOW = 90  # seconds, on a machine that does other things too


class Terminal:
    """`ttc` in a terminal, and what stands on its screen."""

    def __init__(self, words: list[str], rows: int, columns: int, env: dict[str, str]) -> None:
        self.began = time.monotonic()
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        command = ["-m", "ttc_cli", *words]
        self.child: Any = pexpect.spawn(
            sys.executable, command, env={**os.environ, **env}, dimensions=(rows, columns),
            encoding="utf-8", timeout=SLOW,
        )  # fmt: skip
        self.raw = ""

    def until(self, pattern: str) -> float:
        """Wait for a text; returns the seconds since the start of the process."""
        self.child.expect(pattern)
        self._take(self.child.before + self.child.after)
        return time.monotonic() - self.began

    def resize(self, rows: int, columns: int) -> None:
        """Make the window another size."""
        self._screen.resize(rows, columns)
        self.child.setwinsize(rows, columns)

    def end(self) -> int:
        """Wait for the end; returns the exit code."""
        self.child.expect(pexpect.EOF)
        self._take(self.child.before)
        self.child.close()
        return int(self.child.exitstatus)

    def interrupt(self) -> tuple[int, float]:
        """Press Ctrl-C; returns the exit code and the seconds to the end."""
        began = time.monotonic()
        self.child.sendintr()
        return self.end(), time.monotonic() - began

    @property
    def lines(self) -> list[str]:
        """The lines on the screen, without blank ones at the end."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip().split("\n")

    @property
    def sane(self) -> bool:
        """Whether a prompt could follow: the cursor shown, at the start of a line."""
        return not self._screen.cursor.hidden and self._screen.cursor.x == 0

    def _take(self, text: str) -> None:
        self.raw += text
        self._stream.feed(text)


Open = Callable[..., Terminal]


@pytest.fixture
def terminal(machine: Path, smollm: Path) -> Iterator[Open]:
    """A function that starts `ttc ask` on a small model in a terminal."""
    opened: list[Terminal] = []

    def start(*words: str, rows: int = 24, columns: int = 80, **env: str) -> Terminal:
        env = {"TTC_THREADS": "1", "TTC_MODEL": str(smollm), "XTERM_VERSION": "as pyte", **env}
        opened.append(Terminal(["ask", *words], rows, columns, env))
        return opened[-1]

    yield start
    for one in opened:
        one.child.close(force=True)


def test_a_status_line_then_the_answer_then_what_it_cost(terminal: Open) -> None:
    screen = terminal("--max-tokens", "8", "Say hello.")
    screen.until("starting")
    screen.until("loading the model")
    screen.until("reading the prompt")
    assert screen.end() in (0, 6)  # nonsense may be cut off
    *answer, _last = [line for line in screen.lines if line]
    cost = next(line for line in answer[::-1] if line.startswith("direct"))
    assert answer.index(cost) > 0
    assert not any("loading" in line or "reading" in line for line in answer)
    assert re.match(r"direct \(low\) · \d+ tokens · .*stopped: tokens", cost)
    assert f"{ESCAPE}[2m" in screen.raw
    assert screen.sane


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_less_of_a_terminal(terminal: Open, env: dict[str, str]) -> None:
    screen = terminal("--max-tokens", "3", "Say hello.", **env)
    assert screen.end() in (0, 6)  # nonsense may be cut off
    assert f"{ESCAPE}[2m" not in screen.raw
    if "TERM" in env:
        assert ESCAPE not in screen.raw


@pytest.mark.parametrize(("rows", "columns"), [(24, 80), (60, 200), (5, 20)])
def test_a_vote_on_any_screen_resized_while_it_runs(
    terminal: Open, rows: int, columns: int
) -> None:
    screen = terminal("-n", "3", "--max-tokens", "200", SUM, columns=columns, rows=rows)
    screen.until("[1-3] writing")
    screen.until("writing")
    screen.resize(20, 30)
    screen.until("writing")
    screen.resize(24, 70)
    assert screen.end() in (0, 6)  # nonsense may be cut off
    text = "\n".join(screen.lines)
    assert text.count("self-consistency") == 1  # of the summary
    assert "writing" not in text
    assert "█" not in text
    assert screen.sane


def test_an_error_takes_the_status_lines_place(terminal: Open) -> None:
    screen = terminal("-f", "missing.txt", "hi")
    assert screen.end() == 1
    assert screen.lines == ["ttc: cannot read missing.txt: no such file or directory"]


def test_quiet_is_quiet(terminal: Open) -> None:
    screen = terminal("-q", "--max-tokens", "3", "Say hello.")
    assert screen.end() in (0, 6)  # nonsense may be cut off
    assert ESCAPE not in screen.raw
    assert [line for line in screen.lines if line][1].startswith("ttc: no token is left")


@pytest.mark.parametrize("moment", ["starting", "loading the model"])
def test_ctrl_c_while_starting(terminal: Open, moment: str) -> None:
    screen = terminal("hi")
    screen.until(moment)
    code, seconds = screen.interrupt()
    assert (code, screen.sane) == (130, True)
    assert seconds < 1
    assert "Traceback" not in screen.raw


def test_ctrl_c_while_a_long_file_is_read(terminal: Open) -> None:
    Path("long.txt").write_text("the quick brown fox jumps over the lazy dog\n" * 300)
    screen = terminal("-f", "long.txt", "Sum this up.")
    screen.until("reading the prompt")
    time.sleep(0.5)
    code, seconds = screen.interrupt()
    assert code == 130
    assert seconds < 2  # one on a machine of one's own
    assert screen.sane
    assert screen.lines == ["^C"] or screen.lines == [""]


def test_ctrl_c_prints_the_answer_so_far(terminal: Open) -> None:
    screen = terminal("--temperature", "0", PROSE)
    screen.until(r"(?i)[a-z]{3,} [a-z]+ [a-z]+ [a-z]+ [a-z]+ ")
    code, seconds = screen.interrupt()
    assert code == 130
    assert seconds < 2
    assert screen.lines[-1] == "interrupted: the answer breaks off here"
    assert "stopped: interrupted" in screen.lines[-2]
    assert screen.sane


def test_ctrl_c_in_a_vote_says_from_how_many(terminal: Open) -> None:
    screen = terminal("-n", "6", "--no-early-stop", "--max-tokens", "900", SUM)
    screen.until("[1-9] done")
    code, _ = screen.interrupt()
    assert code == 130
    assert re.fullmatch(r"interrupted: answered from [1-6] of 6", screen.lines[-1])
    assert screen.sane
    assert not any("writing" in line for line in screen.lines)


def test_ctrl_c_before_any_sample_is_whole(terminal: Open) -> None:
    screen = terminal("-n", "6", "--no-early-stop", "--temperature", "0", PROSE)
    screen.until("[1-6] writing")
    screen.until(" tok ")
    code, _ = screen.interrupt()
    assert code == 130
    assert screen.lines[-1] == "interrupted: the answer breaks off here"
    assert screen.sane


def test_a_screen_reader_gets_lines(terminal: Open) -> None:
    screen = terminal("-n", "3", "--max-tokens", "200", SUM, TERM="dumb", rows=60)
    assert screen.end() in (0, 6)  # nonsense may be cut off
    assert ESCAPE not in screen.raw
    assert any(re.match(r"self-consistency \(\w+\) · math", line) for line in screen.lines)
    assert sum(line[:1] in ("✓", "✗") for line in screen.lines) >= 1


def test_ctrl_c_twice_leaves_at_once(terminal: Open) -> None:
    screen = terminal(PROSE)
    screen.until("reading the prompt")
    screen.child.sendintr()
    code, seconds = screen.interrupt()
    assert code == 130
    assert seconds < 1


def test_control_sequences_are_no_part_of_a_short_answer(ttc: Ttc) -> None:
    evil = "\x1b]0;owned\x07\x1b[31mParis\x1b[0m"
    ran = ttc("-x", "-e", "low", "What is the capital of France?", script=lambda _: evil)
    assert ran.out == "Paris\n"
