r"""Text as chains of numbers and signs: `So 48 / 2 = 24 clips` is 48, /, 2, = and 24.

A chain ends at what is no part of a sum. Where that stands directly behind a number, the number
may be part of something else (2^3, 5!, 2 million, 1 hour 30 minutes): such a side says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from ttc_cli.answers.numbers import DIGITS, value

_MOST_DIGITS = 20
"""Of a number that is read."""
WORD, COMMA, TAIL, UNKNOWN = "word", "comma", "tail", "?"
"""Begin a chain that follows a word, one behind a comma with a number before it ("3 shirts, $20
each"), one that may be the end of words with another number ("4 boxes of 12"), and one that goes on
from what is not read."""
_DATE = r"\b(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2\d{4}|\d{1,2}/\d{1,2}/\d\d)\b"
_WRITTEN = (
    (_DATE, "#"),
    (
        r"(?<![\w.)])(\d+)(?:–|(?<=[^\W\d_] \d)-|(?<=[^\W\d_] \d\d)-)(\d+)(?![\w.(])",
        lambda m: _span(m),
    ),  # pages 10-20
    (r"(?<=[\d)])\s*\*\*\s*(?=[\d(])", "^"),
    (r"\\(?=[$%#&_])|[$€£]|\*\*|\\(?:left|right|displaystyle)(?![a-z])|\\[,;! ()\[\]]", ""),
    (r"\\\\|\\(?:q?quad|implies|[Rr]ightarrow|to|end)(?![a-z])", "→"),
    (
        r"\\(?:text|textbf|mathrm|mathbf)\s*\{[^{}]*?((?:[^\W\d_]+(?:/[^\W\d_]+){0,3})?)[^{}\w]*\}",
        r" \1 ",
    ),
    (r"(?<=[^\W\d_]{2})\s*(?:\^\s*\{?[23]\}?|[²³])", ""),  # ft^2
    (r"\\boxed\s*\{([^{}]*)\}", r"\1"),
    (r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"((\1)/(\2))"),
    (r"\\(?:times|cdot)(?![a-z])|[×·∗]", "*"),
    (r"(?:\\div(?![a-z])|÷|(?<=\s)/(?=\s))\s*(\d+/\d+)(?![\w./])", r"/(\1)"),
    (r"\\div(?![a-z])|÷", "/"),
    (r"(?<![\w.,/])(\d+)[ \t]+(\d+/\d+)(?![\w./])", r"(\1+\2)"),  # 2 1/2
    (r"\\approx(?![a-z])|≈", "~"),
    (r"==", "#"),  # a test of code
    (r"\bequals\b", "="),
    (r"(?<=\d)(?<!\b0)(\s*)[xX](?=\s*\d)", r"\1*"),
    (r"(?i)(?<=\d)\s*per\s?cent(?![^\W\d_])", "%"),
    (r"(?<=%)\s+of\s+(?=\d)", "*"),
    (r"[−–]", "-"),
    (r"\(\s*[^\W\d_][^()\d]{0,60}\)", ""),
    (r"\{,\}", ","),
    (r"(?m)^\s*(?:[-*•]|\d{1,2}[.)])\s+", ""),
)
_RULES = tuple((re.compile(pattern), with_) for pattern, with_ in _WRITTEN)
_TOKEN = re.compile(
    rf"(?P<number>(?<![\w.])(?<!\d:){DIGITS}(?!:\d)(?P<percent>\s*%)?(?P<letter>[^\W\d_](?![^\W\d_]))?)"
    r"|(?P<sign>[-+*/()=~])|(?P<unit>[^\W\d_]+(?:/[^\W\d_]+)*\.?)|(?P<other>\S)"
)
_SENTENCE = re.compile(r"\n|(?<=[.;!?])\s+(?=[A-Z\\])")
_OTHERWISE = re.compile(
    r"(?i)\b(?:binary|octal|hex(?:adecimal)?|base[- ]?\d+|modulo|assert|false|untrue|incorrect"
    r"|wrong|(?:not|n't) (?:true|equal|correct|right))\b"
    r"|\b(?:if|suppose|assum(?:e|ing)|not)\s+(?:that\s+)?(?=[\d(])"
)
"""A sentence that does not say that its two sides are equal, or not as numbers of every day."""
_STOPS = ",;:.→"
_CLOSED = '}]|`&<>"”…✓✔✅'
"""Beside the stops, what leaves the number before it as it is."""
_NO_UNITS = re.compile(
    r"(?i)(?:hundred|thousand|million|billion|trillion|dozen|k)s?|[ap]\.?m|mod|squared|cubed|factorial"
)
_APART = re.compile(
    r"(?i)\b(?:is|are|was|were|be|so|then|but|because|since|while|which|thus|hence|therefore|has|have"
    r"|had|gives?|giving|gets?|makes?|means|leaves?|leaving|needs?|will|would)\b"
)
_FUNCTIONS = re.compile(
    r"(?i)log|ln|sin|cos|tan|exp|roots?|half|thirds?|quarters?|fourths?|fifths?|tenths?|twice|double"
    r"|triple|squared?|cubed?"
)
_LARGE = re.compile(
    r"(?i)(?:hour|hr|minute|min|day|week|month|year|dollar|euro|buck|pound|lb|foot|feet|yard|ft|meter|metre|kg|km)s?"
)
"""Units that a smaller one can follow: 1 hour 30 minutes, 3 dollars and 50 cents."""
_GOES_ON = {"and", "in", "before", "after", "during"}
"""Between a result and another number: 3 * 5 = 15 meows in 5 minutes."""


class Number(NamedTuple):
    """A number of a sum, as it is read and as it is where its point or comma is the other mark."""

    value: Fraction
    places: int
    percent: bool
    otherwise: Fraction
    unit: str = ""


Part = Number | str


def equations(text: str) -> list[list[Part]]:
    """The chains of a text that have a sign of equality."""
    for rule, with_ in _RULES:
        text = rule.sub(with_, text)
    sentences = (said for said in _SENTENCE.split(text) if "=" in said or "~" in said)
    said_so = [said for said in sentences if not _OTHERWISE.search(said)]
    return [chain for said in said_so for chain in _chains(said) if {"=", "~"} & {*chain}]


def sides_of(chain: Sequence[Part]) -> tuple[list[list[Part]], list[str]]:
    """The parts of a chain between its signs of equality, and these."""
    sides: list[list[Part]] = [[]]
    marks = []
    for part in chain:
        if part in ("=", "~"):
            marks.append(str(part))
            sides.append([])
        else:
            sides[-1].append(part)
    return sides, marks


def _chains(line: str) -> Iterator[list[Part]]:
    """The stretches of a line that are numbers, signs, and words that can be units."""
    chain: list[Part] = []
    words: list[str] = []
    numbered = False
    for match in _TOKEN.finditer(line):
        ended = bool(chain) and (isinstance(chain[-1], Number) or chain[-1] == ")")
        part = _number(match) if match["number"] else match["sign"]
        numbered = numbered or bool(match["number"])
        if isinstance(part, Number) and ended:
            apart = _are_apart(chain, words)
            yield chain if apart else [*chain, UNKNOWN]
            chain, words = [WORD if apart else TAIL, part], []
        elif part is not None:
            chain.append(part)
            words = []
        elif match["unit"] and ended and _is_unit(match["unit"]):
            words.append(match["unit"].strip("/ ."))
            if isinstance(last := chain[-1], Number):
                chain[-1] = last._replace(unit=last.unit or words[-1])
        else:
            yield chain if _leaves_whole(match, line) else [*chain, UNKNOWN]
            if chain != [UNKNOWN] or match["unit"] != "of":  # half of 9 + 1
                chain = _begun(match, line, numbered)
            words = []
    yield chain


def _are_apart(chain: list[Part], words: list[str]) -> bool:
    """Whether a number behind a chain and words begins a sum of its own."""
    said = " ".join(words)
    if _APART.search(said):
        return True
    large = bool(words) and _LARGE.fullmatch(words[0]) and words[1:] in ([], ["and"])
    return "=" in chain and not _GOES_ON.isdisjoint(words) and not large


def _begun(match: re.Match[str], line: str, numbered: bool) -> list[Part]:
    """The beginning of a chain behind a token that is no part of one."""
    if match["other"] and match["other"] in _STOPS:
        return [COMMA] if numbered and match["other"] == "," else []
    word = (match["unit"] or "").strip("/ .")
    called = line[match.end() :].startswith("(") or _FUNCTIONS.fullmatch(word)  # sqrt(16), half 5
    return [WORD if word and not called else UNKNOWN]


def _leaves_whole(match: re.Match[str], line: str) -> bool:
    """Whether the number before a token that is no part of a sum is read whole."""
    if match["unit"] == "a":
        return bool(re.match(r" [^\W\d_]{2}", line[match.end() :]))  # 60 minutes a day
    if match["other"] == ":":
        return not line[match.end() :].lstrip()[:1].isdigit()  # 3 : 2
    return bool(match["other"]) and match["other"] in _STOPS + _CLOSED


def _is_unit(word: str) -> bool:
    """Whether a word behind a number can be its unit: not x, and not million."""
    word = word.strip("/ .")
    return len(word) > 1 and not _NO_UNITS.fullmatch(word)


def _number(match: re.Match[str]) -> Number | None:
    """The number of a token; None for one with a letter, as in 4x, and for endless ones."""
    digits = match["number"].removesuffix(match["letter"] or "")
    digits = digits.removesuffix(match["percent"] or "").rstrip(".")
    if match["letter"] or sum(map(str.isdigit, digits)) > _MOST_DIGITS:
        return None
    exact = value(digits)[0] / (100 if match["percent"] else 1)
    places = len(digits.partition(".")[2])
    otherwise = exact * 1000 if places == 3 else exact
    if re.fullmatch(r"\d{1,3},\d{3}", digits):
        otherwise = exact / 1000
    return Number(exact, places, bool(match["percent"]), otherwise)


def _span(match: re.Match[str]) -> str:
    """A mark that is not read for the span from one number to a larger one."""
    return "#" if (len(match[1]), match[1]) < (len(match[2]), match[2]) else match[0]
