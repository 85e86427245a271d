"""From what a program returned to an answer: a number, a text, a date, a list, a table."""

from __future__ import annotations

import contextlib
import math
import re
from datetime import datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from ttc_cli.answers.names import units

_PLACES = re.compile(
    r"\b(?:(?P<number>\d+)|(?P<word>one|two|three|four|five|six|eine|zwei|drei|une|deux|trois|un|dos|"
    r"tres)) (?:decimals?|decimal places?|places|digits after|nachkommastellen?|dezimalstellen?|"
    r"décimales?|decimal(?:es)?)\b|"
    r"\b(?:nearest|to the|to an?) (?P<unit>tenth|hundredth|thousandth|cents?|whole|integer|unit|"
    r"ten|hundred|thousand)\b(?! of)|\bnearest (?P<other>[a-z]+)",
    re.IGNORECASE,
)
_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eine": 1, "zwei": 2, "drei": 3,
    "une": 1, "deux": 2, "trois": 3, "un": 1, "dos": 2, "tres": 3,
}  # fmt: skip
_UNITS = {
    "tenth": 1, "hundredth": 2, "thousandth": 3, "cent": 2, "cents": 2, "whole": 0, "integer": 0,
    "unit": 0, "ten": -1, "hundred": -2, "thousand": -3,
}  # fmt: skip
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_WHICH_MONTH = re.compile(r"\b(?:which|what) month\b", re.IGNORECASE)
_WHICH_DAY = re.compile(
    r"\b(?:(?:which|what) (?:week)?day\b(?! of the (?:month|year))|day of the week)", re.IGNORECASE
)
_ONE_THING = re.compile(r"^\W*(?:in |on |at |for |from )?(?:which|who|what)\b", re.IGNORECASE)
_MORE_THINGS = re.compile(r"\band (?:how|by|what|which|with)\b|\beach\b", re.IGNORECASE)
_HOW_LONG = re.compile(
    r"\bhow long\b|\bhours and minutes\b|\bminutes and seconds\b|\bwie lange?\b|"
    r"\bcombien de temps\b|\bcuánto tiempo\b",
    re.IGNORECASE,
)
_WHAT_TIME = re.compile(
    r"\bwhat time\b|\bwhen\b.*\b(?:leave|arrive|over|done|end|start|take)|\bum wie viel uhr\b|"
    r"\bà quelle heure\b|\ba qué hora\b",
    re.IGNORECASE,
)
_SPAN = re.compile(r"(?:(\d+) days?, )?(\d+):(\d\d)(?::(\d\d)(?:\.0*)?)?")
_SMALL = re.compile(r"[0-9]{1,2}")
_MEASURE = re.compile(r"([-+]?\d+\.\d+)(\s?[^\W\d]{1,20}\.?|\s?[%°]\w?)?")
_MONEY = re.compile(
    r"[$€£]|\b(?:dollars?|euros?|pounds?|cents?|bill|tip|prices?|pays?|paid|salary|rent)\b",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"\b(?:what|which|how many|in) per ?cent(?:age)?\b", re.IGNORECASE)
DIGITS = 10
"""Significant digits of a number that nobody asked to round: what a float can vouch for."""


def places(question: str) -> int | None:
    """Decimal places that a question asks for, below 0 for tens; None when it asks for none."""
    found = _PLACES.search(question)
    if found is None:
        return None
    if found["number"]:
        return min(int(found["number"]), 15)
    if found["other"]:  # the nearest gram, and not the nearest town
        return 0 if units(found["other"].lower()) else None
    return _WORDS[found["word"].lower()] if found["word"] else _UNITS[found["unit"].lower()]


def answer(value: Any, question: str = "") -> str:
    """A program's value as the text of an answer; empty where it says nothing.

    Args:
        value: a plain Python object: a number, a text, a date, or lists and dicts of these.
        question: says how many decimal places are wanted, and what kind of thing.
    """
    try:
        return _said(_asked(value, question), question)
    except Unsaid:
        return ""


class Unsaid(ValueError):
    """A number that is none, or without end: alone or in a list, it is no answer."""


def _asked(value: Any, question: str) -> Any:
    """The part of a value that a question asks for, as the kind of thing that it asks for."""
    if isinstance(value, dict) and len(value) == 1:
        value = list(next(iter(value.items())))
    while isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    if isinstance(value, list | tuple) and len(value) == 2 and not _MORE_THINGS.search(question):
        first, second = value
        numbers = type(second) in (int, float) and type(first) is not type(second)
        if numbers and _ONE_THING.search(question):  # the largest group, with its sum
            return _asked(first, question)
    if _HOW_LONG.search(question):
        return _span(value)
    if _WHAT_TIME.search(question):
        return _clock(value)
    number = int(value) if type(value) is int or _SMALL.fullmatch(str(value)) else None
    if number is not None and _WHICH_MONTH.search(question) and 1 <= number <= 12:
        return _MONTHS[number - 1]
    if number is not None and _WHICH_DAY.search(question) and number <= 7:
        return None  # counted from Monday or Sunday, from 0 or 1: nobody knows
    return value


def _clock(value: Any) -> Any:
    """A clock time from hours and minutes; None for a number that is neither."""
    if isinstance(value, list | tuple) and len(value) == 2 and all(type(v) is int for v in value):
        return time(*value) if 0 <= value[0] < 24 and 0 <= value[1] < 60 else None
    return None if type(value) is int and not 0 <= value <= 24 else value


def _span(value: Any) -> Any:
    """A length of time from a clock's text, or from hours and minutes, also past midnight."""
    if isinstance(value, timedelta) and timedelta(days=-1) < value < timedelta():
        return value + timedelta(days=1)
    found = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    with contextlib.suppress(OverflowError, ValueError):  # more days, or digits, than there are
        if isinstance(value, list) and len(value) == 2 and all(type(v) is int for v in value):
            return timedelta(hours=value[0], minutes=value[1])
        if found is not None:
            days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
            return timedelta(days, seconds, hours=hours, minutes=minutes)
    return value


def _said(value: Any, question: str) -> str:
    if value is None or value == [] or value == {}:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | Decimal):
        return _rounded(value, question)
    if type(value) is int and (wanted := places(question) or 0) < 0:
        step = 10**-wanted
        rounded = (abs(value) + step // 2) // step * step
        return str(-rounded if value < 0 else rounded)
    if isinstance(value, timedelta):
        return _duration(value.total_seconds())
    if isinstance(value, datetime | time):
        return _moment(value)
    if isinstance(value, dict):
        return ", ".join(f"{_said(k, question)}: {_part(v, question)}" for k, v in value.items())
    if isinstance(value, list):
        return ", ".join(_part(one, question) for one in value)
    text = (value.isoformat() if hasattr(value, "isoformat") else str(value)).strip()
    found = _MEASURE.fullmatch(text)
    if found and places(question) is not None:
        return _rounded(float(found[1]), question) + (found[2] or "")
    return text


def _moment(value: datetime | time) -> str:
    """A clock time or a moment, without seconds where there are none, and without a made-up day."""
    clock = value.strftime("%H:%M:%S" if value.second else "%H:%M")
    if isinstance(value, time) or value.year == 1900:  # the day that strptime gives a clock time
        return clock
    day = value.date().isoformat()
    return day if value.time() == time() else f"{day} {clock}"


def _part(value: Any, question: str) -> str:
    text = _said(value, question)
    return f"({text})" if isinstance(value, list | dict) else text


def _rounded(value: float | Decimal, question: str) -> str:
    number = math.nan if isinstance(value, Decimal) and value.is_nan() else float(value)
    if not math.isfinite(number):
        raise Unsaid
    wanted = places(question)
    if wanted is not None and abs(number) < 10**DIGITS:
        return _half_up(number, wanted)
    exact = Fraction(f"{number:.{DIGITS}g}")
    if exact.denominator == 1:
        return str(exact.numerator)
    if _MONEY.search(question) and not _PERCENT.search(question) and abs(number) >= 1:
        return _half_up(number, 2)
    return f"{number:.{DIGITS}g}"


def _half_up(number: float, digits: int) -> str:
    """Rounded as people do: 2.5 is 3."""
    step = Decimal(1).scaleb(-digits)
    return f"{Decimal(f'{number:.{DIGITS + 4}g}').quantize(step, ROUND_HALF_UP):f}"


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
