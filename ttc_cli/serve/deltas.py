"""A run's events as what a client is shown of them: reasoning, and content once it is decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from ttc_cli.core.branch import BranchId
from ttc_cli.core.events import Close, Done, Event, Open, ProgramRun, Said, Start, Text, Vote
from ttc_cli.core.sampling import StopRule
from ttc_cli.engine.text import TextStream
from ttc_cli.prompts.thoughts import ThoughtSplitter

Kind = Literal["reasoning", "content"]
Delta = tuple[Kind, str]


class Deltas:
    """Turns events into deltas, up to the texts in `stop`, at which the content ends.

    One branch that is the reply from its first word on is passed on as it is written. Where
    several are drawn, each is reasoning when it is done, with the answer that it came to; so are
    programs and votes. The content follows when it is decided. `over` says whether one of `stop`
    came.
    """

    def __init__(self, stop: Sequence[str] = ()) -> None:
        self.over = False
        self._content = TextStream(StopRule(0, strings=tuple(stop)))
        self._plan: dict[str, Any] = {}
        self._splitter = ThoughtSplitter(False)
        self._written: dict[BranchId, list[str]] = {}
        self._vote = ""
        self._said = False

    def __call__(self, event: Event) -> Iterator[Delta]:
        """What an event adds."""
        for kind, text in self._deltas(event):
            text = self._shown(text) if kind == "content" else text
            if text:
                yield kind, text
        if isinstance(event, Done) and (rest := self._content.flush()):
            yield "content", rest

    def _shown(self, text: str) -> str:
        if self.over:
            return ""
        shown, stop = self._content.add(text)
        self.over = stop is not None
        return shown

    @property
    def _streams(self) -> bool:
        return bool(self._plan.get("streams"))

    def _deltas(self, event: Event) -> Iterator[Delta]:
        match event:
            case Start():
                self._plan = event.plan
                self._splitter = ThoughtSplitter(bool(event.plan.get("thinking")))
            case Text() if self._streams:
                yield from self._split(self._splitter.feed(event.text))
            case Open():
                self._written.setdefault(event.branch, [])
            case Text():
                self._written.setdefault(event.branch, []).append(event.text)
            case Close() if not self._streams:
                yield "reasoning", self._block(event)
            case ProgramRun():
                value = event.error or event.answer
                yield "reasoning", f"[{_name(event.branch)}] program: {value}\n\n"
            case Vote():
                yield from self._votes(event)
            case Said():
                self._said = True
                yield "content", event.text
            case Done():
                yield from self._rest(event.result)

    def _split(self, parts: Sequence[tuple[str, str]]) -> Iterator[Delta]:
        for kind, text in parts:
            content = kind == "answer" and not self._plan.get("draft")
            yield ("content" if content else "reasoning"), text

    def _rest(self, result: dict[str, Any]) -> Iterator[Delta]:
        """What was held back, and the content where none was said yet."""
        if self._streams:
            yield from self._split(self._splitter.finish())
        if not self._said and (not self._streams or self._plan.get("draft")):
            yield "content", str(result["choices"][0]["message"]["content"])

    def _block(self, close: Close) -> str:
        written = "".join(self._written.pop(close.branch, ())).strip()
        if self._plan.get("samples") == 1:
            return f"{written}\n\n"
        end = f" → {close.answer}" if close.answer else f" ({close.stop})"
        return f"[{_name(close.branch)}]{end}\n{written}\n\n"

    def _votes(self, vote: Vote) -> Iterator[Delta]:
        line = ", ".join(f"{answer} ×{count}" for answer, count, _ in vote.classes)
        if line and line != self._vote:
            self._vote = line
            yield "reasoning", f"votes: {line}\n\n"


def _name(branch: BranchId) -> str:
    return ".".join(map(str, branch))
