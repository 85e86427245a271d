"""For people: the answer on stdout, everything else on stderr.

stdout gets the answer from the moment it is decided: at once when one branch was drawn, at the
end when several were. Nothing is drawn over here, so it suits pipes and files as it is; the views
of `live` show a run while it goes on.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import IO, Any, Literal

from ttc_cli.core.errors import masked
from ttc_cli.core.events import WHOLE, Done, Event, Note, Start, Text
from ttc_cli.prompts.thoughts import ThoughtSplitter
from ttc_cli.views.terminal import Frame, Raw, Rendered
from ttc_cli.views.text import agreed, plain, shorten

DIM, RESET = "\x1b[2m", "\x1b[0m"
Thoughts = Literal["full", "folded", "none"]


@dataclass(frozen=True, slots=True)
class Look:
    """How to show a run.

    Args:
        terminal: stderr is a terminal that understands control sequences.
        spoken: stderr is a terminal that does not: what it is told is read out, line by line.
        color: colours and dimming may be used.
        thoughts: on stderr in full, as a line that says how long they were, or not at all.
        program: on stderr, the program behind the answer.
        stream: print the answer while it is written. quiet: nothing on stderr but errors.
        answer: whether stdout gets the reply as events come (not with --json, -x or -o).
        onto_terminal: stdout is a terminal: control characters are kept off it.
        onto_pipe: it is a pipe, whose reader may write on the same terminal as we do.
        render: what is Markdown in the answer is shown as it is meant.
    """

    terminal: bool = False
    spoken: bool = False
    color: bool = False
    thoughts: Thoughts = "none"
    program: bool = False
    stream: bool = True
    quiet: bool = False
    answer: bool = True
    onto_terminal: bool = False
    onto_pipe: bool = False
    render: bool = False


class PlainView:
    """A sink for people; answer and everything else go to `out` and `err`."""

    def __init__(self, look: Look, out: IO[str], err: IO[str]) -> None:
        self._look, self._err = look, err
        self._talks = not look.quiet
        drawn = look.terminal and not look.quiet  # there may be a line from before the view
        self._frame = Frame(err, shown=drawn)
        self._reply = (Rendered if look.render else Raw)(
            out, look.onto_terminal, self._columns, self._before_reply
        )
        self._streams = self._draft = False
        self._thinking = False
        self._splitters: dict[tuple[int, ...], ThoughtSplitter] = {}
        self._mid_thought = False
        self._thought_tokens = 0

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        if isinstance(event, Start):
            self._streams = bool(event.plan.get("streams"))
            self._thinking = bool(event.plan.get("thinking"))
            self._draft = bool(event.plan.get("draft"))
        elif isinstance(event, Note):
            self.say(event.message)
        elif isinstance(event, Text) and self._streams:
            self._stream(event)
        elif isinstance(event, Done):
            self._finish(event.result)

    def say(self, line: str) -> None:
        """One line on stderr."""
        if self._talks:
            self.clear()
            self._end_thought()
            self._reply.end_line()
            self._err.write(f"{plain(masked(line))}\n")
            self._err.flush()

    def status(self, line: str) -> None:
        """Put a line where the status line will be, on a terminal only."""
        if self._look.terminal and self._talks:
            self._frame.draw([shorten(line, self._columns() - 1)])

    def clear(self) -> None:
        """Take what is drawn over off the screen."""
        self._frame.clear()

    def erasure(self) -> str:
        """What `clear` would write, for a signal's handler."""
        return self._frame.erasure()

    def forget(self) -> None:
        """What was drawn stays where it is: others wrote on the terminal since."""
        self._frame.forget()

    def end(self) -> None:
        """Leave the terminal as it was found, at the start of a line, whatever happened."""
        with contextlib.suppress(OSError):
            self.clear()
            self._end_thought()
            self._reply.end_line()

    def _columns(self) -> int:
        return self._frame.size()[0]

    def _before_reply(self) -> None:
        if self._look.onto_terminal or self._look.onto_pipe:
            self.clear()
        self._end_thought()

    # -- one branch, as it is written --------------------------------------------------------

    def _stream(self, event: Text) -> None:
        splitter = self._splitters.get(event.branch)
        if splitter is None:
            splitter = self._splitters[event.branch] = ThoughtSplitter(self._thinking)
        if splitter.thinking or self._draft:
            self._thought_tokens += event.tokens
        for kind, text in splitter.feed(event.text):
            self._emit("thought" if self._draft else kind, text)

    def _emit(self, kind: str, text: str) -> None:
        if kind == "answer":
            self._fold()
            if self._look.answer and self._look.stream:
                self._reply.write(text)
        elif self._look.thoughts == "full" and self._talks:
            self.clear()
            self._dim(text)
            self._mid_thought = True

    def _fold(self) -> None:
        """The one line that stands for thoughts which are over."""
        if self._thought_tokens and self._look.thoughts == "folded" and self._talks:
            self.clear()
            self._dim(f"thought for {self._thought_tokens:,} tokens\n")
        self._thought_tokens = 0

    def _dim(self, text: str) -> None:
        self._err.write(f"{DIM}{plain(text)}{RESET}" if self._look.color else plain(text))
        self._err.flush()

    def _end_thought(self) -> None:
        if self._mid_thought:
            self._err.write("\n")
            self._err.flush()
            self._mid_thought = False

    # -- the end -----------------------------------------------------------------------------

    def _finish(self, result: dict[str, Any]) -> None:
        self.clear()
        message = result["choices"][0]["message"]
        if self._streams:
            for splitter in self._splitters.values():
                for kind, text in splitter.finish():
                    self._emit("thought" if self._draft else kind, text)
            self._fold()
        elif self._talks and self._look.thoughts == "full" and message.get("reasoning_content"):
            self._dim(f"{message['reasoning_content']}\n")
        if self._look.answer and (message["content"] or self._streams):
            if self._draft or not (self._streams and self._look.stream):
                self._reply.write(str(message["content"]))
            self._reply.end()
        self._end_thought()
        code = (result["ttc"].get("program") or {}).get("code")
        if code and self._look.program and self._talks:
            self._dim(f"{code}\n")
        if self._talks and (self._look.terminal or self._look.spoken):
            for line in summary(result):
                self._dim(f"{line}\n")


def summary(result: dict[str, Any]) -> list[str]:
    """One or two lines about a run: how it was decided and what it cost."""
    ours = result["ttc"]
    sure = ours.get("confidence")
    tokens, money, votes = ours["tokens"], ours["cost"].get("money"), ours["votes"]
    lines = []
    if votes:
        more = f" and {len(votes) - 4} more" if len(votes) > 4 else ""
        lines.append(f"votes: {_votes(votes, by_weight=sure is None)}{more} · {agreed(ours)}")
    speed = tokens["sampled"] / ours["timings"]["decode_s"] if ours["timings"]["decode_s"] else 0
    parts = [
        f"{ours['strategy']} ({ours['effort']})",
        f"confidence {sure:.2f}" if sure is not None and not votes else "",
        f"{tokens['sampled']} tokens",
        "from the cache" if ours["cache"] == "hit" else "",
        f"{speed:.{0 if speed >= 10 else 1}f}/s" if speed else "",
        f"{ours['cost']['seconds']:.1f} s",
        f"{ours['cost']['multiplier']}x" if ours["cost"]["multiplier"] else "",
        "" if money is None else f"cost {money:.3g}",
        f"stopped: {ours['stopped']}" if ours["stopped"] not in WHOLE else "",
    ]
    return [*lines, " · ".join(part for part in parts if part)]


def _votes(votes: list[dict[str, Any]], *, by_weight: bool) -> str:
    """The first classes with their counts, and their shares where weight beat count."""
    counts, whole = [v["count"] for v in votes], sum(v["weight"] for v in votes)
    weighed = by_weight and whole > 0 and counts != sorted(counts, reverse=True)
    return ", ".join(
        f"{plain(v['answer'])} ×{v['count']}" + (f" ({v['weight'] / whole:.0%})" if weighed else "")
        for v in votes[:4]
    )
