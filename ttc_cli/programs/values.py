"""From what a program returned to an answer: a number, a text, a date, a list, a table."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

_PLACES = re.compile(
    r"\b(?:(?P<number>\d+)|(?P<word>one|two|three|four|five|six)) (?:decimals?|decimal places?|"
    r"places|digits after)\b|"
    r"\bnearest (?P<unit>tenth|hundredth|thousandth|cent|whole|integer|unit)",
    re.IGNORECASE,
)
_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_UNITS = {
    "tenth": 1, "hundredth": 2, "thousandth": 3, "cent": 2, "whole": 0, "integer": 0, "unit": 0,
}  # fmt: skip
_MONEY = re.compile(r"[$€£]|\b(?:dollars?|euros?|pounds?|cents?)\b", re.IGNORECASE)
DIGITS = 10
"""Significant digits of a number that nobody asked to round: what a float can vouch for."""


def places(question: str) -> int | None:
    """Decimal places that a question asks for; None when it asks for none."""
    found = _PLACES.search(question)
    if found is None:
        return None
    if found["number"]:
        return min(int(found["number"]), 15)
    return _WORDS[found["word"].lower()] if found["word"] else _UNITS[found["unit"].lower()]


def answer(value: Any, question: str = "") -> str:
    """A program's value as the text of an answer; empty where it says nothing.

    Args:
        value: a plain Python object: a number, a text, a date, or lists and dicts of these.
        question: says how many decimal places are wanted.
    """
    if value is None or value == [] or value == {}:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | Decimal):
        return _rounded(value, question)
    if isinstance(value, timedelta):
        return _duration(value.total_seconds())
    if isinstance(value, dict):
        return ", ".join(f"{answer(k, question)}: {_part(v, question)}" for k, v in value.items())
    if isinstance(value, list):
        return ", ".join(_part(one, question) for one in value)
    return (value.isoformat() if hasattr(value, "isoformat") else str(value)).strip()


def _part(value: Any, question: str) -> str:
    text = answer(value, question)
    return f"({text})" if isinstance(value, list | dict) else text


def _rounded(value: float | Decimal, question: str) -> str:
    number = float(value)
    if not math.isfinite(number):
        return ""
    wanted = places(question)
    if wanted is not None and abs(number) < 10**DIGITS:
        return _half_up(number, wanted)
    exact = Fraction(f"{number:.{DIGITS}g}")
    if exact.denominator == 1:
        return str(exact.numerator)
    if _MONEY.search(question) and abs(number) >= 1:
        return _half_up(number, 2)
    return f"{number:.{DIGITS}g}"


def _half_up(number: float, digits: int) -> str:
    """Rounded as people do: 2.5 is 3."""
    step = Decimal(1).scaleb(-digits)
    return str(Decimal(f"{number:.{DIGITS + 4}g}").quantize(step, ROUND_HALF_UP))


def _duration(seconds: float) -> str:
    """Days, hours, minutes and seconds in words."""
    if seconds != int(seconds):
        return f"{seconds:g} seconds"
    sign, left = ("-" if seconds < 0 else ""), abs(int(seconds))
    parts = []
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        many, left = divmod(left, size)
        if many:
            parts.append(f"{many} {unit}{'s' if many > 1 else ''}")
    return sign + (" ".join(parts) or "0 seconds")
