"""What an answer says: one typed value, and the other readings that its words allow."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from fractions import Fraction

Dimension = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A typed answer; values with equal `kind` and `key` are the same answer.

    Args:
        kind: number, quantity, clock, date, range, ratio, size, choice, boolean, assignment,
            list, json, code, formula, relation or text.
        amount: of a number or quantity, exact, in the unit that was written.
        factor, dimension: what the unit is worth in base units; no dimension for a bare number.
        places: decimals at which the amount may be a rounding of a longer one, None if exact.
        label: what was counted, and words that change what a measure means ("late", "north").
        change: "up" or "down" where a measure says so; its amount has the sign.
        parts, brackets: the members of a list and what encloses them; a named part's value.
        ordered: whether the members of a list are in an order that counts.
        name: the left side of an assignment; "or" of a list whose members are alternatives.
        source: LaTeX or plain mathematics, where algebra may be asked about it.
        readings: what else the same words may say, such as `3,14`, a decimal or two numbers.
    """

    kind: str
    key: Hashable
    amount: Fraction | None = None
    factor: Fraction = Fraction(1)
    dimension: Dimension = ()
    places: int | None = None
    label: str = ""
    change: str = ""
    parts: tuple[Value, ...] = ()
    brackets: str = ""
    ordered: bool = False
    name: str = ""
    source: str = ""
    readings: tuple[Value, ...] = ()

    @property
    def bare(self) -> bool:
        """Whether it is a number that says neither what it measures nor what it counts."""
        return self.kind == "number"

    @property
    def worth(self) -> Fraction:
        """The amount in base units."""
        return (self.amount or Fraction(0)) * self.factor
