"""Many planned requests on one engine: when another may begin, and the room that it takes."""

from __future__ import annotations

from collections.abc import Callable

from ttc_cli.engine.hub import Hub, Port
from ttc_cli.session.loaded import Session, memory_cells
from ttc_cli.session.plan import Planned

SLACK = 1.25
"""Branches asked of the engine, in widths: the batch is full when some end together."""


class Batch:
    """The runs under way on a session's engine.

    Args:
        settle: called before each step of the engine.

    `pool` holds finished samples of earlier runs, where the settings keep any.
    """

    def __init__(self, session: Session, settle: Callable[[], None] = lambda: None) -> None:
        self._session = session
        self.hub = Hub(session.engine, settle)
        self.pool = session.pool()
        self._live: dict[Port, Planned] = {}
        self._cells = 0

    def close(self) -> None:
        """Close the pool; the engine stays open."""
        if self.pool is not None:
            self.pool.close()

    @property
    def most(self) -> int:
        """Runs that may be under way at once."""
        return 2 * self._session.engine.width

    @property
    def hungry(self) -> bool:
        """Whether the branches under way, and those of runs that did not begin yet, are few."""
        branches = sum(
            len(port.live) if port.submitted else planned.plan.samples
            for port, planned in self._live.items()
        )
        return branches < SLACK * self._session.engine.width

    def roomy(self, planned: Planned) -> bool:
        """Whether the cache can hold the longest answer; it grows when nothing is under way."""
        most = max(planned.prompt_tokens + 64, memory_cells(self._session))
        longest = planned.prompt_tokens + planned.plan.branch_tokens + 64
        if self._cells >= min(longest, most):
            return True
        if any(port.live for port in self.hub.ports.values()):
            return False
        width = self._session.engine.width
        usual = planned.prompt_tokens + int(planned.estimate["plain_answer"]) + 64
        self._cells = min(longest + width * usual, most)
        self._session.engine.reserve(self._cells)
        return True

    def join(self, planned: Planned) -> Port:
        """A view of the engine for a run that is about to start."""
        port = self.hub.port()
        self._live[port] = planned
        return port

    def leave(self, port: Port) -> None:
        """Cancel what is left of a run; idempotent."""
        self._live.pop(port, None)
        port.close()
