"""From what a program returned to an answer: a number, a text, a date, a list, a table."""

from __future__ import annotations

import contextlib
import math
import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from ttc_cli.answers.asked import last, wanted
from ttc_cli.programs.rounding import Rounding, rounding
from ttc_cli.prompts.forms import constraints, language

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
_WHICH_MONTH = re.compile(r"\b(?:which|what) month\b", re.IGNORECASE)
_WHICH_DAY = re.compile(r"\b(?:which|what) day\b(?! of the (?:month|year))", re.IGNORECASE)
_ANY_DAY = re.compile(r"\b(?:(?:week)?day|(?:wochen)?tag|jour|día)\b", re.IGNORECASE)
_WEEKDAY = re.compile(
    r"\bday of the week\b|\bweekday\b|\bwochentag\b|\bjour de la semaine\b|"
    r"\bdía de la semana\b",
    re.IGNORECASE,
)
_DAYS_COUNTED = re.compile(
    r"\b(?:first|second|each|every|next|previous|subsequent|following) day\b|\bday (?:one|\d+)\b",
    re.IGNORECASE,
)
_ONE_THING = re.compile(r"^\W*(?:in |on |at |for |from )?(?:which|who|what)\b", re.IGNORECASE)
_MORE_THINGS = re.compile(r"\band (?:how|by|what|which|with)\b|\beach\b", re.IGNORECASE)
_HOW_LONG = re.compile(
    r"\bhow long\b|\bwie lange?\b|\bcombien de temps\b|\bcuánto tiempo\b", re.IGNORECASE
)
_TIMED = re.compile(
    r"\d[:.]\d\d(?!\d)|\d ?[ap]\.?m\b|\b(?:hours?|minutes?|uhr|stunden?|minuten?|heures?|horas?|"
    r"minutos?)\b",
    re.IGNORECASE,
)
_TWO_UNITS = re.compile(
    r"\b(years|months|weeks|days|hours|minutes) and (months|weeks|days|hours|minutes|seconds)\b",
    re.IGNORECASE,
)
_WHAT_TIME = re.compile(
    r"\bwhat time\b|"
    r"(?:\b(?:tell me|know|say|find|find out|determine) when|(?:^|[,;:]|\b(?:and|then|so))\s*"
    r"\bwhen (?:do|does|did|is|are|was|were|will|would|can|could|should|must|shall|has|have))\b"
    r".{1,60}\b(?:leaves?|arrives?|over|done|ends?|starts?|takes?|begins?|finish(?:es)?)\b|"
    r"\bum wie viel uhr\b|\bà quelle heure\b|\ba qué hora\b",
    re.IGNORECASE,
)
_HOW_MANY = re.compile(r"\bhow (?:many|much)\b", re.IGNORECASE)
_HOURS = re.compile(r"\b[0-2]\d[0-5]\d (?:hours|hrs)\b", re.IGNORECASE)
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
    return _told(value, question)


def _told(value: Any, question: str) -> Any:
    """A value as a length of time, a clock time, a month or a weekday, where that is asked for."""
    two = _TWO_UNITS.search(question)
    if two and _pair(value):
        return _in_units(value, two[1].lower(), two[2].lower())
    if two or _HOW_LONG.search(question):
        return _span(value, timed=_TIMED.search(question) is not None)
    if isinstance(value, timedelta):
        return _counted(value, question)
    asking = last(question)
    if _WHAT_TIME.search(asking) and not _HOW_MANY.search(asking):
        return value if _HOURS.search(question) else _clock(value)
    if isinstance(value, date) and _WEEKDAY.search(question):
        value = _WEEKDAYS["en"][value.weekday()]
    if value in _WEEKDAYS["en"] and _ANY_DAY.search(question):
        return _named(value, question)
    number = int(value) if type(value) is int or _SMALL.fullmatch(str(value)) else None
    if number is None:
        return value
    if _WHICH_MONTH.search(question) and 1 <= number <= 12:
        return _MONTHS[number - 1]
    day = _WHICH_DAY.search(question) and not _DAYS_COUNTED.search(question)
    if number <= 7 and (day or _WEEKDAY.search(question)):
        return None  # counted from Monday or Sunday, from 0 or 1: nobody knows
    return value


def _named(weekday: str, question: str) -> str:
    """A weekday in the language that a question asks for, or else is in."""
    asked = [one.of for one in constraints(question) if one.kind == "language"]
    names = _WEEKDAYS.get(asked[0] if asked else language(question) or "en", _WEEKDAYS["en"])
    return names[_WEEKDAYS["en"].index(weekday)]


def _pair(value: Any) -> bool:
    """Whether a value is two whole numbers."""
    return isinstance(value, list | tuple) and [type(one) for one in value] == [int, int]


def _in_units(value: Any, *names: str) -> str:
    """So many of each unit, without those of which there are none."""
    pairs = [(many, name) for many, name in zip(value, names, strict=True) if many]
    said = [f"{many} {name[:-1] if many == 1 else name}" for many, name in pairs]
    return " ".join(said) or f"0 {names[-1]}"


def _forward(value: timedelta) -> timedelta:
    """A length of time; one from an evening back to the morning ends on the next day."""
    return value + timedelta(days=1) if timedelta(days=-1) < value < timedelta() else value


def _counted(value: timedelta, question: str) -> Any:
    """A length of time in the unit of which a question asks how many."""
    unit = wanted(question)
    if unit is None or unit.dimension != (("time", 1),) or not unit.factor:
        return value
    seconds = Fraction(_forward(value) // timedelta(microseconds=1), 10**6)
    many = seconds / unit.factor
    return many.numerator if many.denominator == 1 else float(many)


def _clock(value: Any) -> Any:
    """A clock time from hours and minutes; None for a number that is neither."""
    if _pair(value):
        return time(*value) if 0 <= value[0] < 24 and 0 <= value[1] < 60 else None
    return None if type(value) is int and not 0 <= value <= 24 else value


def _span(value: Any, *, timed: bool) -> Any:
    """A length of time from a clock's text, or of a question of times from hours and minutes."""
    if isinstance(value, timedelta):
        return _forward(value)
    found = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    with contextlib.suppress(OverflowError, ValueError):  # more days, or digits, than there are
        if timed and _pair(value):
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
    if type(value) is int:
        return _whole(value, rounding(question))
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
    if found and rounding(question) is not None:
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
    wanted = rounding(question)
    if wanted is not None and abs(number) < 10**DIGITS:
        return wanted(Decimal(f"{number:.{DIGITS + 4}g}"))
    exact = Fraction(f"{number:.{DIGITS}g}")
    if exact.denominator == 1:
        return str(exact.numerator)
    if _MONEY.search(question) and not _PERCENT.search(question) and abs(number) >= 1:
        return Rounding(2)(Decimal(f"{number:.{DIGITS + 4}g}"))
    return f"{number:.{DIGITS}g}"


def _whole(number: int, wanted: Rounding | None) -> str:
    """A whole number of any length, which is rounded where fewer of its digits are wanted."""
    with localcontext(prec=number.bit_length() // 3 + 30):
        exact = Decimal(number)
        return wanted(exact) if wanted and wanted.places_of(exact) < 0 else str(number)


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
