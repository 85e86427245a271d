"""What a whole map or bench may spend, by the settings and their prices."""

from __future__ import annotations

import time

from ttc_cli.core.errors import BudgetSpent, UsageError
from ttc_cli.core.ledger import Budget, Usage
from ttc_cli.settings import Settings


def budget(settings: Settings, usage: Usage | None = None) -> Budget:
    """The budget of a job.

    Args:
        settings: of the session, which know the server and its prices.
        usage: what an earlier part of the job spent.

    Raises:
        UsageError: a cap on money, and no prices.
    """
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
