"""Cells of a file of data as values: numbers and dates, however people write them.

This file's text also stands above programs that run locked in, so it knows the standard library
and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

MISSING = frozenset(
    {"", "-", "--", "\u2013", "\u2014", "\u2212", "?", "."}
    | {"na", "n/a", "n.a.", "#n/a", "nan", "null", "none", "nil", "\\n"}  # \N: of databases
    | {"#div/0!", "#value!", "#ref!", "#num!", "#name?", "#null!"}  # errors of a spreadsheet
)
"""Cells of a column of numbers or dates that say that there is no value, in lower case."""
_MONEY = (
    r"(?:(?:[A-Z]{1,2})?\$|[€£¥₹]|(?:kr|zł|USD|EUR|GBP|CHF|JPY|INR|CAD|AUD|SEK|NOK|DKK|PLN)\b)?"
)
_NUMBER = re.compile(
    rf"[-+]?{_MONEY}\s?[-+]?(?:[1-9]\d{{0,2}}(?:[,'\u2019 \u00a0\u202f]\d{{3}})+|"
    rf"[1-9]\d?(?:,\d\d)+,\d{{3}}|\d+)?(?:\.\d+)?"
    rf"(?:[eE][-+]?\d+)?\s?%?\s?{_MONEY}"
)
_COMMA = re.compile(
    rf"[-+]?{_MONEY}\s?[-+]?(?:[1-9]\d{{0,2}}(?:[. \u00a0\u202f]\d{{3}})+|\d+)(?:,\d+)?\s?%?\s?"
    rf"{_MONEY}"
)
_EUROPEAN = re.compile(r"\.\d{3}[.,]\d|,(?!\d{3}(?!\d))\d|(?<!\d)0,")
_ENGLISH = re.compile(r",\d{3}[.,]\d|\.(?!\d{3}(?!\d))\d|(?<!\d)0\.")
"""In numbers that can be read in one way alone: by that which stands between their thousands."""
CENTS = re.compile(r",\d\d(?!\d)|\.\d{3},\d")
"""Decimals behind a comma that are no list of two numbers."""
_GROUPED = re.compile(
    rf"[-+]?(?P<a>{_MONEY})\s?[-+]?[1-9]\d{{0,2}}(?P<group>\.\d{{3}})?\s?(?P<b>{_MONEY})"
)
_MINUS = "\u2212"  # as typeset: it is no hyphen
_ADDRESS = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.|$)){4}")
_LOSS = re.compile(r"\((?![-+])[^()]*\d[^()]*\)|[^-+()]*\d[.,]\d\d-")
_NO_DIGITS = re.compile(r"[^\d.eE+-]|(?<=[A-Z])E|E(?=[A-Z])")
_TIME = (
    r"(?:(?:[T:]|,? )(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)?"
)
_DATE = re.compile(  # of "Mar 14 22:05:09" the 22 is no year
    r"(?:(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:[a-z]*day)?|Mo|Di|Mi|Do|Fr|Sa|So)\.?,? )?"
    r"(?P<a>\d{1,4}|[A-Za-z]{3,9})\.?[-/. ]\s?(?P<b>\d{1,2}|[A-Za-z]{3,9})\.?,?[-/. ]\s?"
    rf"(?P<c>\d{{4}}|\d{{1,2}}(?!:)){_TIME}"
)
_STAMP = re.compile(
    r"(?:[A-Z][a-z]{2},? )?(?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) (?P<time>\d\d:\d\d:\d\d)"
    r"(?:\.\d+)?(?: (?P<year>\d{4}))?"
)
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d)?")
_ORDERS = {"ymd": (0, 1, 2), "dmy": (2, 1, 0), "mdy": (2, 0, 1)}
"""Where year, month and day stand in a date, by the order of its parts."""
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def number(text: str) -> int | float | str | None:
    """A number without its currency, group marks or per cent; None for a missing one."""
    text = text.strip().replace(_MINUS, "-")
    if text.lower() in MISSING:
        return None
    signed = f"-{text.strip('()-')}" if _LOSS.fullmatch(text) else text  # (7) or 7.00-
    if not _NUMBER.fullmatch(signed):
        return text
    plain = _NO_DIGITS.sub("", signed)
    try:
        return int(plain) if plain.lstrip("+-").isdigit() else float(plain)
    except ValueError:
        return text


def _first(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            return kind(text)
        except ValueError:
            return number(text)

    return read


def _comma(text: str) -> Any:
    """A number whose decimals stand behind a comma, and dots between its thousands."""
    text = text.replace(_MINUS, "-")
    turned = text.translate({ord(","): ".", ord("."): ","})
    return number(turned) if _COMMA.fullmatch(text.strip().strip("()-")) else number(text)


class Date(str):
    """A day or a moment: its text in ISO form, which can also be asked what a `datetime` can.

    Programs slice it, parse it, compare it with texts and dates, or ask for its month: all work.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        return getattr(datetime.fromisoformat(self), name)

    def __format__(self, spec: str) -> str:
        return format(datetime.fromisoformat(self) if "%" in spec else str(self), spec)

    def __sub__(self, other: Any) -> timedelta:
        return datetime.fromisoformat(self) - _moment(other)

    def __rsub__(self, other: Any) -> timedelta:
        return _moment(other) - datetime.fromisoformat(self)


def _compared(name: str) -> Callable[[Date, Any], bool]:
    return lambda date, other: getattr(str, name)(date, _text(other))


for _name in ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"):
    setattr(Date, _name, _compared(_name))


class Undated(str):
    """A moment whose year nobody wrote, as `03-14 22:05:09`: such texts sort as long as a year."""

    __slots__ = ()
    _AT: ClassVar = {"month": 0, "day": 3, "hour": 6, "minute": 9, "second": 12}

    def __getattr__(self, name: str) -> int:
        if name not in self._AT:
            raise AttributeError(f"a date without a year has no {name!r}")
        return int(self[self._AT[name] :][:2])


def _moment(value: Any) -> datetime:
    if isinstance(value, date):
        return datetime.fromisoformat(value.isoformat())
    return datetime.fromisoformat(value)


def _text(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else value


def dated(text: str, order: str) -> Any:
    """A cell as a date; the text itself where it is none, None for a missing one."""
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return None if text.strip().lower() in MISSING else text
    parts = [found["a"], found["b"], found["c"]]
    year, month, day = (parts[at] for at in _ORDERS[order])
    if not month.isdigit():
        name = month[:3].lower()
        month = str(_MONTHS.index(name) + 1) if name in _MONTHS else "13"
    if not (year + day).isdigit() or len(year) not in (2, 4):
        return text
    century = 0 if len(year) == 4 else 2000 if int(year) < 70 else 1900
    try:
        day_text = date(int(year) + century, int(month), int(day)).isoformat()
    except ValueError:
        return text
    if found["hour"] is None:
        return Date(day_text)
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % 12 + 12 * (found["half"] in "pP")
    return Date(f"{day_text} {hour:02}:{found['minute']}:{found['second'] or '00'}")


def _stamped(text: str) -> Any:
    """A moment as the logs of a system write it: the year comes last, or not at all."""
    found = _STAMP.fullmatch(text.strip())
    if found is None:
        return None if text.strip().lower() in MISSING else text
    day = dated(f"{found['month']} {found['day']} {found['year'] or 2000}", "mdy")  # a leap year
    if type(day) is not Date:
        return text
    return (Date if found["year"] else Undated)(
        f"{day[0 if found['year'] else 5 :]} {found['time']}"
    )


SHARE = 0.9
"""Of the cells that say something, that must be of a column's kind; of others there are few."""
WORDS = 3


def kind_of(cells: list[str], *, codes: bool = False) -> str:
    """The kind of a column, of `READERS`, by its cells; "text" for what is neither number nor date.

    Args:
        codes: digits alone are text, as where a format has numbers of its own.
    """
    known = [cell.strip() for cell in cells if cell.strip().lower() not in MISSING]
    if not known or any(len(cell) > 1 and cell[0] == "0" and cell.isdigit() for cell in known):
        return "text"  # numbers with zeros in front are codes
    if all(map(_LOSS.fullmatch, known)):
        return "text"  # (1), (2) are labels
    for kind in _candidates(known):
        found = [READERS[kind](cell) for cell in known]
        words = [value for value in found if type(value) is str]
        if len(words) <= (1 - SHARE) * len(known) and len(set(words)) <= WORDS:
            if kind != "int":
                return kind
            whole = all(type(value) in (int, str) for value in found)
            return "float" if not whole else "text" if codes else "int"
    return "text"


def in_thousands(cells: list[str]) -> bool:
    """Whether 1.500 is rather 1500, in a file that has decimals behind commas in another column.

    Decimals that are told to the third place have it everywhere, and it is not always 0, nor is
    it told of money.
    """
    known = [cell.strip() for cell in cells if cell.strip().lower() not in {*MISSING, "0"}]
    found = list(map(_GROUPED.fullmatch, known))
    groups = [one["group"] or "" for one in found if one]
    if not any(groups) or len(groups) < len(known):
        return False
    money = any(one["a"] or one["b"] for one in found if one)
    return money or "" in groups or all(group[-1] == "0" for group in groups)


def _candidates(known: list[str]) -> list[str]:
    """Kinds that the cells may be of: of dates the order in which their parts must stand."""
    dates = [found for cell in known if (found := _DATE.fullmatch(cell))]
    if _STAMP.fullmatch(known[0]):
        return ["stamp"]
    if len(dates) < SHARE * len(known):
        return _marked(known)
    first, second = {found["a"] for found in dates}, {found["b"] for found in dates}
    if any(_version(found) for found in dates):
        return []
    if all(len(part) == 4 and part.isdigit() for part in first):
        return ["iso"]
    if not all(map(str.isdigit, first | second)):
        return ["mdy" if any(map(str.isalpha, first)) else "dmy"]
    if max(map(int, first)) > 12 or re.match(r"\D*\d+\.", known[0]):
        return ["dmy"]
    return ["mdy"] if max(map(int, second)) > 12 else []  # either way: it stays a text


def _version(found: re.Match[str]) -> bool:
    """Whether what has the form of a date is rather a version, as 1.2.30, or has no year."""
    short = len(found["a"] + found["b"]) < 4 and len(found["c"]) == 2
    return (short and "/" not in found[0]) or (len(found["c"]) == 1 and len(found["a"]) < 4)


def _marked(known: list[str]) -> list[str]:
    """Kinds of number that the cells may be of, the likely one first."""
    if any(map(_ADDRESS.fullmatch, known)):
        return ["int"]
    european = any(_COMMA.fullmatch(cell.strip("()-")) and _EUROPEAN.search(cell) for cell in known)
    english = any(_NUMBER.fullmatch(cell.strip("()-")) and _ENGLISH.search(cell) for cell in known)
    return ["comma", "int"] if european and not english else ["int", "comma"]


READERS: dict[str, Callable[[str], Any]] = {
    "int": _first(int), "float": _first(float), "comma": _comma,
    "iso": lambda text: Date(text) if _ISO.fullmatch(text) else dated(text, "ymd"),
    "dmy": lambda text: dated(text, "dmy"), "mdy": lambda text: dated(text, "mdy"),
    "stamp": _stamped,
    "text": lambda text: text,
}  # fmt: skip # from a cell to a value: the usual spelling first, since it is many times faster
