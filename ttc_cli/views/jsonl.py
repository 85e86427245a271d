"""For programs: one event a line, as it happens (`--jsonl`)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import IO, Any

from ttc_cli.core.events import (
    Close,
    Done,
    Event,
    Failed,
    Note,
    ProgramRun,
    Said,
    Score,
    Spent,
    Start,
    StepDone,
    Text,
    Tick,
    Vote,
)
from ttc_cli.prompts.thoughts import Kind, ThoughtSplitter
from ttc_cli.views.text import to_json


class JsonlView:
    """A sink that writes events as JSON lines.

    Args:
        out: where the lines go.
        began: monotonic seconds from which `t` counts.
    """

    def __init__(
        self, out: IO[str], began: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._out = out
        self._began = began
        self._clock = clock
        self._thinking = self._draft = False
        self._splitters: dict[tuple[int, ...], ThoughtSplitter] = {}

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        if isinstance(event, Start):
            self._thinking = bool(event.plan.get("thinking"))
            self._draft = bool(event.plan.get("draft"))
        if isinstance(event, Text):
            self._text(event)
        elif not isinstance(event, Tick):
            if isinstance(event, Close):
                self._rest(event.branch)
            kind, branch, fields = _fields(event)
            self._line(kind, branch, fields)

    def _text(self, event: Text) -> None:
        splitter = self._splitters.get(event.branch)
        if splitter is None:
            splitter = self._splitters[event.branch] = ThoughtSplitter(self._thinking)
        self._parts(event.branch, splitter.feed(event.text))

    def _rest(self, branch: tuple[int, ...]) -> None:
        splitter = self._splitters.pop(branch, None)
        self._parts(branch, splitter.finish() if splitter else [])

    def _parts(self, branch: tuple[int, ...], parts: list[tuple[Kind, str]]) -> None:
        for kind, text in parts:
            kind = "thought" if self._draft else kind
            self._line("text", branch, {"delta": text, "kind": kind})

    def _line(self, kind: str, branch: tuple[int, ...] | None, fields: dict[str, Any]) -> None:
        head = {"type": kind, "t": round(self._clock() - self._began, 3)}
        row = {**head, "branch": list(branch) if branch is not None else None, **fields}
        self._out.write(to_json(row, out=self._out) + "\n")
        self._out.flush()


def _fields(event: Event) -> tuple[str, tuple[int, ...] | None, dict[str, Any]]:
    fields: dict[str, Any]
    match event:
        case Start():
            fields = {"request": event.request, "plan": event.plan, "estimate": event.estimate}
            return "start", None, fields
        case StepDone():
            return "step", event.branch, {"index": event.index}
        case Score():
            fields = {"verifier": event.verifier, "score": event.score, "note": event.note}
            return "score", event.branch, fields
        case ProgramRun():
            fields = {"answer": event.answer, "error": event.error, "seconds": event.seconds}
            return "program", event.branch, fields
        case Vote():
            classes = [{"answer": a, "count": n, "weight": w} for a, n, w in event.classes]
            return "vote", None, {"classes": classes, "lead": event.lead}
        case Close():
            return (
                "close",
                event.branch,
                {
                    "stop": event.stop,
                    "tokens": event.tokens,
                    "confidence": event.confidence,
                    "answer": event.answer,
                    "seconds": round(event.seconds, 3),
                },
            )
        case Spent():
            spent = {"tokens": event.usage, "seconds": event.seconds}
            return "usage", None, spent | ({} if event.money is None else {"money": event.money})
        case Said():
            return "text", None, {"delta": event.text, "kind": "answer"}
        case Note():
            return "note", None, {"message": event.message}
        case Done():
            return "done", None, {"result": event.result}
        case Failed():
            error = {"code": event.code, "message": event.message, "hint": event.hint}
            return "error", None, {"error": error}
        case _:
            return type(event).__name__.lower(), getattr(event, "branch", None), {}
