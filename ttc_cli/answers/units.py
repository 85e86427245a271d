"""Measure units: what a unit word stands for, so that 5 km = 5000 m and 5 km ≠ 5 m.

Words that are not measures ("clips", "apples in all") are labels: they say what was counted, the
question has already said it, and replies word it differently. They are dropped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

Dimension = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Unit:
    """A measure: `factor` converts to the base unit of `dimension`; `symbol` is how it is shown."""

    factor: Fraction
    dimension: Dimension
    symbol: str


# dimension: {factor to the base: names}. Factors are exact by definition of the units.
_TABLE: dict[str, dict[str, str]] = {
    "length": {
        "1/1000": "mm millimeter millimetre",
        "1/100": "cm centimeter centimetre",
        "1": "m meter metre",
        "1000": "km kilometer kilometre",
        "127/5000": "inch inches",
        "381/1250": "ft foot feet",
        "1143/1250": "yd yard",
        "201168/125": "mi mile",
    },
    "mass": {
        "1/1000": "mg milligram",
        "1": "g gram gramme",
        "1000": "kg kilogram kilo",
        "1000000": "tonne",
        "45359237/100000": "lb lbs pound",
        "45359237/1600000": "oz ounce",
    },
    "time": {
        "1/1000": "ms millisecond",
        "1": "s sec second",
        "60": "min minute",
        "3600": "h hr hrs hour",
        "86400": "d day",
        "604800": "wk week",
    },
    "calendar": {"1": "month", "12": "yr year"},
    "volume": {"1/1000": "ml milliliter millilitre", "1": "l liter litre"},
    "angle": {"1": "° degree deg"},
    "radian": {"1": "rad radian"},
    "dollar": {"1": "$ usd dollar buck", "1/100": "¢ cent"},
    "euro": {"1": "€ eur euro"},
    "pound sterling": {"1": "£ gbp", "1/100": "pence"},
    "yen": {"1": "¥ jpy yen yuan"},
    "rupee": {"1": "₹ inr rupee"},
    "celsius": {"1": "°c celsius"},
    "fahrenheit": {"1": "°f fahrenheit"},
    "kelvin": {"1": "kelvin"},
    "morning": {"1": "am a.m. a.m"},
    "afternoon": {"1": "pm p.m. p.m"},
    "bytes": {"1": "byte", "1000": "kb", "1000000": "mb", "1000000000": "gb"},
    "energy": {"1": "j joule", "1000": "kj"},
    "power": {"1": "w watt", "1000": "kw kilowatt"},
}

_NAMES: dict[str, tuple[Fraction, str, str]] = {
    name: (Fraction(factor), dimension, names.split()[0])
    for dimension, rows in _TABLE.items()
    for factor, names in rows.items()
    for name in names.split()
}
_SPEEDS = {"mph": "mile/hour", "kmh": "km/hour", "kph": "km/hour"}
CURRENCIES = "$€£¥₹¢"
_TERM = re.compile(r"(?:(square|sq\.?|cubic|cu\.?)\s+)?(\D+?)\s*(?:\^?\{?([23²³])\}?)?\s*$")
_POWERS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3, "2": 2, "3": 3, "²": 2, "³": 3}


def _lookup(word: str) -> tuple[Fraction, str, str] | None:
    name = word.strip().lower()
    # an upper-case single letter other than L, W, J is a name (point M), not a unit
    if len(name) == 1 and word.strip().isupper() and name not in "lwj":
        return None
    return _NAMES.get(name) or (_NAMES.get(name[:-1]) if name.endswith("s") else None)


def _term(text: str) -> tuple[Fraction, str, int, str] | None:
    match = _TERM.match(text)
    found = _lookup(match[2]) if match else None
    if match is None or found is None:
        return None
    factor, dimension, symbol = found
    power = _POWERS.get((match[1] or match[3] or "").rstrip("."), 1)
    shown = symbol if power == 1 else f"{symbol}^{power}"
    return factor**power, dimension, power, shown


@lru_cache(maxsize=2048)
def unit(text: str) -> Unit | None:
    """The measure that `text` names ("km", "square feet", "m/s", "miles per hour"), else None."""
    words = text.strip()
    words = _SPEEDS.get(words.lower().replace("/", ""), words)
    parts = re.split(r"\s*/\s*|\s+per\s+", words)
    factor, shown = Fraction(1), list[str]()
    dimensions: dict[str, int] = {}
    for place, part in enumerate(parts):
        term = _term(part)
        if term is None:
            return None
        sign = -1 if place else 1
        factor *= term[0] ** sign
        dimensions[term[1]] = dimensions.get(term[1], 0) + sign * term[2]
        shown.append(term[3])
    return Unit(factor, tuple(sorted(dimensions.items())), "/".join(shown))
