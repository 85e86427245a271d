"""Ledgers that two processes keep in step."""

from __future__ import annotations

from collections.abc import Iterable

from ttc_cli.core.ledger import Ledger
from ttc_cli.engine.warm.wire import Charge


class Accounts:
    """Ledgers with a twin in another process: each side tells the other what it charged itself.

    Every call and every reply carries that, so the twins are equal whenever a token is drawn.
    """

    def __init__(self) -> None:
        self._ledgers: dict[int, Ledger] = {}
        self._told: dict[int, tuple[int, int]] = {}

    def open(self, number: int, ledger: Ledger) -> None:
        """Begin to keep a ledger; both sides hold the same of it."""
        self._ledgers[number] = ledger
        self._told[number] = _spent(ledger)

    def find(self, ledger: Ledger | None) -> int:
        """The number of a ledger; 0 when it is not kept."""
        return next((n for n, kept in self._ledgers.items() if kept is ledger), 0)

    def get(self, number: int) -> Ledger | None:
        """The ledger of a number."""
        return self._ledgers.get(number)

    def changes(self) -> tuple[Charge, ...]:
        """What was charged here since it was told last."""
        charges = []
        for number, ledger in self._ledgers.items():
            now, told = _spent(ledger), self._told[number]
            if now != told:
                self._told[number] = now
                charges.append(Charge(number, now[0] - told[0], now[1] - told[1]))
        return tuple(charges)

    def hear(self, charges: Iterable[Charge]) -> None:
        """Add what was charged on the other side."""
        for charge in charges:
            if (ledger := self._ledgers.get(charge.number)) is not None:
                ledger.adjust(charge.sampled, charge.verifier)
                told = self._told[charge.number]
                self._told[charge.number] = told[0] + charge.sampled, told[1] + charge.verifier

    def keep(self, used: Iterable[Ledger | None]) -> None:
        """Forget ledgers that no live request is charged to."""
        kept = {id(one) for ledger in used if ledger is not None for one in ledger.lineage}
        for number in [n for n, ledger in self._ledgers.items() if id(ledger) not in kept]:
            del self._ledgers[number], self._told[number]


def _spent(ledger: Ledger) -> tuple[int, int]:
    return ledger.usage.sampled, ledger.usage.verifier
