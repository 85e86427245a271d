"""For programs: one event a line, as it happens (`--jsonl`)."""

from __future__ import annotations

import time
from typing import IO, Any

from ttc_cli.core.events import (
    Close,
    Event,
    Failed,
    Open,
    Said,
    Spent,
    Start,
    Text,
    Tick,
    Vote,
    encode,
)
from ttc_cli.prompts.thoughts import Kind, ThoughtSplitter
from ttc_cli.views.text import to_json


class JsonlView:
    """A sink that writes events as JSON lines.

    Args:
        out: where the lines go.
        began: monotonic seconds from which `t` counts.
    """

    def __init__(self, out: IO[str], began: float) -> None:
        self._out = out
        self._began = began
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
        head = {"type": kind, "t": round(time.monotonic() - self._began, 3)}
        row = {**head, "branch": list(branch) if branch is not None else None, **fields}
        self._out.write(to_json(row, out=self._out) + "\n")
        self._out.flush()


NAMES = {
    "StepDone": "step", "ProgramRun": "program", "Said": "text", "Spent": "usage",
    "Failed": "error",
}  # fmt: skip
"""Of events that programs know under another name than that of their class."""


def _fields(event: Event) -> tuple[str, tuple[int, ...] | None, dict[str, Any]]:
    """(name, branch, the other fields) of an event, as docs/output.md has them."""
    fields = encode(event)
    kind = fields.pop("event")
    branch = fields.pop("branch", None)
    match event:
        case Open():
            fields = {}
        case Vote():
            rules = fields.pop("rules")
            fields["classes"] = [
                {"answer": a, "count": n, "weight": w, "rules": list(found)}
                for (a, n, w), found in zip(
                    event.classes, rules or [()] * len(event.classes), strict=True
                )
            ]
        case Close():
            fields["seconds"] = round(event.seconds, 3)
        case Spent():
            money = {} if event.money is None else {"money": event.money}
            fields = {"tokens": event.usage, "seconds": event.seconds, **money}
        case Said():
            fields = {"delta": event.text, "kind": "answer"}
        case Failed():
            fields = {"error": fields}
    return NAMES.get(kind, kind.lower()), branch, fields
