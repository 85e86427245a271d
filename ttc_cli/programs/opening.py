"""First lines of a program, by which small models do not reckon by hand what Python knows."""

from __future__ import annotations

import re
from datetime import date

from ttc_cli.answers.times import when

DATES = "    from datetime import date, datetime, timedelta\n"
_QUOTED = re.compile(r"[\"“„]([^\"“”„\n]+)[\"”“]|(?<!\w)['‘]([^'‘’\n]+)['’](?!\w)")
_WORD = re.compile(
    r"\bthe (?:word|name) (?P<named>[^\W\d_]{3,})\b|"
    r"\b(?:in|of|does|dans|en) (?:the word |dem wort |le mot |la palabra )?"
    r"(?P<last>[^\W\d_]{3,})(?: (?:have|contain))?\s*\?\s*$|"
    r"\b(?:spell|revers\w+|write) (?:the word )?(?P<spelt>[^\W\d_]{3,}) backwards?\b|"
    r"\breverse (?:the word )?(?P<turned>[^\W\d_]{3,})\s*[.?]?\s*$",
    re.IGNORECASE,
)
_NO_WORD = (
    "alphabet", "english", "sentence", "word", "text", "there", "letters", "order", "total",
    "diesem", "satz", "wort", "phrase", "frase", "español", "français",
)  # fmt: skip
_TODAY = re.compile(
    r"\btoday(?: is|'s|’s) (?:\w+day,? )?(?:the )?"
    r"([^.,;:?!]{4,24}|[^.;:?!]{4,24}\d{4})(?=[.,;:?!])",
    re.IGNORECASE,
)
_DAY = re.compile(r"(\d{4}|-)-(\d\d)-(\d\d)")
_SPAN = re.compile(
    r"\bhow long\b(?! (?:is|are|was) the\b)|\bhow much time\b|\bhours and minutes\b", re.IGNORECASE
)
_IN_UNITS = re.compile(r"\bhow (?:many|long in) (?:hours|minutes|seconds)\b(?! and)", re.IGNORECASE)


def opening(question: str, sign: str) -> str:
    """First lines of the function for a question.

    Args:
        question: in the person's words. sign: by which a computed question was known.
    """
    if any(word in sign for word in ("dates", "times")):
        day = today(question)
        told = f"    today = date({day.year}, {day.month}, {day.day})\n" if day else ""
        return DATES + told + _span(question)
    word = _word(question) if "letters" in sign else ""
    return f"    text = {word!r}\n" if word else ""


def _word(question: str) -> str:
    """The one text whose letters are asked about; empty where there are more, or none is plain."""
    quoted = [found[1] or found[2] for found in _QUOTED.finditer(question)]
    quoted = [text for text in quoted if len(text) > 1]
    if quoted:
        return quoted[0] if len(quoted) == 1 else ""
    found = {text for match in _WORD.finditer(question) for text in match.groups() if text}
    return found.pop() if len(found) == 1 and not found & set(_NO_WORD) else ""


def today(question: str) -> date | None:
    """The day that a question says is today; this year's where it names none."""
    found = _TODAY.search(question)
    value = when(found[1].strip()) if found else None
    day = _DAY.fullmatch(str(value.key)) if value is not None and value.kind == "date" else None
    if day is None:
        return None
    year = date.today().year if day[1] == "-" else int(day[1])
    try:
        return date(year, int(day[2]), int(day[3]))
    except ValueError:  # 29 February, in a year that has none
        return None


def _span(question: str) -> str:
    """A length of time is returned as one where no unit is asked for."""
    if _SPAN.search(question) and not _IN_UNITS.search(question):
        return "    # returns a timedelta\n"
    return ""
