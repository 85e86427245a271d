"""Whether two typed values are one answer.

Two that are different must never be called the same; where only algebra can tell, it is asked,
and its silence means that they differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

from ttc_cli.answers import formula
from ttc_cli.answers.names import PERCENT, listed, pattern
from ttc_cli.answers.parse import parse
from ttc_cli.answers.structured import in_order, rounded, split
from ttc_cli.answers.text import for_parser
from ttc_cli.answers.value import Dimension, Value
from ttc_cli.answers.worker import Comparer, shared_worker

_MATHS = frozenset({"formula", "relation", "number", "list"})
_MEASURES = frozenset({"number", "quantity"})
_STRICT = frozenset(listed("strict"))
_KELVIN: dict[Dimension, Callable[[Fraction], Fraction]] = {
    (("kelvin", 1),): lambda degrees: degrees,
    (("celsius", 1),): lambda degrees: degrees + Fraction(5463, 20),
    (("fahrenheit", 1),): lambda degrees: (degrees - 32) * Fraction(5, 9) + Fraction(5463, 20),
}
_EQUALS = re.compile(r"(?<![<>!=])=(?!=)")
_DEGREE, _SCALES = (("degree", 1),), ((("celsius", 1),), (("fahrenheit", 1),))


def equivalent(a: str, b: str, *, question: str = "", worker: Comparer | None = None) -> bool:
    """Whether two answers are the same answer to a question.

    Symmetric. Where the question asks for an order, that of a list's members counts. `worker`
    defaults to this process's own (started when first needed); a comparison it cannot decide in
    time counts as different.

    Raises TtcError: formulas had to be compared and the worker cannot be started.
    """
    return a == b or same(reading(a, question), reading(b, question), worker)


@lru_cache(maxsize=4096)
def reading(text: str, question: str = "") -> Value:
    """One answer as a typed value, in the light of the question."""
    value = parse(rounded(text, question))
    return in_order(value) if _ordered(question) else value


@lru_cache(maxsize=256)
def _ordered(question: str) -> bool:
    return bool(question) and pattern("ordered").search(question) is not None


def same(a: Value, b: Value, worker: Comparer | None = None) -> bool:
    """`equivalent`, of typed values."""
    verdict = decide(a, b)
    if verdict is None:
        # math-verify is not symmetric in its details: one order for every caller
        left, right = sorted(map(for_parser, _sources(a, b)))
        verdict = (worker or shared_worker()).compare(left, right)
    return verdict is True


def _sources(a: Value, b: Value) -> tuple[str, str]:
    """What algebra compares: `y = 2x` as its right side, until it meets an equation."""
    if "relation" in (a.kind, b.kind):
        return a.source, b.source
    one, other = (v.parts[0].source if v.kind == "assignment" else v.source for v in (a, b))
    return one, other


def decide(a: Value, b: Value) -> bool | None:
    """True or False without algebra; None when only algebra can tell."""
    verdict: bool | None = False
    for one in (a, *a.readings):
        for other in (b, *b.readings):
            found = _pair(one, other)
            if found:
                return True
            verdict = None if found is None else verdict
    return verdict


def _pair(a: Value, b: Value) -> bool | None:
    if a.kind == b.kind and a.key == b.key:
        # Friday, July 4 is not Thursday, July 4
        return a.kind != "date" or not (a.label and b.label) or a.label == b.label
    kinds = {a.kind, b.kind}
    if "assignment" in kinds:
        return _assignments(a, b)
    if kinds <= _MEASURES:
        return _measures(a, b)
    if kinds == {"list"}:
        return _lists(a, b)
    if kinds == {"choice"}:
        # a letter says the same with and without the words of its option
        return a.name == b.name and not (a.label and b.label)
    if kinds == {"date", "number"}:
        day, number = (a, b) if a.kind == "date" else (b, a)
        return day.key in (("year", number.amount), ("century", number.amount, False))
    if kinds == {"ratio", "number"}:
        ratio, number = (a, b) if a.kind == "ratio" else (b, a)
        return ratio.key == tuple(number.source.split("/"))
    if kinds <= _MATHS | {"quantity"}:
        return _formulas(a, b)
    return False


def _assignments(a: Value, b: Value) -> bool | None:
    if a.kind == b.kind:
        return decide(a.parts[0], b.parts[0]) if a.name == b.name else False
    named, other = (a, b) if a.kind == "assignment" else (b, a)
    if other.kind == "relation":
        return _relations(named.source, other.source) if named.source else False
    return decide(named.parts[0], other)


def _close(a: Value, x: Fraction, b: Value, y: Fraction) -> bool:
    """Equal, or equal as far as the one with the fewer decimals goes (six of them at least)."""
    places = [v.places for v in (a, b) if v.places is not None]
    # past 12 places the difference is a float's noise: 0.30000000000000004
    room = Fraction(1, 10 ** max(0, min(*places, 12))) if places else 0
    return x == y or abs(x - y) * 2 <= room


def _measures(a: Value, b: Value) -> bool:
    if a.label != b.label and (strict(a) or strict(b) or (a.label and b.label)):
        return False
    if a.change != b.change and a.change and b.change:
        return False
    x, y = a.amount or Fraction(0), b.amount or Fraction(0)
    if a.dimension and b.dimension:
        if a.dimension != b.dimension:
            # "5 degrees" of a temperature
            pair = (a.dimension, b.dimension)
            if pair[0] in _KELVIN and pair[1] in _KELVIN and not (a.change or b.change):
                return _KELVIN[pair[0]](x) == _KELVIN[pair[1]](y)
            return _DEGREE in pair and (pair[0] in _SCALES or pair[1] in _SCALES) and x == y
        return a.worth == b.worth or (a.factor == b.factor and _close(a, x, b, y))
    if not a.dimension and not b.dimension:
        return _close(a, x, b, y)
    measure, number = (a, b) if a.dimension else (b, a)
    if number.label:
        return False
    if measure.dimension == PERCENT and abs(number.amount or Fraction(0)) < 1:
        return _close(measure, measure.worth, number, (number.amount or Fraction(0)) * 100)
    return _close(a, x, b, y)


def strict(value: Value) -> bool:
    """Whether a measure's words change what it means, so that it is not the same without them."""
    return bool(_STRICT & set(value.label.split()))


def _lists(a: Value, b: Value) -> bool | None:
    if len(a.parts) != len(b.parts) or a.name != b.name:
        return False
    named = [all(part.kind == "assignment" for part in v.parts) for v in (a, b)]
    free = named[0] or not (a.ordered or b.ordered)
    if {a.brackets, b.brackets} <= {"", "{}"} and named[0] == named[1] and free:
        return _any_order(a, b)
    differ = a.brackets != b.brackets and "" not in (a.brackets, b.brackets)
    if differ and (len(a.parts) == 2 or "{}" in (a.brackets, b.brackets)):
        return False
    return _all([decide(x, y) for x, y in zip(a.parts, b.parts, strict=True)])


def _any_order(a: Value, b: Value) -> bool | None:
    """Pair off what can be paired without algebra; the rest is left to it, or decides."""
    right, unsure = list(b.parts), False
    for item in a.parts:
        verdicts = [decide(item, other) for other in right]
        if True in verdicts:
            del right[verdicts.index(True)]
        elif None not in verdicts:
            return False
        else:
            unsure = True
    return None if unsure else True


def _all(verdicts: list[bool | None]) -> bool | None:
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _formulas(a: Value, b: Value) -> bool | None:
    """Could algebra find them equal? Two formulas that differ at some point cannot be."""
    if not (a.source and b.source) or (
        a.dimension and b.dimension and (a.dimension, a.factor) != (b.dimension, b.factor)
    ):
        return _rounded(a, b)
    if a.kind == b.kind == "relation":
        return _relations(a.source, b.source)
    if "relation" in (a.kind, b.kind):
        other = b if a.kind == "relation" else a
        return None if formula.plural(other.source) else False
    if "list" in (a.kind, b.kind):
        other = b if a.kind == "list" else a
        return None if other.kind == "formula" and formula.plural(other.source) else False
    left, right = formula.values(a.source), formula.values(b.source)
    if left and right:
        if _rounded(a, b):
            return True
        return None if formula.near(left, right) else False
    if () in (left, right):
        return False
    if not left and not right:
        return False if formula.opaque(a.source) or formula.opaque(b.source) else None
    return None if formula.plural((a if not left else b).source) else False


def _relations(a: str, b: str) -> bool | None:
    """Equations with one left side are the same if their right sides are; others algebra tells."""
    one, other = (list(split(said, _EQUALS)) for said in (a, b))
    if len(one) == len(other) == 2 and formula.key(one[0]) == formula.key(other[0]):
        return decide(parse(one[1]), parse(other[1]))
    return False if formula.opaque(a) or formula.opaque(b) else None


def _rounded(a: Value, b: Value) -> bool:
    """Whether a decimal of six places or more is a formula's value, as far as it goes."""
    number, other = (a, b) if a.kind in _MEASURES else (b, a)
    asked = other.kind == "formula" and number.places is not None
    found = formula.values(other.source) if asked else None
    if not found or number.amount is None or complex(found[0]) != complex(found[-1]):
        return False
    gap = abs(complex(found[0]) - complex(number.amount))
    return 2 * gap <= float(f"1e-{min(number.places or 0, 12)}")
