"""For programs: one event a line, as it happens (`--jsonl`)."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import IO, Any

from ttc_cli.core import events
from ttc_cli.prompts.thoughts import Kind, ThoughtSplitter
from ttc_cli.views.text import to_json


class JsonlView:
    """A sink that writes events as JSON lines; `began`: monotonic seconds from which `t` counts."""

    def __init__(self, out: IO[str], began: float) -> None:
        self._out, self._began = out, began
        self._thinking = self._draft = False
        self._splitters = defaultdict[tuple[int, ...], ThoughtSplitter](
            lambda: ThoughtSplitter(self._thinking)
        )

    def __call__(self, event: events.Event) -> None:
        """Take the next event."""
        if isinstance(event, events.Start):
            self._thinking = bool(event.plan.get("thinking"))
            self._draft = bool(event.plan.get("draft"))
        if isinstance(event, events.Text):
            self._parts(event.branch, self._splitters[event.branch].feed(event.text))
        elif not isinstance(event, events.Tick):
            if isinstance(event, events.Close) and event.branch in self._splitters:
                self._parts(event.branch, self._splitters.pop(event.branch).finish())
            self._line(*_fields(event))

    def _parts(self, branch: tuple[int, ...], parts: list[tuple[Kind, str]]) -> None:
        for kind, text in parts:
            kind = "thought" if self._draft else kind
            self._line("text", branch, {"delta": text, "kind": kind})

    def _line(self, kind: str, branch: tuple[int, ...] | None, fields: dict[str, Any]) -> None:
        head = {"type": kind, "t": round(time.monotonic() - self._began, 3)}
        row = {**head, "branch": list(branch) if branch is not None else None, **fields}
        self._out.write(to_json(row, out=self._out) + "\n")
        self._out.flush()


NAMES = {"StepDone": "step", "ProgramRun": "program", "Said": "text", "Spent": "usage"}
"""Of events that programs know under another name than that of their class."""


def _fields(event: events.Event) -> tuple[str, tuple[int, ...] | None, dict[str, Any]]:
    """(name, branch, the other fields) of an event, as docs/output.md has them."""
    fields = events.encode(event)
    kind = fields.pop("event")
    branch = fields.pop("branch", None)
    match event:
        case events.Open():
            fields = {}
        case events.Vote():
            rules = fields.pop("rules") or [()] * len(event.classes)
            fields["classes"] = [
                {"answer": answer, "count": count, "weight": weight, "rules": list(found)}
                for (answer, count, weight), found in zip(event.classes, rules, strict=True)
            ]
        case events.Close():
            fields["seconds"] = round(event.seconds, 3)
        case events.Spent():
            money = {} if event.money is None else {"money": event.money}
            fields = {"tokens": event.usage, "seconds": event.seconds, **money}
        case events.Said():
            fields = {"delta": event.text, "kind": "answer"}
    return NAMES.get(kind, kind.lower()), branch, fields
