"""Runs as the log holds them: values, no database."""

from __future__ import annotations

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
        state: "running", "done", "failed" or "interrupted".
        began, ended: seconds since the epoch.
        documents: (name, SHA-256 of the text).
        plan: route, strategy, effort … as the Start event gave them; empty before it came.
        ours: the result's `ttc` object; empty without a result.
        scores: branch ("0.1") to verifier to score.
        exit: the exit code; None while running.
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
