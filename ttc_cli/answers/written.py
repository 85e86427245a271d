"""Measures as people shorten them, in full: 5-foot-3, £3 12s, 1 h 30, 1 in 10 million, a quid.

What is left says each unit, and has one sign, in front.
"""

from __future__ import annotations

import re
from fractions import Fraction

from ttc_cli.answers.names import units, words
from ttc_cli.answers.numbers import DIGITS, scaled, value

_PLAIN_FRAC = re.compile(r"\\frac\{\s*(-?[\d.,]+)\s*\}\{\s*(-?[\d.,]+)\s*\}(?!\d)")
_UNIT_FRAC = re.compile(
    r"(?<=\d)\s*\\frac\{([a-zA-Zμ]{1,4})\}\{([a-zA-Z]{1,3}(?:\^\{?[23]\}?)?)\}$"
)
_MIXED = re.compile(r"(\d)\s*(?=\\frac\{\d+\}\{\d+\})")
_HEDGE = re.compile(rf"(?i)^(?:{words('hedges')})\s*(?=[-+\d.$€£¥₹(A-Z\\])")
_AN = re.compile(r"(?i)^(?:an?|one|eine?|une?|una)\s+(?=[^\W\d_]+$|(?:dozen|dutzend)\b)")
_MINUS = re.compile(r"(?i)^(?:minus|negative|moins|menos|meno)\s+(?=[\d.$€£¥₹])")
_BELOW_ZERO = re.compile(rf"(?i)\s+(?:{words('below zero')})$")
_AN_AND = re.compile(r"(?i)^(?:an?|one)\s+(?=([^\W\d_]+),?\s+(?:and\s+)?\d)")
_SMALLER = (  # of which the smaller unit goes without saying
    (re.compile(r"(?<=\d)(\s?h\s?\d\d)$"), r"\1 min"),
    (re.compile(r"(?i)^(\d+)-(?:foot|feet)-(\d+)(?:-inch(?:es)?)?$"), r"\1 ft \2 in"),
    (re.compile(r"(?i)(?<=\d)(\s?(?:ft\.?|feet|foot)\s\d\d?)$"), r"\1 in"),
    (re.compile(r"^([12])\s?m\s?(\d\d)$"), r"\1 m \2 cm"),
    (re.compile(r"(?i)(\d)\s?(€|euros?|dollars?|pounds?|francs?)\s(\d\d)$"), r"\1.\3 \2"),
    (re.compile(r"^(\d+)€(\d\d)$"), r"\1.\2 €"),
    (re.compile(r"^£(\d+) (?:and )?(\d\d)p$"), r"£\1.\2"),
    (re.compile(r"(?i)^([$€])(\d+) and (\d\d?) cents?$"), r"\2 \1 \3 cents"),
    (re.compile(r"(?i)(\d)\s?degrees? (\d+) (?:arc)?min(?:utes?)?(?:,? (?:and )?(\d+) \w+)?$"),
     r"\1 degrees \2 arcmin \g<3>"),
    (re.compile(r"(\d)\s?°\s?(\d+)\s?'(?:\s?(\d+)\s?\")?$"), r"\1 degrees \2 arcmin \g<3>"),
    (re.compile(r"(?<=arcmin )(\d+)$"), r"\1 arcsec"),
    (re.compile(r"(?<=\d)(?:/[-=]|\.-{1,2})$"), ""),  # of rupees and francs: and no smaller coin
)  # fmt: skip
_SHILLINGS = re.compile(r"^£(\d+),? (\d{1,2})s(?:,? (\d{1,2})d)?$")
_DOZENS = re.compile(r"(?i)^(\d+)\s+(dozen|score)(?:\s+and\s+(\d+))?$")
_AND_PART = re.compile(r"(?i)^(\d+)\s+([^\W\d_]+)\s+and\s+an?\s+(half|quarter)$")
_SPOKEN = {
    "twice": "2", "thrice": "3", "nil": "0", "nought": "0", "naught": "0", "einhalb": "1/2",
    "ein halb": "1/2", "un demi": "1/2", "une demie": "1/2", "hora y media": "1.5 h",
}  # fmt: skip
_TIMED = re.compile(
    r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?(?:\s*(hours|hrs|hours? long|minutes|min))?"
)
_CHANCE = re.compile(
    rf"(?i)^({DIGITS})\s+(?:chances?\s+|times?\s+)?(?:in|out of)\s+(?:every\s+|an?\s+)*"
    rf"({DIGITS})(\s+[a-z]+)?$"
)


def in_full(text: str) -> str:
    """A measure as it would be written in full; a text that is none may come back as it is."""
    text = _UNIT_FRAC.sub(_per, _PLAIN_FRAC.sub(r"\1/\2", _MIXED.sub(r"\1 ", text)))
    text = re.sub(r"(?i)^(?:an?|the)\s+(?=[-+$€£¥₹\d])", "", text)
    text = _HEDGE.sub("", _AN.sub("1 ", text) if _counted(text) else text, count=1)
    for form, whole in _SMALLER:
        text = form.sub(whole, text)
    text = _MINUS.sub("-", _SPOKEN.get(text.lower(), text))
    if frozen := _BELOW_ZERO.search(text):
        text = f"-{text[: frozen.start()].lstrip('-')}"
    if (an := _AN_AND.match(text)) and units(an[1].lower()):
        text = f"1 {text[an.end() :]}"
    if (part := _AND_PART.match(text)) and units(part[2].lower()):
        text = f"{part[1]} {'1/2' if part[3].lower() == 'half' else '1/4'} {part[2]}"
    text = _SHILLINGS.sub(_decimal, _DOZENS.sub(_in_all, text))
    return _CHANCE.sub(_as_share, text)


def timed(text: str) -> list[str]:
    """2:15 as durations: hours and minutes, or minutes and seconds; empty for any other text."""
    match = _TIMED.fullmatch(text)
    if match is None:
        return []
    first, second, third = (int(part or 0) for part in match.groups()[:3])
    if match[3]:
        return [f"{first * 3600 + second * 60 + third} s"]
    both = [f"{first * 60 + second} min", f"{first * 60 + second} s"]
    return both if not match[4] else both[match[4].startswith("min") :][:1]


def _counted(text: str) -> bool:
    match = _AN.match(text)
    return bool(match and (units(text[match.end() :]) or scaled(text, match.end(), False)[0] > 1))


def _per(match: re.Match[str]) -> str:
    unit = f"{match[1]}/{match[2]}"
    return f" {unit}" if units(unit) else match[0]


def _decimal(match: re.Match[str]) -> str:
    """Pounds, shillings and pence in pounds."""
    return f"£{Fraction(int(match[1]) * 240 + int(match[2]) * 12 + int(match[3] or 0), 240)}"


def _in_all(match: re.Match[str]) -> str:
    many = {"dozen": 12, "score": 20}[match[2].lower()]
    return str(int(match[1]) * many + int(match[3] or 0))


def _as_share(match: re.Match[str]) -> str:
    """ "3 in 4" as 3/4; "6 out of 8" may be marks, which are not the same as 3 out of 4."""
    scale, end = scaled(match.string, match.end(2), money=False)
    top, below = value(match[1])[0], value(match[2])[0] * scale
    plain = 0 < top < below and Fraction(top, below).denominator == below
    return f"{top}/{below}" if plain and end == len(match.string) else match[0]
