"""Where the turns of a chat come from: a person at an editor, or lines of stdin."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

MORE = "\\"  # at the end of a line: another one follows
QUOTES = '"""'  # begins and ends a text of many lines


def quoted_whole(text: str) -> bool:
    """Whether a text that begins with quotation marks has those that end it."""
    return text.rstrip().endswith(QUOTES) and len(text.strip()) >= 2 * len(QUOTES)


def unquoted(text: str) -> str:
    """A text without the quotation marks around it."""
    if not text.startswith(QUOTES):
        return text
    return text.strip().removeprefix(QUOTES).removesuffix(QUOTES).strip("\n")


class Lines:
    """Turns from stdin, a line each."""

    def read(self) -> str | None:
        """The next line, with those that it is continued on; None when there is no more."""
        lines: list[str] = []
        while line := sys.stdin.readline():
            line = line.rstrip("\n")
            if not lines and line.startswith(QUOTES):
                while not quoted_whole(line) and (more := sys.stdin.readline()):
                    line += "\n" + more.rstrip("\n")
                return unquoted(line)
            if not line.endswith(MORE):
                return "\n".join([*lines, line])
            lines.append(line.removesuffix(MORE))
        return "\n".join(lines) if lines else None

    def give_back(self, text: str) -> None:
        """There is nobody to change it."""

    def silent(self) -> AbstractContextManager[Callable[[], None]]:
        """Nobody types."""
        return nullcontext(lambda: None)


class Editor:
    """Turns from a person: line editing, a history, several lines, completion of commands.

    Everything is drawn on stderr; stdout is for answers.

    Args:
        history: the file of earlier turns, for its owner only; None keeps none.
        complete: values for the word after a command, and all commands for an empty one.
    """

    def __init__(self, history: Path | None, complete: Callable[[str], Sequence[str]]) -> None:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.history import FileHistory, InMemoryHistory
        from prompt_toolkit.output import create_output

        self._text = ""
        self._session: PromptSession[str] = PromptSession(
            history=FileHistory(private_file(history)) if history else InMemoryHistory(),
            completer=_completer(complete), complete_while_typing=False, multiline=True,
            key_bindings=_keys(), prompt_continuation=lambda *_: "  ",
            output=create_output(stdout=sys.stderr),
        )  # fmt: skip

    def read(self) -> str | None:
        """What is typed; an empty text after Ctrl-C, None after Ctrl-D."""
        text, self._text = self._text, ""
        try:
            return unquoted(self._session.prompt("> ", default=text))
        except KeyboardInterrupt:
            return ""
        except EOFError:
            return None

    def give_back(self, text: str) -> None:
        """Let the next line begin with a turn that could not be sent, to be changed."""
        self._text = text

    @contextmanager
    def silent(self) -> Iterator[Callable[[], None]]:
        """For a while what is typed is not shown, amid an answer; the next line begins with it.

        Gives what shows it again at once.
        """
        if os.name == "nt":
            yield lambda: None
            return
        import termios

        keyboard = sys.stdin.fileno()
        before = termios.tcgetattr(keyboard)
        termios.tcsetattr(
            keyboard, termios.TCSANOW, [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
        )
        restore = partial(termios.tcsetattr, keyboard, termios.TCSANOW, before)
        try:
            yield restore
        finally:
            restore()


def private_file(path: Path) -> Path:
    """The history file, made so that only its owner can read it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    return path


def _keys() -> Any:
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()

    @keys.add("enter")
    def _(event: Any) -> None:
        buffer = event.current_buffer
        if buffer.document.is_cursor_at_the_end and buffer.text.endswith(MORE):
            buffer.delete_before_cursor()
            buffer.insert_text("\n")
        elif buffer.text.startswith(QUOTES) and not quoted_whole(buffer.text):
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def _(event: Any) -> None:
        event.current_buffer.insert_text("\n")

    return keys


def _completer(complete: Callable[[str], Sequence[str]]) -> Any:
    from prompt_toolkit.completion import Completer, Completion

    class Commands(Completer):
        def get_completions(self, document: Any, _event: Any) -> Iterable[Completion]:
            before = document.text_before_cursor
            if not before.startswith("/") or "\n" in before:
                return
            command, space, word = before.partition(" ")
            start = word if space else command
            for value in complete(command if space else ""):
                if value.startswith(start):
                    yield Completion(value, start_position=-len(start))

    return Commands()
