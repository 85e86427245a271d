"""Many planned requests on one engine: when another may begin, its room, what all may spend."""

from __future__ import annotations

import time
from collections.abc import Callable

from ttc_cli.core.errors import BudgetSpent, UsageError
from ttc_cli.core.ledger import Budget, Usage
from ttc_cli.engine.hub import Hub, Port
from ttc_cli.session.loaded import Session, memory_cells
from ttc_cli.session.plan import Planned
from ttc_cli.settings import Settings

SLACK = 1.25  # branches asked of the engine, in widths: the batch is full when some end together


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


def budget(settings: Settings, usage: Usage | None = None) -> Budget:
    """The budget of a job by the session's settings; `usage`: what an earlier part of it spent."""
    began = time.monotonic()

    def price(usage: Usage) -> float:
        tokens = usage.prefilled + usage.sampled + usage.verifier + usage.evaluated
        return settings.price(tokens, time.monotonic() - began, usage) or 0.0

    if settings.max_cost is not None and settings.price(0, 0.0, Usage()) is None:
        raise UsageError(
            "--max-cost is given, and there are no prices to go by",
            "set price_in and price_out of the [remote.NAME], or price_per_mtok",
        )
    return Budget(settings.max_total_tokens, usage=usage, money=settings.max_cost, price=price)


def spent(budget: Budget, *, kept: bool) -> BudgetSpent:
    """The error of a job that its budget ended; `kept` says whether it can be gone on with."""
    flag = "--max-cost" if budget.money is not None else "--max-total-tokens"
    hint = f"a larger {flag} goes on, with --resume" if kept else f"give a larger {flag}, and -o"
    return BudgetSpent(f"the budget of all answers together is spent: {budget}", hint)
