"""Programs in views, results and training data."""

from __future__ import annotations

import io
import json

from ttc_cli.core.events import Close, Event, Open, ProgramRun, Start, Text, Vote, decode, encode
from ttc_cli.views.board import Board
from ttc_cli.views.jsonl import JsonlView
from ttc_cli.views.panel import finished
from ttc_cli.views.traces import traces, tree

CODE = "```python\ndef solution():\n    return 7"
RIGHT = (
    Start({}),
    Open((0,)),
    Text((0,), CODE, 9),
    ProgramRun((0,), "7", "", 0.05),
    Close((0,), "string", 9, "7"),
)
WRONG = (
    Open((1,)),
    Text((1,), CODE, 9),
    ProgramRun((1,), "", "NameError: name 'x' is not defined", 0.05),
    Close((1,), "string", 9),
)


def lines(events: tuple[Event, ...]) -> list[str]:
    board = Board(lambda: 0.0)
    said = []
    for event in events:
        lane = board.see(event)
        if lane is not None and isinstance(event, Close):
            said.append("".join(text for text, _ in finished(lane, event)))
    return said


def test_a_program_that_ran_and_one_that_failed_are_told() -> None:
    assert lines(RIGHT) == ["✓ 0  7 · program · 9 tokens"]
    assert lines(WRONG) == ["✗ 1  program · 9 tokens · failed: NameError: name 'x' is not defined"]


def test_runs_are_events_for_programs_and_for_the_log() -> None:
    out = io.StringIO()
    view = JsonlView(out, 0.0)
    for event in RIGHT:
        view(event)
    row = next(r for r in map(json.loads, out.getvalue().splitlines()) if r["type"] == "program")
    assert row.pop("t") > 0
    assert row == {
        "type": "program", "branch": [0], "answer": "7", "error": "", "seconds": 0.05,
    }  # fmt: skip
    for event in (*RIGHT, *WRONG, Vote((("7", 1, 2.0),), 0.5)):
        assert decode(json.loads(json.dumps(encode(event)))) == event


def test_a_tree_says_what_a_program_gave() -> None:
    first, second = tree(traces((*RIGHT, *WRONG)))
    assert "program: 7" in first
    assert "program: NameError" in second
