"""Runs as events, for the tests of what is shown of them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pyte

from ttc_cli.core.events import Close, Done, Event, Open, Start, Text, Tick, Vote
from ttc_cli.views.live import LiveView, SpokenView
from ttc_cli.views.plain import Look, PlainView

PLAN: dict[str, Any] = {
    "strategy": "self-consistency", "effort": "high", "samples": 6, "budget": 4000,
    "thinking": False, "streams": False,
    "route": {"task": "math", "path": "complex", "reason": "math: a short answer"},
}  # fmt: skip
WORDS = ("so ", "17 + 25 ", "is ", "漢字 ", "🎉 ", "42\n", "\\boxed{42} ")
EVIL = "\x1b[2J\x1b[31m\x07\x9b0m\u202e"


def vote(branches: int, *, text: tuple[str, ...] = WORDS) -> Iterator[Event]:
    """A vote, from Start to Done; the clock of whoever shows it ticks at every Tick."""
    yield Start({"prompt": "q"}, PLAN, {"tokens": 10 * branches, "seconds": 20.0})
    for branch in range(branches):
        yield Open((branch,))
    counts: dict[str, int] = {}
    for at in range(12):
        for branch in range(branches):
            last = 8 + branch % 4
            if at < last:
                yield Text((branch,), text[at % len(text)], 1, 9.0 + branch % 3)
            elif at == last:
                answer = "42" if branch % 3 else "41"
                counts[answer] = counts.get(answer, 0) + 1
                yield Close((branch,), "end", last, answer, 10.5, 2.0)
                classes = sorted(counts.items(), key=lambda item: -item[1])
                yield Vote(tuple((a, n, float(n)) for a, n in classes), 0.9)
        yield Tick()
    yield Done(result("The answer is 42.", votes=counts))


def single(*texts: str, thinking: bool = False) -> Iterator[Event]:
    """One branch that is printed as it comes, a Text for each of the texts."""
    yield Start({}, {**PLAN, "strategy": "direct", "streams": True, "thinking": thinking}, {})
    yield Open((0,))
    for text in texts:
        yield Text((0,), text, 1)
        yield Tick()
    yield Close((0,), "end", len(texts))
    yield Done(result("".join(texts)))


def result(reply: str, votes: dict[str, int] | None = None) -> dict[str, Any]:
    """As much of a result as views read."""
    return {
        "choices": [{"message": {"role": "assistant", "content": reply}}],
        "ttc": {
            "strategy": "self-consistency", "effort": "high", "stopped": "complete",
            "votes": [{"answer": a, "count": n, "weight": n} for a, n in (votes or {}).items()],
            "cache": "miss", "agreement": 0.67, "tokens": {"sampled": 100},
            "timings": {"decode_s": 2.0},
            "cost": {"seconds": 3.2, "multiplier": 4.0},
        },
    }  # fmt: skip


class Paper(io.StringIO):
    """A terminal's screen as a stream; stdout and stderr may share it."""

    encoding = "utf-8"  # type: ignore[assignment]

    def __init__(self, columns: int, rows: int) -> None:
        super().__init__()
        self.screen = pyte.HistoryScreen(columns, rows, history=1000)
        self._feed = pyte.Stream(self.screen).feed
        self.raw = ""
        self.writes = 0

    def write(self, text: str) -> int:
        self.raw += text
        self.writes += 1
        self._feed(text.replace("\n", "\r\n"))
        return len(text)

    @property
    def lines(self) -> list[str]:
        """What stands on the screen, and what scrolled off it."""
        above = [
            "".join(row[x].data for x in range(self.screen.columns)).rstrip()
            for row in self.screen.history.top
        ]
        below = [line.rstrip() for line in self.screen.display]
        return "\n".join(above + below).rstrip().split("\n")


def show(
    events: Iterator[Event],
    paper: Paper,
    look: Look,
    *,
    tick: float = 0.1,
    each: Callable[[PlainView, int], None] = lambda _view, _tick: None,
) -> None:
    """Show a run on a screen whose time passes by `tick` seconds at every Tick."""
    now = 0.0
    view = (LiveView if look.terminal else SpokenView)(look, paper, paper, lambda: now)
    ticks = 0
    for event in events:
        view(event)
        if isinstance(event, Tick):
            now += tick
            ticks += 1
            each(view, ticks)
    view.end()
