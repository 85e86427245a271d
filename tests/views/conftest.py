"""Terminals of any size for the tests of views."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from scenes import Paper

from ttc_cli.views.terminal import Frame


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], Paper]:
    """A function that makes a screen of so many columns and rows."""

    def make(columns: int, rows: int) -> Paper:
        paper = Paper(columns, rows)
        size = lambda _frame: (paper.screen.columns, paper.screen.lines)  # noqa: E731
        monkeypatch.setattr(Frame, "size", size)
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.delenv("TMUX", raising=False)
        monkeypatch.setenv("XTERM_VERSION", "1")  # pyte cuts lines when it gets narrower
        return paper

    return make
