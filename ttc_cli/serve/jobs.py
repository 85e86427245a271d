"""What the endpoint and the engine's thread pass to each other."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from ttc_cli.core.errors import BudgetSpent, Interrupted, TtcError
from ttc_cli.core.events import Done, Event
from ttc_cli.core.ledger import Usage
from ttc_cli.core.run import Run
from ttc_cli.engine.hub import Port
from ttc_cli.session.loaded import new_id
from ttc_cli.session.request import Request

PARTS = (BudgetSpent.exit_code, Interrupted.exit_code)
"""Codes of a result's error that leave a part of an answer."""
Hears = Callable[[Event | TtcError], None]


class Job:
    """A request with whoever waits for its answer.

    Args:
        hears: takes each event, and last of all Done or an error; called on the engine's thread.
        every: whether it takes all events, and not just the last.

    `enough` says that whoever waits has all that was asked for.
    """

    def __init__(self, request: Request, hears: Hears, *, every: bool) -> None:
        self.request, self.every = request, every
        self.id, self.began = new_id(), time.monotonic()
        self.ended = self.left = self.enough = False
        self.prompt_tokens = 0
        self.port: Port | None = None
        self.run: Run | None = None
        self._hears = hears

    @property
    def usage(self) -> Usage:
        """Tokens so far."""
        return self.run.ledger.usage if self.run else Usage()

    def suffice(self) -> None:
        """What came is all that was asked for: draw nothing more."""
        self.enough = True
        self.interrupt("it has all that was asked for")

    def interrupt(self, why: str) -> None:
        """Draw nothing more, and answer with what there is; may be called on any thread."""
        if self.run is not None:
            self.run.interrupt(why)

    def tell(self, event: Event | TtcError) -> None:
        """Pass an event on."""
        if self.ended or self.left:
            return
        self.ended = isinstance(event, Done | TtcError)
        if self.ended or self.every:
            self._hears(event)


def sufficed(result: dict[str, Any]) -> dict[str, Any]:
    """The result of a run that was ended because it sufficed; its one branch is whole."""
    ours, choice = result["ttc"], result["choices"][0]
    if ours["samples"]["started"] != 1:
        return result
    samples = {**ours["samples"], "finished": 1, "culled": 0, "counted": 1}
    tokens = {**ours["tokens"], "wasted": 0}
    ours = {**ours, "stopped": "complete", "samples": samples, "tokens": tokens}
    result = {**result, "choices": [{**choice, "finish_reason": "stop"}], "ttc": ours}
    if result.get("error", {}).get("code") in PARTS:
        del result["error"]
    return result


class Company(Protocol):
    """What else is served on the engine's thread, such as the warm engine's socket."""

    def turn(self, timeout: float) -> None:
        """Do what there is to do; wait for it up to `timeout` seconds."""

    def wake(self) -> None:
        """End such a wait; called on other threads."""


class Alone:
    """Nobody else is served."""

    def __init__(self) -> None:
        self._bell: SimpleQueue[None] = SimpleQueue()  # a signal's handler may ring it

    def turn(self, timeout: float) -> None:
        """Wait, unless somebody woke us."""
        with suppress(Empty):
            self._bell.get(timeout=timeout)
            while True:
                self._bell.get_nowait()

    def wake(self) -> None:
        """End a wait."""
        self._bell.put(None)
