"""For people: the answer on stdout, everything else on stderr.

stdout gets the answer from the moment it is decided: at once when one branch was drawn, at the
end when several were. On a terminal stderr shows thoughts (dimmed) and one status line that is
redrawn in place; elsewhere only what was asked for.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

from ttc_cli.core.events import Close, Done, Event, Note, Open, Start, StepDone, Text, Vote
from ttc_cli.prompts.thoughts import ThoughtSplitter
from ttc_cli.views.text import plain, shorten

REDRAW_SECONDS = 0.1
DIM, RESET, CLEAR = "\x1b[2m", "\x1b[0m", "\r\x1b[K"


@dataclass(frozen=True, slots=True)
class Look:
    """How to show a run.

    Args:
        terminal: stderr is a terminal that understands control sequences.
        color: colours and dimming may be used.
        thoughts: show thoughts on stderr.
        stream: print the answer while it is written.
        quiet: nothing on stderr but errors.
        answer: whether stdout gets the reply as events come (not with --json, -x or -o).
        onto_terminal: stdout is a terminal: control characters are kept off it.
    """

    terminal: bool = False
    color: bool = False
    thoughts: bool = False
    stream: bool = True
    quiet: bool = False
    answer: bool = True
    onto_terminal: bool = False


class PlainView:
    """A sink for people.

    Args:
        out, err: where answer and everything else go.
        clock: seconds, for the redraw interval and the speed shown.
    """

    def __init__(
        self,
        look: Look,
        out: IO[str],
        err: IO[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look = look
        self._out = out
        self._err = err
        self._clock = clock
        self._streams = False
        self._thinking = False
        self._splitters: dict[tuple[int, ...], ThoughtSplitter] = {}
        self._status = _Status(clock)
        self._drawn = 0.0
        self._shown = look.terminal and not look.quiet  # there may be a line from before the view
        self._last_kind = ""
        self._held = ""
        self._mid_line = False
        self.printed = False

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        self._status.see(event)
        if isinstance(event, Start):
            self._streams = bool(event.plan.get("streams"))
            self._thinking = bool(event.plan.get("thinking"))
        elif isinstance(event, Note):
            self.say(event.message)
        elif isinstance(event, Text) and self._streams:
            self._stream(event)
        elif isinstance(event, Done):
            self._finish(event.result)
        if not isinstance(event, Done):
            self._redraw()

    def say(self, line: str) -> None:
        """One line on stderr."""
        if not self._look.quiet:
            self.clear()
            self._end_thought()
            self._end_line()
            self._err.write(f"{plain(line)}\n")
            self._err.flush()

    def status(self, line: str) -> None:
        """Put a line where the status line will be, on a terminal only."""
        if self._look.terminal and not self._look.quiet:
            self._err.write(CLEAR + shorten(line, self._columns() - 1))
            self._err.flush()
            self._shown = True

    def clear(self) -> None:
        """Take the status line off the screen."""
        if self._shown:
            self._err.write(CLEAR)
            self._err.flush()
            self._shown = False

    def end(self) -> None:
        """Leave the terminal as it was found, at the start of a line, whatever happened."""
        with contextlib.suppress(OSError):
            self.clear()
            self._end_thought()
            self._end_line()

    def _columns(self) -> int:
        try:  # stderr's own: stdout may be a pipe
            return os.get_terminal_size(self._err.fileno()).columns or 80
        except (OSError, ValueError):
            return shutil.get_terminal_size().columns

    def _end_line(self) -> None:
        """Before something else is said: an answer that was broken off ends its line."""
        if self._look.onto_terminal and self._mid_line:
            self._out.write("\n")
            self._out.flush()
            self._mid_line = False

    # -- one branch, as it is written --------------------------------------------------------

    def _stream(self, event: Text) -> None:
        splitter = self._splitters.get(event.branch)
        if splitter is None:
            splitter = self._splitters[event.branch] = ThoughtSplitter(self._thinking)
        for kind, text in splitter.feed(event.text):
            self._emit(kind, text)

    def _emit(self, kind: str, text: str) -> None:
        if kind == "thought":
            if self._look.thoughts and not self._look.quiet:
                self.clear()
                self._dim(text)
                self._last_kind = "thought"
            return
        if self._look.answer and self._look.stream:
            if self._look.onto_terminal:
                self.clear()
            self._end_thought()
            self._write(text)

    def _dim(self, text: str) -> None:
        self._err.write(f"{DIM}{plain(text)}{RESET}" if self._look.color else plain(text))
        self._err.flush()

    def _end_thought(self) -> None:
        if self._last_kind == "thought":
            self._err.write("\n")
            self._err.flush()
            self._last_kind = ""

    def _write(self, text: str) -> None:
        """The answer; line ends are held back until more follows, since it ends with just one."""
        text = self._held + (plain(text) if self._look.onto_terminal else text)
        shown = text.rstrip("\n")
        self._held = text[len(shown) :]
        if shown:
            self._out.write(shown)
            self._out.flush()
            self.printed = self._mid_line = True

    # -- the end -----------------------------------------------------------------------------

    def _finish(self, result: dict[str, Any]) -> None:
        self.clear()
        reply = str(result["choices"][0]["message"]["content"])
        if self._look.answer:
            if self._streams and self._look.stream:
                for splitter in self._splitters.values():
                    for kind, text in splitter.finish():
                        self._emit(kind, text)
            else:
                thought = result["choices"][0]["message"].get("reasoning_content")
                if thought and self._look.thoughts and not self._look.quiet:
                    self._dim(thought + "\n")
                self._write(reply)
            self._out.write("\n")
            self._out.flush()
            self._mid_line = False
        self._end_thought()
        if self._look.terminal and not self._look.quiet:
            for line in summary(result):
                self._err.write(f"{DIM}{plain(line)}{RESET}\n" if self._look.color else f"{line}\n")
            self._err.flush()

    def _redraw(self) -> None:
        now = self._clock()
        if not self._look.terminal or self._look.quiet or now - self._drawn < REDRAW_SECONDS:
            return
        if self._last_kind or (self.printed and self._look.onto_terminal):
            return  # what is being written is the progress
        self._drawn = now
        self.status(self._status.line())


class _Status:
    """What the status line says: branches, votes, tokens, speed."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()
        self._open: set[tuple[int, ...]] = set()
        self._done = 0
        self._tokens = 0
        self._first: float | None = None
        self._votes = ""
        self._what = ""

    def see(self, event: Event) -> None:
        if isinstance(event, Start):
            plan = event.plan
            self._what = f"{plan.get('strategy')} ({plan.get('effort')})"
        elif isinstance(event, Open):
            self._open.add(event.branch)
        elif isinstance(event, Text):
            self._first = self._first or self._clock()
            self._tokens += event.tokens
        elif isinstance(event, Close | StepDone):
            self._done += isinstance(event, Close)
            self._open.discard(event.branch)
        elif isinstance(event, Vote):
            top = ", ".join(f"{shorten(a, 16)}: {n}" for a, n, _ in event.classes[:3])
            lead = f" ({event.lead:.0%} safe)" if event.lead is not None else ""
            self._votes = top + lead if top else ""

    def line(self) -> str:
        now = self._clock()
        parts = []  # what changes first: a narrow terminal cuts the end off
        if self._first is None:
            parts.append(f"reading the prompt, {now - self._began:.0f} s")
        else:
            parts.append(f"{len(self._open)} writing, {self._done} done")
            parts.append(f"{self._tokens} tokens")
            if now - self._first > 1:
                parts.append(f"{self._tokens / (now - self._first):.0f}/s")
        return " · ".join(part for part in [*parts, self._votes, self._what] if part)


def summary(result: dict[str, Any]) -> list[str]:
    """One or two lines about a run: how it was decided and what it cost."""
    ours = result["ttc"]
    lines = []
    if ours["votes"]:
        votes = ", ".join(f"{plain(v['answer'])} ×{v['count']}" for v in ours["votes"][:4])
        more = f" and {len(ours['votes']) - 4} more" if len(ours["votes"]) > 4 else ""
        lines.append(f"votes: {votes}{more} · agreement {ours['agreement']:.0%}")
    tokens = ours["tokens"]
    speed = tokens["sampled"] / ours["timings"]["decode_s"] if ours["timings"]["decode_s"] else 0
    parts = [
        f"{ours['strategy']} ({ours['effort']})",
        f"{tokens['sampled']} tokens",
        "from the cache" if ours["cache"] == "hit" else "",
        f"{speed:.0f}/s" if speed else "",
        f"{ours['cost']['seconds']:.1f} s",
        f"{ours['cost']['multiplier']}x" if ours["cost"]["multiplier"] else "",
        f"stopped: {ours['stopped']}" if ours["stopped"] != "complete" else "",
    ]
    return [*lines, " · ".join(part for part in parts if part)]
