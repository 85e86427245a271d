"""The budget: one meaning for every strategy, verifier and engine."""

from __future__ import annotations

import threading
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
    """

    def __init__(
        self, limit: int | None = None, *, parent: Ledger | None = None, verifier: bool = False
    ) -> None:
        self.limit = limit
        self.usage = Usage()
        self._parent = parent
        self._verifier = verifier
        self._lock: threading.Lock = threading.Lock() if parent is None else parent._lock

    @property
    def spent(self) -> int:
        """Tokens that count against the limit."""
        return self.usage.sampled + self.usage.verifier

    @property
    def left(self) -> int | None:
        """Tokens that may still be drawn, or None for no limit."""
        own = None if self.limit is None else max(0, self.limit - self.spent)
        above = self._parent.left if self._parent else None
        if own is None or above is None:
            return above if own is None else own
        return min(own, above)

    def take(self, n: int = 1) -> bool:
        """Charge n sampled tokens here and above, or charge nothing and return False."""
        with self._lock:
            left = self.left
            if left is not None and n > left:
                return False
            self._add("verifier" if self._verifier else "sampled", n)
            return True

    def count(self, kind: str, n: int) -> None:
        """Count tokens that no limit binds: prefilled, shared, wasted, evaluated."""
        with self._lock:
            self._add(kind, n)

    @property
    def lineage(self) -> tuple[Ledger, ...]:
        """The ledgers that a charge here binds: from the topmost to this one."""
        return (*(self._parent.lineage if self._parent else ()), self)

    @property
    def verifies(self) -> bool:
        """Whether what is taken here counts as a verifier's tokens."""
        return self._verifier

    def adjust(self, sampled: int, verifier: int) -> None:
        """Add what was charged to this very ledger's twin in another process; no limit binds."""
        with self._lock:
            self.usage.sampled += sampled
            self.usage.verifier += verifier

    def child(self, limit: int | None = None, *, verifier: bool = False) -> Ledger:
        """A ledger for part of the run, e.g. the budget less what the final answer needs."""
        return Ledger(limit, parent=self, verifier=verifier or self._verifier)

    def _add(self, kind: str, n: int) -> None:
        setattr(self.usage, kind, getattr(self.usage, kind) + n)
        if self._parent:
            self._parent._add(kind, n)
