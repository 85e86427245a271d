"""The live view's share of a run's CPU: the same events once through it and once past it.

The events are those of a vote whose branches all get a token a poll, at the pace of the engine
given; the view draws onto a pseudo-terminal that somebody reads. Prints CPU seconds of the view
for each second of such a run: the share of one core.

usage: python benchmarks/live_cost.py [BRANCHES] [TOKENS_A_SECOND] [SECONDS]
"""

from __future__ import annotations

import io
import os
import pty
import sys
import threading
import time
from collections.abc import Iterator

from ttc_cli.core.events import Event, Open, Start, Text, Tick, Vote
from ttc_cli.views.live import LiveView
from ttc_cli.views.plain import Look

WORDS = ("so ", "17 + 25 ", "is then ", "equal to 42, ", "which ", "we check:\n")


def vote(branches: int, speed: float, seconds: float) -> Iterator[tuple[float, Event]]:
    """(time, event) of a vote: `speed` tokens a second, over all branches."""
    yield 0.0, Start({}, {"strategy": "self-consistency", "effort": "high"}, {"tokens": 9999})
    for branch in range(branches):
        yield 0.0, Open((branch,))
    yield 0.0, Vote((("42", 5, 5.0), ("41", 2, 2.0)), 0.9)
    step = branches / speed
    for at in range(int(seconds / step)):
        for branch in range(branches):
            yield at * step, Text((branch,), WORDS[at % len(WORDS)], 1, 11.0)
        yield at * step, Tick()


def main() -> None:
    """Measure."""
    branches, speed, seconds = 16, 100.0, 60.0
    given = [float(word) for word in sys.argv[1:]]
    branches = int(given[0]) if given else branches
    speed = given[1] if len(given) > 1 else speed
    seconds = given[2] if len(given) > 2 else seconds
    reader, writer = pty.openpty()
    threading.Thread(target=_drain, args=(reader,), daemon=True).start()
    err = os.fdopen(writer, "w", encoding="utf-8")
    now = 0.0
    view = LiveView(Look(terminal=True, color=True), io.StringIO(), err, lambda: now)
    events = list(vote(branches, speed, seconds))
    began = time.thread_time()
    for at, event in events:
        now = at
        view(event)
    spent = time.thread_time() - began
    print(
        f"{branches} branches, {speed:.0f} tokens/s, {seconds:.0f} s: {spent:.2f} s of CPU,"
        f" {spent / seconds:.2%} of one core, {1e6 * spent / len(events):.0f} µs an event"
    )


def _drain(reader: int) -> None:
    while os.read(reader, 65536):
        pass


if __name__ == "__main__":
    main()
