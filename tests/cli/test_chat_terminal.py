"""A chat with a person, in a pseudo-terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from test_terminal import Terminal

pytestmark = pytest.mark.terminal
PROMPT = r"\x1b\[0m>"
ALT_ENTER, CTRL_C, CTRL_D = "\x1b\r", "\x03", "\x04"
Open = Callable[..., Terminal]


@pytest.fixture
def terminal(machine: Path, smollm: Path) -> Iterator[Open]:
    """A function that starts `ttc chat` on a small model in a terminal."""
    opened: list[Terminal] = []

    def start(*words: str, rows: int = 24, columns: int = 80, **env: str) -> Terminal:
        env = {
            "TTC_THREADS": "1", "TTC_MODEL": str(smollm), "PROMPT_TOOLKIT_NO_CPR": "1", **env
        }  # fmt: skip
        opened.append(Terminal(["chat", *words], rows, columns, env))
        opened[-1].until("/help lists commands")
        opened[-1].until(PROMPT)
        return opened[-1]

    yield start
    for one in opened:
        one.child.close(force=True)


def test_a_talk(terminal: Open, machine: Path) -> None:
    screen = terminal("--max-tokens", "6")
    screen.child.send("Say hello." + ALT_ENTER + "Now.\\\r" + "Please.\r")
    screen.until("direct .low. ")
    screen.until(PROMPT)
    screen.child.send("/sav\t")
    screen.until("/sav.*e")
    screen.child.send(" talk.md\r")
    screen.until("1 turn written to talk.md")
    assert "Say hello.\nNow.\nPlease.\n" in Path("talk.md").read_text()
    screen.child.setwinsize(30, 40)
    screen.child.send("/nonsense\r")
    screen.until("there is no command")
    screen.child.send("half a line" + CTRL_C)
    screen.child.send(CTRL_D)
    assert screen.end() == 0
    history = machine / "home" / "logs" / "chat-history"
    assert history.stat().st_mode & 0o777 == 0o600
    assert "Please." in history.read_text()


def test_ctrl_c_stops_the_answer_only(terminal: Open) -> None:
    screen = terminal("--no-log")
    screen.child.send("Write a very long story about the sea.\r")
    screen.until("reading the prompt")
    screen.until(r"(?i)[a-z]{3,} [a-z]+ [a-z]+ [a-z]+ [a-z]+ ")
    screen.child.send("QWERTY")  # what is typed meanwhile stands in no answer
    screen.until(r"(?i)[a-z]{3,} [a-z]+ [a-z]+ [a-z]+ ")
    screen.child.sendintr()
    screen.until("interrupted: the answer breaks off here")
    screen.until("what there is of it is kept")
    screen.until(PROMPT)
    assert "QWERTY" not in screen.raw
    screen.child.send("Exit\r")
    assert screen.end() == 0
    assert screen.sane
