"""The answer on its way to stdout: as it is, or as the Markdown that it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from ttc_cli.views.text import plain, styled


class Raw:
    """Writes the answer as it comes.

    Args:
        out: stdout.
        onto_terminal: it is a terminal: control characters are kept off it.
        columns: of the terminal.
        before: called before anything is written to the terminal.

    `pending` is what was taken and cannot be written yet, `mid_line` whether the last line that
    was written is open.
    """

    pending = ""

    def __init__(
        self,
        out: IO[str],
        onto_terminal: bool,
        columns: Callable[[], int],
        before: Callable[[], None],
    ) -> None:
        self._out = out
        self._onto_terminal = onto_terminal
        self._columns = columns
        self._before = before
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
