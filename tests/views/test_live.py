"""The live view on a screen: nothing twice, nothing left over, nothing that drives it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from scenes import EVIL, Paper, result, show, single, vote

from ttc_cli.core.events import Event, Start, Tick, decode, encode
from ttc_cli.views import live
from ttc_cli.views.live import LiveView
from ttc_cli.views.plain import Look, PlainView, summary

Screen = Callable[[int, int], Paper]
LOOK = Look(terminal=True, color=True, onto_terminal=True, thoughts="folded")
SPOKEN = Look(spoken=True, onto_terminal=True, thoughts="folded")


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (200, 60), (20, 5)])
@pytest.mark.parametrize("branches", [1, 6, 70])
def test_the_end_is_a_line_a_branch_the_answer_and_two_lines(
    screen: Screen, size: tuple[int, int], branches: int
) -> None:
    paper = screen(*size)
    show(vote(branches), paper, LOOK)
    lines = paper.lines
    assert sum(line.startswith("✓ ") for line in lines) == branches
    at = lines.index("The answer is 42.")
    assert at == branches
    assert lines[at + 1].startswith("votes: 4")
    assert not any("writing" in line for line in lines)
    assert not paper.screen.cursor.hidden
    assert paper.screen.cursor.x == 0


def test_one_reply_that_was_checked_has_no_line_of_its_own(screen: Screen) -> None:
    paper = screen(80, 24)
    start, *rest = vote(1)
    assert isinstance(start, Start)
    show(iter([replace(start, plan={**start.plan, "samples": 1}), *rest]), paper, LOOK)
    assert paper.lines[0] == "The answer is 42."


def test_a_resize_leaves_no_frame_behind(screen: Screen) -> None:
    paper = screen(80, 24)
    sizes = {3: (24, 40), 5: (30, 100), 7: (10, 60), 9: (24, 80), 10: (12, 60)}

    def resize(_view: PlainView, tick: int) -> None:
        if tick in sizes:
            paper.screen.resize(*sizes[tick])

    show(vote(6), paper, LOOK, each=resize)
    visible = [line.rstrip() for line in paper.screen.display if line.strip()]
    assert sum("The answer is 42." in line for line in visible) == 1
    assert not any("writing" in line or "█" in line for line in visible)


@pytest.mark.parametrize("tick", [0.01, 0.1, 3.0])
def test_a_replay_leaves_the_same_screen(screen: Screen, tick: float) -> None:
    run, replay = screen(80, 50), screen(80, 50)
    show(vote(6), run, LOOK)
    logged = [json.dumps(encode(event)) for event in vote(6) if not isinstance(event, Tick)]

    def replayed() -> Iterator[Event]:
        for line in logged:
            yield decode(json.loads(line))
            yield Tick()

    show(replayed(), replay, LOOK, tick=tick)
    assert replay.lines == run.lines


def test_what_a_model_writes_does_not_drive_the_terminal(screen: Screen) -> None:
    for events in (vote(3, text=(EVIL, "word ")), single(EVIL, "word")):
        paper = screen(80, 24)
        show(events, paper, LOOK)
        assert "\x1b[31m" not in paper.raw
        assert "\x07" not in paper.raw
        assert "\x9b" not in paper.raw


def test_no_more_than_ten_frames_a_second_and_none_without_a_change(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = screen(80, 24)
    show(vote(6), paper, LOOK, tick=0.01)
    frames = paper.raw.count("\x1b[?2026h")
    assert frames <= 2 + 6 + 2 + 1  # first, one for each finished line, tenths, clears
    monkeypatch.setattr(live, "REDRAW_SECONDS", 0)
    view = LiveView(LOOK, paper, paper, lambda: 100.0)
    for event in list(vote(6))[:20]:
        view(event)
    before = paper.writes
    for _ in range(5):
        view(Tick())
    assert paper.writes - before <= 1


def test_without_colours_there_are_none(screen: Screen) -> None:
    paper = screen(80, 24)
    show(vote(6), paper, Look(terminal=True, onto_terminal=True))
    assert "\x1b[1;36m" not in paper.raw
    assert "\x1b[2m" not in paper.raw


def test_a_terminal_that_cannot_draw_is_told_the_same_in_lines(screen: Screen) -> None:
    paper = screen(80, 60)
    show(vote(6), paper, SPOKEN, tick=3.0)
    assert "\x1b" not in paper.raw
    assert "\r" not in paper.raw
    lines = paper.lines
    assert lines[0] == "self-consistency (high) · math: a short answer"
    assert sum(line.startswith("✓ ") for line in lines) == 6
    assert any(line.startswith("6 writing, 0 done") for line in lines)
    assert any(line.startswith("vote: 42 ×") for line in lines)
    assert "The answer is 42." in lines


def test_thoughts_are_folded_shown_or_left_out(screen: Screen) -> None:
    texts = ("<think>", "hmm ", "let me see", "</think>", "It is ", "42.")
    ends = {}
    for thoughts in ("folded", "full", "none"):
        paper = screen(80, 24)
        seen: list[str] = []
        look = Look(terminal=True, onto_terminal=True, thoughts=thoughts)
        each = lambda _v, _t, p=paper, s=seen: s.extend(p.lines)  # noqa: E731
        show(single(*texts), paper, look, each=each)
        assert ("hmm let me see" in " ".join(seen)) == (thoughts != "none")
        ends[thoughts] = paper.lines[:-1]
    assert ends["folded"] == ["thought for 3 tokens", "It is 42."]
    assert ends["full"] == ["hmm let me see", "It is 42."]
    assert ends["none"] == ["It is 42."]


def test_erasure_takes_the_panel_off_the_screen(screen: Screen) -> None:
    paper = screen(80, 24)
    now = 0.0
    view = LiveView(LOOK, paper, paper, lambda: now)
    paper.write("$ ttc\n")
    for event in list(vote(6))[:30]:
        now += 0.1
        view(event)
    assert len(paper.lines) > 6
    paper.write(view.erasure())
    assert paper.lines == ["$ ttc"]


def test_what_others_wrote_while_it_was_stopped_stays(screen: Screen) -> None:
    paper = screen(80, 48)
    view = LiveView(LOOK, paper, paper, lambda: 0.0)
    events = list(vote(6))
    for event in events[:30]:
        view(event)
    paper.write("\n[1]+  Stopped\n$ fg\n")
    view.forget()  # as after Ctrl-Z
    for event in events[30:]:
        view(event)
    assert "[1]+  Stopped" in paper.lines
    assert "$ fg" in paper.lines


def test_what_reads_the_answer_may_write_it_on_the_same_terminal(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = screen(80, 24)  # as in `ttc ... | tee notes`
    monkeypatch.setattr(live, "REDRAW_SECONDS", 0)
    view = LiveView(replace(LOOK, onto_terminal=False, onto_pipe=True), paper, paper, lambda: 0.0)
    view.status("loading the model")
    for event in single("one ", "two ", "three"):
        view(event)
    view.end()
    assert paper.lines[0] == "one two three"
    assert paper.lines[1].startswith("self-consistency")
    assert not any("writing" in line for line in paper.lines)


def test_an_answer_that_goes_into_a_file_leaves_the_panel_alone(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper, pipe = screen(80, 24), io.StringIO()
    seen: list[str] = []
    monkeypatch.setattr(live, "REDRAW_SECONDS", 0)
    view = LiveView(Look(terminal=True), pipe, paper, lambda: 0.0)
    for event in single("one ", "\x1btwo"):
        view(event)
        seen += paper.lines
    assert pipe.getvalue() == "one \x1btwo\n"
    assert any(line.startswith("1 writing, 0 done · 2 of 4,000") for line in seen)
    assert paper.lines[0].startswith("self-consistency")


def test_a_class_that_won_by_weight_shows_its_share() -> None:
    found = result("19", {"19": 1, "7": 2})
    found["ttc"]["votes"][0]["weight"] = 2.5
    assert summary(found)[0].startswith("votes: 19 ×1 (56%), 7 ×2 (44%) · ")
    assert summary(result("7", {"7": 2, "19": 1}))[0].startswith("votes: 7 ×2, 19 ×1 · ")
