"""Runs as the log holds them: values, no database."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from ttc_cli.store import processes

RUNNING, DONE, FAILED, INTERRUPTED, LOST = "running", "done", "failed", "interrupted", "lost"


@dataclass(frozen=True, slots=True)
class Entry:
    """A run as it begins.

    Args:
        id: "ttc-…", as the result reports it.
        prompt, documents: what was asked, and (name, text) of what it was about.
        request: how it was asked: flags that are settings, options, all that `again` needs.
        parent: the run that it goes on from, in the same conversation; None begins one.
    """

    id: str
    prompt: str
    documents: tuple[tuple[str, str], ...] = ()
    request: dict[str, Any] = field(default_factory=dict)
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A logged run.

    Args:
        state: "running", "done", "failed" or "interrupted". began, ended: seconds since the epoch.
        documents: (name, SHA-256 of the text).
        plan: route, strategy, effort … as the Start event gave them; empty before it came.
        ours: the result's `ttc` object; empty without a result.
        scores: branch ("0.1") to verifier to score. exit: the exit code; None while running.
        feedback: "good", "bad" or None.
    """

    id: str
    conversation: str
    parent: str | None
    state: str
    began: float
    ended: float | None
    pid: int
    boot: str
    born: int
    prompt: str
    request: dict[str, Any]
    plan: dict[str, Any]
    ours: dict[str, Any]
    scores: dict[str, dict[str, float]]
    exit: int | None
    error: str
    hint: str
    feedback: str | None
    documents: tuple[tuple[str, str], ...] = ()

    @property
    def answered(self) -> bool:
        """Whether there is a whole result."""
        return "timings" in self.ours

    @property
    def fate(self) -> str:
        """ "alive", "gone" or "rebooted": what became of the process of a running run."""
        return processes.fate(self.pid, self.boot, self.born)

    @property
    def standing(self) -> str:
        """The state as it is now: "lost" for a run that no process is working on any more."""
        return LOST if self.state == RUNNING and self.fate != "alive" else self.state


@dataclass(frozen=True, slots=True)
class Turn:
    """One finished turn of a conversation: the reply is without thoughts."""

    run: str
    prompt: str
    documents: tuple[tuple[str, str], ...]
    reply: str


_NUMBER = (int, float)
_MAYBE_NUMBER = (int, float, type(None))
_MAYBE_TEXT = (str, type(None))
_ROW: dict[str, Any] = {
    "began": _NUMBER, "ended": _MAYBE_NUMBER, "prompt": str, "state": str, "error": _MAYBE_TEXT,
    "feedback": _MAYBE_TEXT, "exit": (int, type(None)), "plan": dict, "request": dict,
    "scores": {...: {...: _NUMBER}},
}  # fmt: skip
_PLAN: dict[str, Any] = {"strategy": str, "effort": str, "wording": str, "form": list}
_PHASES = ("load_s", "prefill_s", "decode_s", "verify_s", "wall_s")
_OURS: dict[str, Any] = {
    "answer": _MAYBE_TEXT, "agreement": _MAYBE_NUMBER, "cache": str, "strategy": str, "effort": str,
    "stopped": str, "tokens": {"sampled": int, ...: _MAYBE_NUMBER}, "model": {"name": str},
    "timings": {**dict.fromkeys(_PHASES, _NUMBER), ...: _NUMBER}, "votes": list,
    "cost": {"seconds": _NUMBER, "money": _MAYBE_NUMBER},
    "route": {"task": str, "path": str, "reason": str},
}  # fmt: skip


def check(row: dict[str, Any]) -> None:
    """Refuse a row that somebody else has written to by a TypeError: readers count on its kinds."""
    _fit(row, _ROW)
    for name, kind in _PLAN.items():
        if name in row["plan"]:
            _fit(row["plan"][name], kind)
    if {"timings", "cost", "route"} & _fit(row["ours"], dict).keys():
        _fit(row["ours"], _OURS)
    if not math.isfinite(row["began"]) or not 0 <= row["began"] < 1e11:
        raise TypeError("began")


def _fit(value: Any, shape: Any) -> Any:
    """The value, when it has the shape: a type, several, or a table of them; `...` is any name."""
    if not isinstance(shape, dict):
        odd = isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value))
        if not isinstance(value, shape) or odd:
            raise TypeError(f"{value!r:.40} is of another kind")
        return value
    if not isinstance(value, dict) or any(name not in value for name in shape if name is not ...):
        raise TypeError("a table is damaged")
    for name, item in value.items():
        if name in shape or ... in shape:
            _fit(item, shape.get(name, shape.get(...)))
    return value
