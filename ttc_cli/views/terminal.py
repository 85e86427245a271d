"""What goes onto a terminal: the answer, raw or as the Markdown that it is, and lines drawn over.

Each frame of such lines is one write: moves to the frame's first line, writes the lines that
changed and clears what is left over. For the write only, the cursor is hidden and lines do not
wrap (the window may have got narrower since it was measured), and terminals that can show the
write as a whole (synchronised output, DEC mode 2026) are asked to.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Sequence
from typing import IO

from ttc_cli.views.text import plain, styled, width

BEGIN, END = "\x1b[?2026h\x1b[?25l\x1b[?7l", "\x1b[?7h\x1b[?25h\x1b[?2026l"


class Frame:
    """Lines at the bottom of a terminal; `shown`: there is a line already, the first frame."""

    def __init__(self, err: IO[str], shown: bool = False) -> None:
        self._err = err
        self._lines: list[str] = []
        self._widths: list[int] = [0] if shown else []
        self._columns = 0

    def size(self) -> tuple[int, int]:
        """(columns, rows) of the terminal, which may have changed."""
        try:  # stderr's own: stdout may be a pipe
            size = os.get_terminal_size(self._err.fileno())
        except (OSError, ValueError):
            size = shutil.get_terminal_size()
        return size.columns or 80, size.lines or 24

    def draw(self, lines: Sequence[str], plain: Sequence[str] | None = None) -> None:
        """Show these lines in place of the last ones.

        Args:
            lines: each below the terminal's width; escape codes may colour them.
            plain: the same without escape codes, where there are some.
        """
        columns, _ = self.size()
        if self._widths and columns == self._columns and list(lines) == self._lines:
            return
        same = self._lines if columns == self._columns else []
        kept = [line == old for line, old in itertools.zip_longest(lines, same[: len(lines)])]
        body = ["" if k else f"\r{line}\x1b[K" for line, k in zip(lines, kept, strict=True)]
        text = "\n".join(body) + "\x1b[J"
        if body and not body[-1]:  # it ends where the last line does
            text = "\n".join(body) + f"\r{lines[-1]}\x1b[J"
        self._write(f"{BEGIN}{self._home(columns)}{text}{END}")
        self._lines, self._columns = list(lines), columns
        self._widths = [width(line) for line in plain or lines]

    def above(self, line: str) -> None:
        """Put a line above the frame for good; it scrolls away with what stood there before."""
        columns, _ = self.size()
        home = self._home(columns)
        if columns != self._columns:
            self.forget()  # its lines were made for another width
        frame = "\n".join(f"{kept}\x1b[K" for kept in self._lines)
        self._write(f"{BEGIN}{home}{line}\x1b[K\n{frame}\x1b[J{END}")

    def clear(self) -> None:
        """Take the lines off the screen."""
        if self._widths:
            self._write(f"{BEGIN}{self.erasure()}{END}")
            self.forget()

    def erasure(self) -> str:
        """What takes the lines off the screen, for whoever has to write it himself."""
        return f"{self._home(self.size()[0])}\x1b[J" if self._widths else ""

    def forget(self) -> None:
        """The lines are gone: somebody else took them off."""
        self._lines, self._widths = [], []

    def _home(self, columns: int) -> str:
        """Moves the cursor to the first line of the last frame."""
        rows = len(self._widths)
        if columns < self._columns and rewraps():
            rows = sum(max(1, -(-wide // columns)) for wide in self._widths)
        return "\r" + (f"\x1b[{rows - 1}A" if rows > 1 else "")

    def _write(self, text: str) -> None:
        self._err.write(text)
        self._err.flush()


def rewraps() -> bool:
    """Whether the terminal wraps lines anew when it gets narrower: most do, some cut them."""
    term = os.environ.get("TERM", "")
    if "TMUX" in os.environ:
        return True
    return not ("XTERM_VERSION" in os.environ or term.startswith(("linux", "screen", "vt")))


class Raw:
    """Writes the answer as it comes.

    Args:
        out: stdout. onto_terminal: it is a terminal: control characters are kept off it.
        columns: of the terminal. before: called before anything is written to the terminal.

    `pending` is what was taken and cannot be written yet, `mid_line` whether the last line that
    was written is open.
    """

    pending = ""

    def __init__(
        self, out: IO[str], onto_terminal: bool, columns: Callable[[], int],
        before: Callable[[], None],
    ) -> None:  # fmt: skip
        self._out, self._onto_terminal = out, onto_terminal
        self._columns, self._before = columns, before
        self._held = ""
        self.mid_line = False

    def write(self, text: str) -> None:
        """Take more of the answer."""
        self._put(plain(text) if self._onto_terminal else text)

    def end(self) -> None:
        """The answer is whole: end its line."""
        self._before()
        self._out.write("\n")
        self._out.flush()
        self.mid_line = False

    def end_line(self) -> None:
        """Before something else is said on the terminal: end a line that is open."""
        if self._onto_terminal and self.mid_line:
            self.end()

    def _put(self, text: str) -> None:
        """Line ends are held back until more follows, since the answer ends with just one."""
        text = self._held + text
        shown = text.rstrip("\n")
        self._held = text[len(shown) :]
        if shown:
            self._before()
            self._out.write(shown)
            self._out.flush()
            self.mid_line = True


class Rendered(Raw):
    """Writes the answer block by block, each as soon as it is whole, with its Markdown shown."""

    _shown = False

    def write(self, text: str) -> None:
        """Take more of the answer."""
        from ttc_cli.views.markdown import blocks

        *whole, self.pending = blocks(self.pending + plain(text))
        for block in whole:
            self._render(block)

    def end(self) -> None:
        """The answer is whole: write what is left of it."""
        if self.pending.strip():
            self._render(self.pending)
        self.pending = ""
        if not self._shown:
            super().end()

    def _render(self, block: str) -> None:
        from ttc_cli.views.markdown import render

        self._before()
        text = render(block, self._columns())
        styled(self._out).write(("\n" if self._shown else "") + text + "\n")
        self._out.flush()
        self._shown = True

    def end_line(self) -> None:
        """Before something else is said on the terminal: write what is pending."""
        if self.pending:
            self.end()
