"""Tables of words in six languages, read when first needed.

`names.json` (units, currencies, months, weekdays) is made by `benchmarks/answer_names.py` from
pint and CLDR; `words.json` is kept by hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from ttc_cli.answers.value import Dimension

Unit = tuple[Fraction, Dimension]
PERCENT: Dimension = (("%", 1),)
_SHARES = {
    "%": PERCENT, "percent": PERCENT, "per cent": PERCENT, "pct": PERCENT, "prozent": PERCENT,
    "pour cent": PERCENT, "pourcent": PERCENT, "por ciento": PERCENT, "per cento": PERCENT,
    "percento": PERCENT, "por cento": PERCENT, "percentage": PERCENT,
    "percentage points": (("points", 1),), "percentage point": (("points", 1),),
    "pp": (("points", 1),),
}  # fmt: skip
_WRITTEN = {  # beside the names of the table: the unit that each is so many of
    "1/10 %": "‰;per mille;per mil;permille;promille;pour mille;por mil;per thousand;per 1000",
    "1/10000 %": "ppm;parts per million", "1/10000000 %": "ppb;parts per billion",
    "1/100 percentage points": "basis points;basis point;bps",
    "1 km/h": "kmph", "1 km": "kms", "1 cm": "cms", "1 kg": "kgs", "1 μm": "um", "1 μg": "ug",
    "1 N*m": "Nm", "1000 N*m": "kNm", "1 N*s": "Ns",
    "1/10 m": "dm", "1/10 l": "dl;dL", "100 l": "hl", "1024 bytes": "KiB", "1048576 bytes": "MiB",
    "1073741824 bytes": "GiB", "1 ZAR": "rand", "1 AUD": "AU$",
}  # fmt: skip
_NAMES_WRITTEN = frozenset(name for names in _WRITTEN.values() for name in names.split(";"))
_PER = re.compile(r"\s*/\s*|\s+(?:per|pro|par|por|an?)\s+|-(?:per)-")
_POWERS = {"square": 2, "sq": 2, "sq.": 2, "cubic": 3, "cu": 3, "cu.": 3}
_TERM = re.compile(
    r"(?:(square|sq\.?|cubic|cu\.?)[\s-]+)?(.+?)(?:(?:\s*\^)?\{?(-[1-4]|[23])\}?|\s(squared|cubed))?"
)
_TIMES = re.compile(r"\s*\*\s*|(?<=[^\W\d_])\s+(?=[^\W\d_])|(?<=[\d}])\s+(?=[^\W\d_])")
_FIRST = frozenset(
    ("kg", "g", "N", "kN", "J", "kJ", "W", "kW", "A", "mA", "V", "C", "Pa", "m", "km", "cm", "mol")
)
"""Units that stand first in a product without a sign."""


@cache
def _table() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(
        Path(__file__).with_name("names.json").read_text("utf-8")
    )
    return found


@cache
def _units() -> tuple[dict[str, tuple[Unit, ...]], dict[str, tuple[Unit, ...]]]:
    """Units by name, and by name in lower case where no two differ by case alone."""
    exact: dict[str, tuple[Unit, ...]] = {}
    for of, names in _table()["units"].items():
        factor, _, base = of.partition(" ")
        terms = [term.partition("^") for term in base.split("*") if term]
        dimension = tuple(sorted((name, int(power or 1)) for name, _, power in terms))
        for name in names:
            exact[name] = ((Fraction(factor), dimension),)
    for name, of_code in _table()["money"].items():
        factor, code = of_code
        exact[name] = (*exact.get(name, ()), (Fraction(factor), ((code, 1),)))
    exact |= {name: ((Fraction(1), dimension),) for name, dimension in _SHARES.items()}
    lower: dict[str, set[tuple[Unit, ...]]] = {}
    for name, units in exact.items():
        lower.setdefault(name.lower(), set()).add(units)
    return exact, {name: next(iter(u)) for name, u in lower.items() if len(u) == 1}


@cache
def words(kind: str) -> Any:
    """A table of `words.json`: lists of words as they are, alternatives as part of a pattern."""
    return json.loads(Path(__file__).with_name("words.json").read_text("utf-8"))[kind]


@cache
def pattern(kind: str) -> re.Pattern[str]:
    """A pattern of `words.json`."""
    return re.compile(words(kind))


def listed(kind: str) -> list[str]:
    """A list of words, as a list."""
    found: list[str] = words(kind).split()
    return found


def alternatives(names: Iterable[str]) -> str:
    """Names as alternatives of a pattern, the longest first."""
    return "|".join(sorted(map(re.escape, names), key=len, reverse=True))


def number_of(table: str, word: str) -> int | None:
    """The number of a month (1 to 12) or weekday (0 is Monday) by its name in any language."""
    found = _table()[table].get(word.lower().rstrip("."))
    return found if isinstance(found, int) else None


@cache
def _written() -> dict[str, tuple[Unit, ...]]:
    found: dict[str, tuple[Unit, ...]] = {}
    for of, known in _WRITTEN.items():
        times, _, unit = of.partition(" ")
        made = tuple((Fraction(times) * factor, of_) for factor, of_ in units(unit))
        found |= dict.fromkeys(known.split(";"), made)
    return found


def _named(name: str) -> tuple[Unit, ...]:
    exact, lower = _units()
    found = exact.get(name)
    if found is None and name in _NAMES_WRITTEN:
        found = _written()[name]
    small = name[:1].lower() + name[1:]  # of MN and Ms, which are no mN and ms
    other = name[:1] in "MNP" and small in exact and name[1:] in exact and name != "Min"
    if found is None and not other and (len(name) > 1 or name in "cf"):
        found = lower.get(name.lower()) or lower.get(name.lower().rstrip("."))
    return found or ()


def _term(text: str) -> tuple[Unit, ...]:
    if found := _named(text):
        return found
    match = _TERM.fullmatch(text)
    if match is None or not (match[1] or match[3] or match[4]):
        return ()
    power = _POWERS.get(match[1] or "") or {"squared": 2, "cubed": 3}.get(match[4] or "")
    power = power or int(match[3])
    return tuple(
        (factor**power, tuple((base, p * power) for base, p in dimension))
        for factor, dimension in _named(match[2])
    )


@lru_cache(maxsize=4096)
def units(text: str) -> tuple[Unit, ...]:
    """What a unit's name may stand for ("km", "square feet", "miles per hour"), most likely first.

    Empty for what is no unit. "pounds" are a mass or money.
    """
    text = " ".join(text.split())
    if not text or len(text) > 40:
        return ()
    if found := _term(text):
        return found
    terms = [_product(part) for part in _PER.split(text)]
    if not all(terms) or (len(terms) < 2 and not _TIMES.search(text)):
        return ()
    first, *below = [term[0] for term in terms]
    return (_multiplied(first, *((1 / factor, _raised(base, -1)) for factor, base in below)),)


def _product(text: str) -> tuple[Unit, ...]:
    """A unit, or several side by side: N m, kg*m, m s^{-2}."""
    parts = _TIMES.split(text)
    terms = [_term(part) for part in parts]
    signed = "*" in text or "-" in text
    known = parts[0] in _FIRST and all(part not in ("a", "in") for part in parts)
    if len(parts) < 2 or not all(terms) or not (signed or known):
        return terms[0] if len(parts) < 2 else ()
    return (_multiplied(*(term[0] for term in terms)),)


def _raised(dimension: Dimension, power: int) -> Dimension:
    return tuple((name, own * power) for name, own in dimension)


def _multiplied(*terms: Unit) -> Unit:
    factor, powers = Fraction(1), dict[str, int]()
    for times, dimension in terms:
        factor *= times
        for name, power in dimension:
            powers[name] = powers.get(name, 0) + power
    return factor, tuple(sorted((name, power) for name, power in powers.items() if power))
