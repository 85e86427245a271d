"""Clock times, dates and years, each with its precision.

03/04/2024 is March 4 for some and 3 April for others: it equals only itself. 25/04/2024 has one
reading, and dotted dates (05.03.2024) are day first wherever they are used.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from ttc_cli.answers.names import listed, number_of, pattern
from ttc_cli.answers.spoken import hour_of, part_of_day, spoken
from ttc_cli.answers.value import Value

_WORD = r"(?P<m>[^\W\d_]{3,10}\.?)"
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_NUMERIC = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})|(\d{1,2})(/)(\d{1,2})/(\d\d)")
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th|\.|er|º|°)?"
_YEAR = r"(?P<y>\d{4})"
_NAMED = [
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?:on\s+)?{_WORD}\s+(?:the\s+)?{_DAY}(?:,?\s+{_YEAR})?",
        rf"(?:(?:on\s+)?the\s+|on\s+|le\s+|el\s+|il\s+|am\s+|den\s+)?{_DAY}\s*(?:of\s+|de\s+|di\s+)?{_WORD}(?:,?\s+(?:de\s+|of\s+|del\s+)?{_YEAR})?",
        rf"(?:in\s+)?{_WORD},?\s+(?:of\s+|de\s+)?{_YEAR}",
        rf"{_DAY}-{_WORD}-{_YEAR}",
        rf"{_YEAR},?\s+{_WORD}\s+{_DAY}",
    )
]
_MONTH = re.compile(r"(\d{4})[-/](0[1-9]|1[0-2])|(0[1-9]|1[0-2])/(\d{4})")
_BEFORE = ("b", "v", "a.c", "a. c", "av")
_DECADE = re.compile(r"(?i)(?:the\s+)?(?:(early|mid|late)[\s-]+)?(\d{3}0)'?s")
_YEAR_ONLY = re.compile(r"(?i)(?:in|the year|in the year|year|im jahr|en)\s+(\d{4})")


_NAME_ALONE = re.compile(  # Mars, Sun and Sam are names of other things
    r"(?i)(?:mon|tues?|wed|thu(?:rs?)?|fri|jan|feb|apr|jun|jul|aug|sept?|oct|nov|dec)\.?"
    r"|(?!mars$)[^\W\d_]{4,}|(?-i:May|Mai)"
)


def when(text: str) -> Value | None:
    """The moment that the whole of a text names; None if it names none."""
    if len(text) > 60 or not text:
        return None
    text = text.strip()
    for mark in ("T", " at ", ", ", " um ", " à ", " a las ", " alle ", " "):
        day, found, rest = text.partition(mark)
        timed = found and re.search(r"\d\s?[:h]|\d\s?[ap]\.?m", rest, re.IGNORECASE)
        if timed and (left := _day(day)) and (right := clock(rest)):
            if mark == "T" and re.match(r"00:00:00", rest):
                return left  # as JSON has a date
            return Value("date", (left.key, right.key))
    if found_day := _day(text) or clock(text):
        return found_day
    hour, found, day = text.rpartition(" on ")
    if found and (left := _day(day)) and (right := clock(hour)):
        return Value("date", (left.key, right.key))
    match = pattern("weekday").match(text)
    weekday = number_of("weekdays", match["d"]) if match else None
    named = _day(text[match.end() :]) if match and weekday is not None else None
    return named and replace(named, label=f"weekday {weekday}")


def clock(text: str) -> Value | None:
    """A time of day: 3:05 PM is 15:05; 3 alone is none, and 7:32 may be a ratio too."""
    bare = re.sub(r"^(?:at |12(?::00)? )", "", text.lower())
    if bare in listed("noon") or bare in listed("midnight"):
        return Value("clock", (12 if bare in listed("noon") else 0, 0, 0))
    text, part = part_of_day(re.sub(r"(?i)\s*o'clock(?=\s*[ap]\.?\s?m)", "", text))
    if said := spoken(text):
        hour, minute = said
        return Value("clock", (hour_of(hour, part) if part else hour, minute, 0))
    match = pattern("clock").fullmatch(text)
    if match is None:
        return None
    marked = match["half"] or part
    dotted = match["mark"] and match["mark"].strip() == "."
    military = match["word"] and re.match(r"0\d{3}(?!\d)", text)
    if not (marked or match["word"] or match["m"]) or (dotted and not marked and not match["word"]):
        return None
    hours = match["word"] and match["word"].lower() in ("hours", "hrs", "heures")
    if hours and not match["m"] and not military:
        return None
    hour, minute, second = (int(match[name] or 0) for name in "hms")
    if marked and not 1 <= hour <= 12:
        marked = None if match["m"] and hour <= 24 else marked
    if hour > 24 or minute > 59 or second > 59 or (marked and not 1 <= hour <= 12):
        return None
    if marked:
        hour = hour_of(hour, part or f"{match['half'].lower()}m")
    return Value("clock", (hour % 24, minute, second))


def _date(year: int, month: int, day: int) -> Value | None:
    try:
        return Value("date", date(year, month, day).isoformat())
    except ValueError:
        return None


def _day(text: str) -> Value | None:
    if match := _ISO.fullmatch(text):
        return _date(int(match[1]), int(match[3]), int(match[4]))
    if match := _NUMERIC.fullmatch(text):
        return _numeric(match)
    if match := _MONTH.fullmatch(text):
        return Value("date", f"{match[1] or match[4]}-{match[2] or match[3]}")
    for form in _NAMED:
        match = form.fullmatch(text)
        if match and (month := number_of("months", match["m"])):
            return _named(match.groupdict(), month)
    return _year(text)


def _numeric(match: re.Match[str]) -> Value | None:
    first, mark, second, year = match.groups()[:4] if match[1] else match.groups()[4:]
    first, second, year = int(first), int(second), int(year)
    year += 0 if year > 99 else 2000 if year < 70 else 1900
    if mark == "." or first > 12:
        return _date(year, second, first)
    if second > 12 or first == second:
        return _date(year, first, second)
    return Value("date", f"{first:02}/{second:02}/{year}") if first and second else None


def _named(groups: dict[str, str | None], month: int) -> Value | None:
    year, day = groups["y"], groups.get("d")
    if day is None:
        return Value("date", f"{int(year or 0):04}-{month:02}")
    if year is None:
        # 2000 was a leap year: February 29 without a year is a date
        found = _date(2000, month, int(day))
        return found and Value("date", f"--{month:02}-{int(day):02}")
    return _date(int(year), month, int(day))


def _year(text: str) -> Value | None:
    if match := _DECADE.fullmatch(text):
        return Value("date", ("decade", int(match[2]), (match[1] or "").lower()))
    if match := pattern("century").fullmatch(text):
        return Value("date", ("century", int(match[1]), bool(match[2])))
    if match := _YEAR_ONLY.fullmatch(text):
        return Value("date", ("year", int(match[1])))
    for kind in ("weekdays", "months"):
        named = text.removeprefix("a ") if kind == "weekdays" else text
        number = number_of(kind, named) if _NAME_ALONE.fullmatch(named) else None
        if number is not None:
            return Value("date", (kind, number))
    match = pattern("era").fullmatch(text)
    if match and (match[1] or match[3]):
        before = (match[3] or "").lower().startswith(_BEFORE)
        return Value("date", ("year", -int(match[2]) if before else int(match[2])))
    return None
