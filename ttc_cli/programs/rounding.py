"""How a question wants a number rounded, and numbers rounded so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from ttc_cli.answers.names import units

_COUNT = r"(?P<{0}>\d{{1,3}}|one|two|three|four|five|six|eine|zwei|drei|une|deux|trois|un|dos|tres)"
_PLACES = re.compile(
    rf"\b{_COUNT.format('decimals')} (?:decimals?|decimal places?|digits after|nachkommastellen?|"
    r"dezimalstellen?|décimales?|decimal(?:es)?|d\.?p\.?)(?!\w)|"
    rf"\b(?:to|auf) {_COUNT.format('places')} (?:places|stellen)\b|"
    rf"\b{_COUNT.format('figures')} (?:significant|sig\.?) ?(?:fig(?:ure)?s?|digits?)|"
    rf"\b{_COUNT.format('short')} ?(?:s\.f\.|sf\b|signifikante\w* stellen|"
    r"chiffres significatifs|cifras significativas)|"
    r"\b(?:nearest|to the|to an?) (?P<unit>(?:ten|hundred)[ -](?:thousand|million)|tenth|hundredth|"
    r"thousandth|cents?|whole|integer|unit|ten|hundred|thousand|million|billion)\b(?! of)|"
    r"\bnearest (?P<step>10+|0?\.0*1)(?![\d.,]*\d| ?(?:cents?|pence|%|per ?cent))|"
    r"\bnearest (?P<other>[a-z]+)",
    re.IGNORECASE,
)
_WAY = re.compile(r"\bround(?:ed|ing)?(?: \w+){0,3}? (?P<way>up|down)\b", re.IGNORECASE)
_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eine": 1, "zwei": 2, "drei": 3,
    "une": 1, "deux": 2, "trois": 3, "un": 1, "dos": 2, "tres": 3,
}  # fmt: skip
_UNITS = {
    "tenth": 1, "hundredth": 2, "thousandth": 3, "cent": 2, "cents": 2, "whole": 0, "integer": 0,
    "unit": 0, "ten": -1, "hundred": -2, "thousand": -3, "ten thousand": -4,
    "hundred thousand": -5, "million": -6, "ten million": -7, "hundred million": -8, "billion": -9,
}  # fmt: skip
_MOST = 15  # decimal places


@dataclass(frozen=True, slots=True)
class Rounding:
    """How to round.

    Args:
        places: decimal places, below 0 for tens; of `figures`, how many digits from the first on.
        way: one of decimal's ways to round.
    """

    places: int
    figures: bool = False
    way: str = ROUND_HALF_UP

    def places_of(self, number: Decimal) -> int:
        """How many decimal places a number keeps."""
        return self.places - 1 - number.adjusted() if self.figures and number else self.places

    def __call__(self, number: Decimal) -> str:
        """A number so rounded; halves go up, as people do: 2.5 is 3."""
        step = Decimal(1).scaleb(-self.places_of(number))
        rounded = number.quantize(step, self.way)
        return f"{rounded:f}" if rounded else f"{abs(rounded):f}"


def rounding(question: str) -> Rounding | None:
    """The rounding that a question asks for; None when it asks for none."""
    found = _PLACES.search(question)
    if found is None:
        return None
    turned = _WAY.search(question)
    way = ROUND_HALF_UP
    if turned:
        way = ROUND_CEILING if turned["way"].lower() == "up" else ROUND_FLOOR
    if figures := found["figures"] or found["short"]:
        return Rounding(max(_number(figures), 1), figures=True, way=way)
    if found["other"]:  # the nearest gram, and not the nearest town
        return Rounding(0, way=way) if units(found["other"].lower()) else None
    return Rounding(_places(found), way=way)


def _places(found: re.Match[str]) -> int:
    if found["step"]:
        return -Decimal(found["step"]).adjusted()
    if found["unit"]:
        return _UNITS[found["unit"].lower().replace("-", " ")]
    return _number(found["decimals"] or found["places"])


def _number(text: str) -> int:
    return min(int(text), _MOST) if text.isdigit() else _WORDS[text.lower()]
