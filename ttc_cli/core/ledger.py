"""The budget: one meaning for every strategy, verifier and engine."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Usage:
    """Tokens by kind. Only `sampled` and `verifier` count against a budget.

    sampled: drawn for branches; verifier: drawn by verifiers; prefilled: prompt tokens
    computed; shared: prompt tokens that were not computed again; wasted: the part of
    `sampled` that belongs to branches which were culled, cancelled or failed; evaluated: what a
    verifier's own model computed.
    """

    sampled: int = 0
    verifier: int = 0
    prefilled: int = 0
    shared: int = 0
    wasted: int = 0
    evaluated: int = 0


class Ledger:
    """Counts tokens as they are drawn and says when to stop.

    `take` is the one call made from an engine's own thread, at the moment of sampling; that
    is what makes the limit exact, whatever the engine does between two polls.

    Args:
        limit: sampled tokens allowed, or None.
        parent: a ledger that is charged too and whose limit also binds.
        verifier: what is taken here counts as a verifier's tokens.

    `refused` is set once its own limit has refused a draw.
    """

    def __init__(
        self, limit: int | None = None, *, parent: Ledger | None = None, verifier: bool = False
    ) -> None:
        self.limit = limit
        self.usage = Usage()
        self.refused = False
        self._parent, self.verifies = parent, verifier
        self._lock: threading.Lock = threading.Lock() if parent is None else parent._lock

    @property
    def spent(self) -> int:
        """Tokens that count against the limit."""
        return self.usage.sampled + self.usage.verifier

    @property
    def left(self) -> int | None:
        """Tokens that may still be drawn, or None for no limit."""
        return min((own for each in self.lineage if (own := each.own) is not None), default=None)

    @property
    def own(self) -> int | None:
        """The same as far as this ledger's own limit goes."""
        return None if self.limit is None else max(0, self.limit - self.spent)

    def take(self, n: int = 1) -> bool:
        """Charge n sampled tokens here and above, or charge nothing and return False."""
        with self._lock:
            short = [each for each in self.lineage if (own := each.own) is not None and n > own]
            for each in short:
                each.refused = True
            if short:
                return False
            self._add("verifier" if self.verifies else "sampled", n)
            return True

    def count(self, kind: str, n: int) -> None:
        """Count tokens that no limit binds: prefilled, shared, wasted, evaluated."""
        with self._lock:
            self._add(kind, n)

    @property
    def lineage(self) -> tuple[Ledger, ...]:
        """The ledgers that a charge here binds: from the topmost to this one."""
        return (*(self._parent.lineage if self._parent else ()), self)

    def adjust(self, sampled: int, verifier: int) -> None:
        """Add what was charged to this very ledger's twin in another process; no limit binds."""
        with self._lock:
            self.usage.sampled += sampled
            self.usage.verifier += verifier

    def child(self, limit: int | None = None, *, verifier: bool = False) -> Ledger:
        """A ledger for part of the run, e.g. the budget less what the final answer needs."""
        return Ledger(limit, parent=self, verifier=verifier or self.verifies)

    def _add(self, kind: str, n: int) -> None:
        setattr(self.usage, kind, getattr(self.usage, kind) + n)
        if self._parent:
            self._parent._add(kind, n)


class Budget(Ledger):
    """What a whole job may spend: one ledger above those of all its runs.

    Args:
        limit: sampled tokens allowed, or None.
        usage: what an earlier part of the job spent.
        money: that may be spent, or None. It is looked at as tokens arrive: prompts that are
            under way when it is spent are paid for too.
        price: money that a usage costs.
    """

    def __init__(
        self,
        limit: int | None = None,
        *,
        usage: Usage | None = None,
        money: float | None = None,
        price: Callable[[Usage], float] = lambda _: 0.0,
    ) -> None:
        super().__init__(limit)
        self.usage = usage or Usage()
        self.money, self._price = money, price

    @property
    def own(self) -> int | None:
        """Tokens that may still be drawn, or None for no limit."""
        broke = self.money is not None and self._price(self.usage) >= self.money
        return 0 if broke else super().own

    @property
    def over(self) -> bool:
        """Whether the job is to end: it is spent, or has refused a draw."""
        return self.refused or self.own == 0

    def covers(self, tokens: float) -> bool:
        """Whether so many more can be expected to be drawn, at what tokens cost so far."""
        left = math.inf if self.own is None else self.own
        paid = self._price(self.usage)
        if self.money is not None and paid:
            left = min(left, (self.money - paid) * self.spent / paid)
        return left >= tokens

    def __str__(self) -> str:
        """Say what was spent, of how much."""
        if self.money is not None and self._price(self.usage) >= self.money:
            return f"{self._price(self.usage):.4g} of {self.money:g} in money"
        return f"{self.spent:,} of {self.limit or 0:,} tokens"
