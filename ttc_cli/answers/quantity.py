"""Numbers as people and models write them, read exactly.

Percent: "50%" is 50 of a unit. It equals a bare 50 (asked "what percent"), and a bare 0.5 or 1/2
(asked for a probability): a bare number below 1 is read as a ratio, from 1 up as percent. 50 and
0.5 are different on their own; in a pool that also holds "50%" both mean it, and join.

Decimals are exact, except that six or more written digits may be the rounding of the other
number: 0.333333 = 1/3, 0.33 ≠ 1/3.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from ttc_cli.answers.units import CURRENCIES, Unit, unit

_MAX_DIGITS = 400  # beyond it a "number" is noise, and exact powers of ten cost memory
_MAX_EXPONENT = 300
_ROUNDED_FROM = 6
_COMMA_GROUPS = r"\d{1,3}(?:,\d{3})+(?!\d)"
_DECIMAL = (
    rf"(?:{_COMMA_GROUPS}(?:\.\d+)?"  # 1,234.5
    r"|\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}(?!\d)"  # 1.234,5 and 1.234.567
    r"|\d{1,3}(?:[ ']\d{3})+(?![\d/])(?:[.,]\d+)?"  # 1 234.5 and 1'234
    r"|\d+\.\d+|\.\d+|\d+\.?)"
)
_NUMBER = re.compile(
    rf"(?P<sign>[-+]?)\s*(?P<money>[{CURRENCIES}]?)\s*(?P<sign2>[-+]?)\s*"
    rf"(?:(?P<whole>\d+)\s+(?:and\s+)?(?P<top>\d+)\s*/\s*(?P<below>\d+)"
    rf"|(?P<p>\(?-?{_DECIMAL}\)?)\s*/\s*(?P<q>\(?-?{_DECIMAL}\)?)"
    rf"|(?P<comma>\d+,(?!\d{{3}}(?!\d))\d+)(?=\s*[a-zA-Z{CURRENCIES}%])|(?P<comma2>0,\d{{3,}}|\d{{4,}},\d{{1,2}})"
    rf"|(?P<decimal>{_DECIMAL})"
    r"(?:\s*(?:[eE]|(?:\*|x|×)\s*10\s*(?:\^|\*\*))\s*[({]?(?P<exp>[-+]?\d{1,4})[)}]?)?)"
    r"(?P<unit>(?:\s*[^\d\s].*)?)",
    re.DOTALL,
)
_MIXED_FRAC = re.compile(r"(\d)\s*\\frac\{(\d+)\}\{(\d+)\}")
_PLAIN_FRAC = re.compile(r"\\frac\{\s*(-?[\d.,]+)\s*\}\{\s*(-?[\d.,]+)\s*\}")
_PERCENT = re.compile(r"(?:%|percent|per\s+cent|percentage|pct)(?:\s+[a-z]+){0,4}", re.IGNORECASE)
_LABEL = re.compile(r"[^\W\d_][^\W\d_'’-]+(?:[\s-]+[^\W\d_][\w'’-]*){0,6}")
_NO_LABELS = frozenset(
    [
        "sqrt",
        "pi",
        "sin",
        "cos",
        "tan",
        "log",
        "ln",
        "exp",
        "or",
        "and",
        "infinity",
        "plus",
        "minus",
        "times",
        "not",
    ]
)
SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "dozen": 12}
_ORDINAL = re.compile(r"st|nd|rd|th")
_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = dict(
    zip(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"],
        range(20, 100, 10),
        strict=True,
    )
)
SPELT = {w: n for n, w in enumerate(_ONES)} | _TENS
_PARTS = {"half": 2, "halve": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "tenth": 10}


@dataclass(frozen=True)
class Number:
    """An exact value as written.

    `places` are the decimals written (None for integers and fractions), `digits` the significant
    ones; `fraction` tells that it was written as one.
    """

    value: Fraction
    places: int | None = None
    digits: int = 0
    fraction: bool = False
    percent: bool = False
    unit: Unit | None = None

    @property
    def rounded_at(self) -> int | None:
        """Decimals at which it may be a rounding of something longer; None when it is exact."""
        enough = self.places is not None and self.digits >= _ROUNDED_FROM <= self.places
        return self.places if enough else None


def _point(text: str) -> str:
    """The digits of one decimal with a point for the decimal mark and no separators."""
    text = text.strip("()")
    if " " in text or "'" in text:
        return re.sub("[ ']", "", text).replace(",", ".")
    if re.fullmatch(r"-?\d{1,3}(?:\.\d{3})+,\d+|-?\d{1,3}(?:\.\d{3}){2,}", text):
        return text.replace(".", "").replace(",", ".")
    return text.replace(",", "")


def _magnitude(match: re.Match[str]) -> Number | None:
    if match["whole"]:
        below = int(match["below"])
        if not below:
            return None
        return Number(int(match["whole"]) + Fraction(int(match["top"]), below), fraction=True)
    if match["p"]:
        top, below_ = Fraction(_point(match["p"])), Fraction(_point(match["q"]))
        return Number(top / below_, fraction=True) if below_ else None
    comma = match["comma"] or match["comma2"]
    written = comma.replace(",", ".") if comma else _point(match["decimal"])
    exponent = int(match["exp"] or 0)
    if abs(exponent) > _MAX_EXPONENT:
        return None
    _, _, decimals = written.partition(".")
    digits = len(written.replace(".", "").lstrip("0"))
    places = len(decimals) - exponent if decimals else None
    return Number(Fraction(written) * Fraction(10) ** exponent, places, digits)


def _suffix(text: str, attached: bool) -> tuple[bool, Unit | None, int] | None:
    """(percent, unit, scale) of what follows the digits; None when it makes this no number."""
    scale = 1
    first = text.split(maxsplit=1)
    if first and first[0].lower() in SCALES:
        scale = SCALES[first[0].lower()]
        text = first[1] if len(first) > 1 else ""
    if not text or _ORDINAL.fullmatch(text):
        return False, None, scale
    if _PERCENT.fullmatch(text):
        return True, None, scale
    # "2m" is a product as often as it is two metres; "2 m" is a length
    if attached and len(text) == 1 and text.isalpha():
        return None
    known = unit(text) or unit(text.split()[0])
    if known:
        return False, known, scale
    words = {w.lower() for w in text.split()}
    return (False, None, scale) if _LABEL.fullmatch(text) and not words & _NO_LABELS else None


def _spelt(text: str) -> Number | None:
    words = text.lower().replace("-", " ").split(maxsplit=2)
    if not words or words[0] not in SPELT:
        return None
    value, rest = SPELT[words[0]], words[1:]
    if words[0] in _TENS and rest and 0 < SPELT.get(rest[0], 0) < 10:
        value, rest = value + SPELT[rest[0]], rest[1:]
    if rest and (part := _PARTS.get(rest[0].rstrip("s"))):
        return Number(Fraction(value, part), fraction=True) if len(rest) == 1 else None
    tail = _suffix(" ".join(rest), attached=False)
    return tail and Number(Fraction(value * tail[2]), percent=tail[0], unit=tail[1])


def parse_number(tidied: str) -> Number | None:
    """The number that the whole of a tidied text states, with its measure; None if it is not one.

    Labels are dropped ("72 clips" is 72), measures and currencies kept ("5 km", "$3").
    """
    if len(tidied) > _MAX_DIGITS:
        return None
    text = _MIXED_FRAC.sub(r"\1 \2/\3", tidied)
    text = _PLAIN_FRAC.sub(r"\1/\2", text).replace("\\times", "*").replace("\\cdot", "*")
    match = _NUMBER.fullmatch(text)
    if match is None:
        return _spelt(text)
    number, tail = _magnitude(match), match["unit"]
    end = _suffix(tail.strip(), attached=bool(tail) and not tail[0].isspace())
    if number is None or end is None:
        return None
    percent, measure, scale = end
    if match["money"]:
        measure = unit(match["money"])
    minus = (match["sign"] == "-") != (match["sign2"] == "-")
    value = number.value * scale * (-1 if minus else 1)
    return Number(value, number.places, number.digits, number.fraction, percent, measure)


def _rounds_to(a: Number, b: Number) -> bool:
    places = [n.rounded_at for n in (a, b) if n.rounded_at is not None]
    # past 12 places the difference is a float's noise: 0.30000000000000004
    return bool(places) and abs(a.value - b.value) * 2 <= Fraction(1, 10 ** min(*places, 12))


def _close(a: Number, b: Number) -> bool:
    return a.value == b.value or _rounds_to(a, b)


def _percent_of(number: Number) -> Number:
    return number if abs(number.value) >= 1 else Number(number.value * 100)


def same_number(a: Number, b: Number) -> bool:
    """Whether two numbers are one answer: by value, in the measure of both when both have one."""
    if a.percent != b.percent:
        share, bare = (a, b) if a.percent else (b, a)
        return bare.unit is None and _close(Number(share.value), _percent_of(bare))
    if a.unit and b.unit and a.unit != b.unit:
        if a.unit.dimension != b.unit.dimension:
            return False
        return a.value * a.unit.factor == b.value * b.unit.factor
    return _close(a, b)


def show(number: Number) -> str:
    """A number for people: `9/256`, `0.5`, `$1234.50`, `5 km`, `50%`."""
    value, symbol = number.value, number.unit.symbol if number.unit else ""
    money = symbol if symbol in CURRENCIES and symbol != "¢" else ""
    digits = _digits(abs(value), number, bool(money))
    text = f"{'-' if value < 0 else ''}{money}{digits}{'%' if number.percent else ''}"
    if money or not symbol:
        return text
    return text + symbol if symbol[0] in "°¢" else f"{text} {symbol}"


def _digits(value: Fraction, number: Number, money: bool) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    if money and (value * 100).denominator == 1:
        return f"{float(value):.2f}"
    below = value.denominator
    while below % 2 == 0:
        below //= 2
    while below % 5 == 0:
        below //= 5
    if number.fraction or below != 1:
        return f"{value.numerator}/{value.denominator}"
    places = number.places or 1
    while (value * 10**places).denominator != 1:
        places += 1
    shown = str((value * 10**places).numerator).rjust(places + 1, "0")
    return f"{shown[:-places]}.{shown[-places:].rstrip('0')}"
