"""The layout of the panel: what is said, and that it fits."""

from __future__ import annotations

import pytest
from scenes import EVIL, vote

from ttc_cli.core.events import Close, Done, Open, Score, StepDone, Text
from ttc_cli.views.board import Board
from ttc_cli.views.panel import Marks, cut, finished, paint, panel, scored, tally, votes
from ttc_cli.views.text import width


def board_after(branches: int, ticks: int, text: tuple[str, ...] = ("word ",)) -> Board:
    now = 0.0
    board = Board(lambda: now)
    for event in vote(branches, text=text):
        if isinstance(event, Done) or now >= ticks:
            break
        board.see(event)
        now += type(event).__name__ == "Tick"
    return board


def shown(board: Board, columns: int = 80, rows: int = 24, now: float = 10) -> list[str]:
    return [paint(line, False) for line in panel(board, now, columns, rows)]


@pytest.mark.parametrize("columns", [1, 2, 5, 20, 40, 80, 200])
@pytest.mark.parametrize("rows", [1, 2, 3, 5, 10, 24, 60])
@pytest.mark.parametrize("branches", [0, 1, 6, 200])
@pytest.mark.parametrize("ticks", [0, 5, 10])
def test_it_always_fits(columns: int, rows: int, branches: int, ticks: int) -> None:
    lines = shown(board_after(branches, ticks, ("漢字 ", "🎉", EVIL)), columns, rows)
    assert 1 <= len(lines) <= max(1, rows - 1)
    assert all(width(line) < max(columns, 2) for line in lines)
    assert not any(ord(char) < 32 or char == "\u202e" for line in lines for char in line)


def test_a_line_a_branch_with_state_tokens_and_text() -> None:
    lines = shown(board_after(3, 5))
    assert "self-consistency (high) · math: a short answer" in lines[0]
    assert lines[1].startswith("> 0 writing      5 tok  word word")
    assert lines[-1].startswith("3 writing, 0 done · 15 of 4,000 tokens")


def test_branches_that_do_not_fit_are_counted() -> None:
    lines = shown(board_after(200, 5), rows=10)
    assert len(lines) == 9
    assert lines[-2] == "  and 194 more"


def test_the_vote_is_bars_counts_and_how_likely_the_first_is_right() -> None:
    board = board_after(6, 12)
    first, second = (paint(line, False) for line in votes(board, 79, 4))
    assert first == f"▸ 42 {'█' * 30} 4 · confidence 0.90"
    assert second == f"  41 {'█' * 15} 2"
    assert "*" in paint(votes(board, 79, 4, Marks("#", "*", "+", "x"))[0], False)
    assert tally(board) == "vote: 42 ×4, 41 ×2, confidence 0.90"


def test_what_matters_most_stays_on_a_low_screen() -> None:
    board = board_after(6, 9)
    assert [line[:7] for line in shown(board, rows=2)] == ["4 writi"]
    assert [line[:4] for line in shown(board, rows=3)] == ["▸ 41", "4 wr"]


def test_colours_add_nothing_to_what_is_said() -> None:
    for line in panel(board_after(6, 10), 10, 80, 24):
        bare = paint(line, True)
        for code in ("\x1b[2m", "\x1b[1m", "\x1b[1;36m", "\x1b[0m"):
            bare = bare.replace(code, "")
        assert bare == paint(line, False)


def test_steps_and_scores_of_a_search() -> None:
    board = Board(lambda: 0.0)
    for event in (
        Open((0,)), Text((0,), "First.\n\n", 4), StepDone((0,), 0), Close((0,), "step", 4),
        Score((0,), "judge", 0.75), Open((1,)), Text((1,), "Second", 2),
    ):  # fmt: skip
        assert board.see(event) is None
    assert shown(board)[-3].startswith("> 1 writing      2 tok  Second")
    assert shown(board)[-2].startswith("= 0 waiting      4 tok  step 1  score 0.75  First.")
    board.see(Open((0, 3)))
    assert [lane.branch for lane in board.live] == [(0, 3), (1,)]


def test_a_step_that_a_search_gave_up_is_gone() -> None:
    board = Board(lambda: 0.0)
    for branch in ((0,), (1,)):
        for event in (Open(branch), Text(branch, "First.\n\n", 4), Close(branch, "step", 4)):
            board.see(event)
    assert board.see(Close((0,), "culled", 4)) is None
    assert [lane.branch for lane in board.waiting] == [(1,)]
    assert "0 writing, 0 done · 1 stopped early" in shown(board)[-1]


def test_the_line_that_a_finished_branch_leaves() -> None:
    board = board_after(1, 5)
    lane = board.see(Close((0,), "end", 15, "42", 10.25))
    assert lane is not None
    close = Close((0,), "end", 15, "42", 10.25)
    assert paint(finished(lane, close), False) == "✓ 0  42 · 15 tokens"
    assert "✗ 0  15 tokens · cut: budget" in paint(finished(lane, Close((0,), "budget", 15)), False)
    assert width(paint(cut(finished(lane, close), 19), False)) == 19
    judged = Score((0, 1), "exec:x", 1.0, "ok\n\x1b[2J")
    assert paint(scored(judged), False) == "= 0.1  score 1.00 by exec:x · ok"


def test_the_time_left_is_by_the_estimate_and_then_by_the_speed() -> None:
    board = board_after(2, 0)
    board.estimate = {"tokens": 100, "seconds": 20}
    assert "~15 s left" in shown(board, now=5)[-1]
    board.first, board.tokens, board.plan = 5.0, 50, {"samples": 6}
    assert "10/s · 10 s · up to 5 s left" in shown(board, now=10)[-1]
    board.tokens = 100
    assert "left" not in shown(board, now=10)[-1]
