"""Dates as answers: 2024-03-05 = March 5, 2024 = 5 March 2024 = the 5th of March 2024.

03/04/2024 is March 4 for some and 3 April for others: it equals only itself. 25/04/2024 has one
reading, and dotted dates (05.03.2024) are day first wherever they are used.
"""

from __future__ import annotations

import re
from datetime import date

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTH = "|".join(f"{m}|{m[:3]}" for m in _MONTHS) + "|sept"
_WEEKDAY = r"(?:on\s+)?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?(?:the\s+)?"
_FLAGS = re.IGNORECASE
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_NUMERIC = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_MONTH_FIRST = re.compile(
    rf"{_WEEKDAY}(?P<m>{_MONTH})\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<y>\d{{4}}))?",
    _FLAGS,
)
_DAY_FIRST = re.compile(
    rf"{_WEEKDAY}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m>{_MONTH})\.?(?:,?\s+(?P<y>\d{{4}}))?",
    _FLAGS,
)
_MONTH_YEAR = re.compile(rf"(?P<m>{_MONTH})\.?,?\s+(?P<y>\d{{4}})", _FLAGS)


_CLOCK = re.compile(r"(\d{1,2}):(\d{2})\s*([ap])\.?m\.?", _FLAGS)


def parse_clock(text: str) -> str | None:
    """3:05 PM and 3:05 p.m. as `15:05`; None for what is not a time with its half of the day."""
    match = _CLOCK.fullmatch(text)
    if match is None or not 1 <= int(match[1]) <= 12 or int(match[2]) > 59:
        return None
    hour = int(match[1]) % 12 + (12 if match[3].lower() == "p" else 0)
    return f"{hour:02}:{match[2]}"


def _valid(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _numeric(match: re.Match[str]) -> str | None:
    first, dot, second, year = int(match[1]), match[2], int(match[3]), int(match[4])
    if dot == "." or first > 12:
        return _valid(year, second, first)
    if second > 12 or first == second:
        return _valid(year, first, second)
    return f"{first:02}/{second:02}/{year}"


def _named(match: re.Match[str]) -> str | None:
    groups = match.groupdict()
    month = [m[:3] for m in _MONTHS].index(groups["m"][:3].lower()) + 1
    year, day = groups["y"], groups.get("d")
    if day is None:
        return f"{int(year):04}-{month:02}"
    if year is None:
        # 2000 was a leap year: February 29 without a year is a date
        valid = _valid(2000, month, int(day))
        return valid and f"{_MONTHS[month - 1].title()} {int(day)}"
    return _valid(int(year), month, int(day))


def parse_date(text: str) -> str | None:
    """The canonical form of a date (ISO where it has one reading), None if `text` is not a date."""
    if len(text) > 50 or not any(c.isdigit() for c in text):
        return None
    text = text.strip()
    if match := _ISO.fullmatch(text):
        return _valid(int(match[1]), int(match[2]), int(match[3]))
    if match := _NUMERIC.fullmatch(text):
        return _numeric(match)
    for pattern in (_MONTH_FIRST, _DAY_FIRST, _MONTH_YEAR):
        if match := pattern.fullmatch(text):
            return _named(match)
    return None
