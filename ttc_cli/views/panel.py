"""How a run looks in a few lines: pure functions from what is known to styled lines.

A line is a list of (text, style) spans; styles are emphasis only, never the message, so the
same lines say the same without colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ttc_cli.core.branch import BranchId
from ttc_cli.core.events import Close, Score
from ttc_cli.views.board import Board, Lane
from ttc_cli.views.text import head, one_line, shorten, span, tail, width

Span = tuple[str, str]
Line = list[Span]

CODES = {"dim": "\x1b[2m", "bold": "\x1b[1m", "lead": "\x1b[1;36m", "": ""}
RESET = "\x1b[0m"
MOST = 16  # lines of a panel; it is small on a large screen too
BARS = 4
NARROW = 44  # columns below which a branch shows its name and text and nothing else
STATES = {"reading": "…", "thinking": "~", "writing": ">", "waiting": "="}


@dataclass(frozen=True, slots=True)
class Marks:
    """Characters for what ASCII has no sign for."""

    bar: str = "█"
    lead: str = "▸"
    done: str = "✓"
    cut: str = "✗"


ASCII = Marks("#", "*", "+", "x")


def paint(line: Line, color: bool) -> str:
    """A line with or without its escape codes."""
    if not color:
        return "".join(text for text, _ in line)
    return "".join(f"{CODES[s]}{text}{RESET}" if CODES[s] else text for text, s in line)


def cut(line: Line, columns: int) -> Line:
    """The start of a line, as far as it goes into `columns` columns."""
    out: Line = []
    for text, style in line:
        text = head(text, columns)
        columns -= width(text)
        if text:
            out.append((text, style))
    return out


def panel(
    board: Board, now: float, columns: int, rows: int, *, thoughts: bool = True,
    marks: Marks = Marks(), preview: Sequence[str] | None = None,
) -> list[Line]:  # fmt: skip
    """The panel: at most rows - 1 lines, each shorter than `columns`.

    Args:
        now: on the board's clock. thoughts: show what branches write.
        preview: what is not printed yet of the one answer that is being written, a line each;
            None when none of it is printed before its end.

    What matters most stays when there is little room: the status, then the vote, then branches.
    """
    room = max(1, min(rows - 1, MOST))
    columns = max(1, columns - 1)  # a terminal wraps a line that fills the last column
    lines = [cut(status(board, now), columns)]
    room -= 1
    if board.plan.get("streams"):
        said = list(preview or ()) or _writing(board, columns, thoughts, preview is None)
        return [[(text, "dim")] for text in said[-room:] if room] + lines
    bars = votes(board, columns, min(BARS, room if room < 3 else room - 2), marks)
    room -= len(bars)
    route = [cut(why(board), columns)] if room > 3 and why(board) else []
    room -= len(route)
    return [*route, *_lanes(board, columns, room, thoughts), *bars, *lines]


def status(board: Board, now: float) -> Line:
    """Counts, cost against the budget, speed and time; what changes first comes first."""
    if board.first is None:
        parts = [f"reading the prompt, {span(now - board.began)}"]
    else:
        budget, spent = board.plan.get("budget"), board.tokens + board.verifier
        writing = now - board.first
        told = [
            f"{len(board.live)} writing, {board.done} done",
            f"{board.culled} stopped early" if board.culled else "",
            f"{min(spent, budget):,} of {budget:,} tokens" if budget else f"{spent:,} tokens",
            "" if board.money is None else f"cost {board.money:.3g}",
            f"{board.tokens / writing:.0f}/s" if writing > 1 else "",
            span(now - board.began),
        ]
        parts = [part for part in told if part]
    if (left := remaining(board, now)) is not None:
        most = "up to " if board.plan.get("samples", 1) > 1 else "~"  # a vote may end early
        parts.append(f"{most}{span(left)} left")
    return [(" · ".join(parts), "")]


def remaining(board: Board, now: float) -> float | None:
    """Seconds that the run will still take if it goes on as planned; None when not known."""
    tokens, seconds = board.estimate.get("tokens"), board.estimate.get("seconds")
    elapsed = now - board.began
    if board.first is not None and now - board.first > 2 and tokens:
        speed = board.tokens / (now - board.first)
        left = (tokens - board.tokens) / speed if speed else None
    else:
        left = None if seconds is None else seconds - elapsed
    return left if left is not None and left >= 1 else None


def why(board: Board) -> Line:
    """Strategy, effort, and the route with its reason."""
    plan = board.plan
    reason = one_line(str((plan.get("route") or {}).get("reason", "")))
    head_ = f"{plan.get('strategy')} ({plan.get('effort')})"
    return [(head_, "bold"), (f" · {reason}" if reason else "", "dim")] if plan else []


def votes(board: Board, columns: int, most: int, marks: Marks = Marks()) -> list[Line]:
    """The heaviest classes as bars with counts, and how likely the first is right."""
    if not board.votes or most < 1:
        return []
    shown = [(label(answer), count, weight) for answer, count, weight in board.votes[:most]]
    names = min(max(width(a) for a, _, _ in shown), max(4, columns // 4))
    lead = f" · confidence {board.lead:.2f}" if board.lead is not None else ""
    lead += f" · {_given(board)}" if board.answered[1] else ""
    most_weight = max(w or n for _, n, w in shown) or 1.0
    room = max(0, min(30, columns - names - 8 - width(lead)))
    lines = []
    for at, (answer, count, weight) in enumerate(shown):
        answer = shorten(answer, names)
        bar = marks.bar * max(1 if room else 0, round(room * (weight or count) / most_weight))
        more = lead if at == 0 else ""
        if at == most - 1 and len(board.votes) > most:
            more += f" · and {len(board.votes) - most} more"
        style = "lead" if at == 0 else ""
        pad = " " * (names - width(answer))
        head_ = f"{marks.lead if at == 0 else ' '} {answer}{pad} "
        lines.append(cut([(head_, style), (bar, style), (f" {count}", ""), (more, "")], columns))
    return lines


def _given(board: Board) -> str:
    """How many of the samples so far have an answer."""
    return f"answered {board.answered[0]} of {board.answered[1]}"


def tally(board: Board) -> str:
    """The vote in words."""
    named = (f"{shorten(label(answer), 30)} ×{count}" for answer, count, _ in board.votes[:3])
    counts = ", ".join(named)
    lead = f", confidence {board.lead:.2f}" if board.lead is not None else ""
    given = f", {_given(board)}" if board.answered[1] else ""
    return f"vote: {counts}{lead}{given}" if counts else ""


def _lanes(board: Board, columns: int, room: int, thoughts: bool) -> list[Line]:
    lanes = [*board.live, *board.waiting]
    if room < 1 or not lanes:
        return []
    shown = lanes if len(lanes) <= room else lanes[: room - 1]
    names = max((len(name(lane.branch)) for lane in shown), default=0)
    lines = [_lane(lane, columns, names, thoughts) for lane in shown]
    if len(lanes) > len(shown):
        lines.append(cut([(f"  and {len(lanes) - len(shown)} more", "dim")], columns))
    return lines


def _lane(lane: Lane, columns: int, names: int, thoughts: bool) -> Line:
    start = f"{STATES[lane.state]} {name(lane.branch):<{names}}"
    if columns >= NARROW:
        start += f" {lane.state:<8} {lane.tokens:>5} tok"
        if lane.steps:
            start += f"  step {lane.steps}"
    if lane.score is not None:
        start += f"  score {lane.score:.2f}"
    start = head(start, columns) + "  "
    said = tail(lane.tail, columns - width(start)) if thoughts else ""
    return cut([(start, ""), (said, "dim")], columns)


def _writing(board: Board, columns: int, thoughts: bool, answers: bool) -> list[str]:
    """The end of what the one branch thinks, or of its answer too, on a line."""
    states = [state for state, shown in (("thinking", thoughts), ("writing", answers)) if shown]
    said = (tail(lane.tail, columns) for lane in board.live if lane.state in states)
    return [text for text in said if text]


def finished(lane: Lane, event: Close, marks: Marks = Marks()) -> Line:
    """One line about a branch that has ended; nothing in it depends on when it is drawn."""
    program = lane.program
    ended = event.stop in ("end", "string") and not (program and program.error)
    parts = [f"{event.tokens} tokens"]
    if program is not None:
        parts.insert(0, "program")
    if program is not None and program.error:
        parts.append(f"failed: {one_line(program.error)}")
    elif not ended:
        parts.append(f"cut: {event.stop}")
    if event.answer is not None:
        parts.insert(0, shorten(label(event.answer), 30))
    elif ended:
        parts.append(tail(lane.tail, 30))
    mark = marks.done if ended else marks.cut
    return [(f"{mark} {name(event.branch)}  {' · '.join(parts)}", "dim")]


def scored(event: Score) -> Line:
    """One line about a finished branch that a verifier judged."""
    score = "no score" if event.score is None else f"score {event.score:.2f}"
    note = f" · {shorten(event.note, 60)}" if event.note else ""
    return [(f"= {name(event.branch)}  {score} by {one_line(event.verifier)}{note}", "dim")]


def label(answer: str) -> str:
    """A short answer on one line; one that is blank is said to be."""
    return one_line(answer) or "(blank)"


def name(branch: BranchId) -> str:
    """A branch's name, as in the log and in JSON."""
    return ".".join(map(str, branch)) or "root"
