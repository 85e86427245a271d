"""Rules for answers marked by words ("the answer is", a choice) or by being last."""

from __future__ import annotations

import re

from ttc_cli.answers.finds import Extracted, Kind, brief, last_line, sentence
from ttc_cli.answers.phrases import LABELLED, PHRASE, PLEASANTRY
from ttc_cli.answers.units import unit

CHOICE_LINE = re.compile(
    r"(?i:.*\b(?:option|choice)\s+(?:is\s+)?)?\**\(?([A-Za-z])\)?(?:[).:]\**\s+\S.{0,80}|[).:]?\**\.?)"
)
CHOICE_NAMED = re.compile(r"(?i:option|choice)\s+\**\(?([A-Z])\b(?!['’])\)?|\(([A-Z])\)")
_CHOICE_LOOSE = re.compile(r"\b([A-J])\b(?!['’])")
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*|__([^_\n]+)__")
_INLINE_MATHS = re.compile(
    r"(?s)\\\[(.{1,400}?)\\\]|\\\((.{1,400}?)\\\)|\$\$([^$]{1,400})\$\$|\$([^$\n]{1,200})\$"
)
_ITEM_MARK = re.compile(r"^[ \t]*(?:\d{1,2}[.)]\s+|[-*•]\s+|#+\s)", re.MULTILINE)
_LAST_NUMBER = re.compile(
    r"(?<![\w.\\])[-+]?\s?(?:\$|€|£|¥|₹)?\s?-?"
    r"(?:\d+\s*\\[dt]?frac\{\d+\}\{\d+\}|\\[dt]?frac\{-?\d+\}\{\d+\}"
    r"|\d+ \d+/\d+|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?(?:\s?/\s?\d+(?:\.\d+)?)?|\.\d+)"
    r"(?:[eE][-+]?\d+|\s?(?:\*|x|×|\\times)\s?10\^\{?-?\d+\}?)?(?:\s?\\?%|\s?°[CF]?)?(?![\w]*\d)"
)
_UNIT_WORD = re.compile(r"\s([a-zA-Z]+(?:/[a-z]+|\^\d|²|³)?)")
_VERDICT = re.compile(r"\s*\**(yes|no|true|false)\b\**(?=[,.!;:]|\s*$)", re.IGNORECASE)
_FREE_KINDS = (None, "number", "list")


def phrase(reply: str, kind: Kind | None) -> Extracted | None:
    """What follows the last "the answer is" or "Final answer:", in several languages."""
    for match in reversed([*PHRASE.finditer(reply)][-6:]):
        said = sentence(_after(reply, match))
        if not brief(said):
            said = _inner_value(said) or ""
        if said and not said.startswith("```"):
            at = reply.find(said, match.end())
            return Extracted(said, "phrase", (at, at + len(said)) if at >= 0 else None)
    return None


def announced(reply: str) -> str | None:
    """The whole line after the last "the answer is", None when there is none."""
    matches = [*PHRASE.finditer(reply)]
    return _after(reply, matches[-1]) if matches else None


def _after(reply: str, match: re.Match[str]) -> str:
    rest = reply[match.end() :].lstrip(" *_:\t").lstrip()
    # "**Final answer**" on a line, the answer on the next, maybe in \[ \]
    display = _INLINE_MATHS.match(rest)
    return display[0] if display else rest.split("\n", 1)[0]


def _inner_value(said: str) -> str | None:
    """The one value inside a statement too long to be it: bold, a formula, or its first number."""
    if bold := _BOLD.search(said):
        return bold[1] or bold[2]
    if maths := _INLINE_MATHS.search(said):
        return maths[0]
    number = _LAST_NUMBER.search(said) if len(said) < 200 else None
    return number[0].strip() if number else None


def choice(reply: str, kind: Kind | None) -> Extracted | None:
    """A choice letter on the last line: "(B)", "B.", "the correct option is B"."""
    line, at = last_line(reply)
    first = reply.strip().split("\n", 1)[0].strip()
    patterns: list[tuple[re.Pattern[str], str]] = [(CHOICE_NAMED, line)]
    if kind == "choice":
        patterns += [(_CHOICE_LOOSE, line), (CHOICE_NAMED, reply), (_CHOICE_LOOSE, first)]
    for candidate in (line, first) if kind == "choice" else (line,):
        if match := CHOICE_LINE.fullmatch(candidate):
            return Extracted(
                match[1].upper(), "choice", (at, len(reply)) if candidate == line else None
            )
    if kind is None and not re.search(r"(?i)\b(?:option|choice|answer|correct)\b", line):
        return None
    for pattern, where in patterns:
        if matches := list(pattern.finditer(where)):
            return Extracted(next(g for g in matches[-1].groups() if g), "choice")
    return None


def bold(reply: str, kind: Kind | None) -> Extracted | None:
    """The last bold text of the last line, unless it is a heading."""
    line, at = last_line(reply)
    found = [m for m in _BOLD.finditer(line) if not (m[1] or m[2]).rstrip().endswith(":")]
    found = [m for m in found if line[m.end() : m.end() + 1] != ":"]
    if not found or not brief(found[-1][1] or found[-1][2]):
        return None
    inner = sentence(found[-1][1] or found[-1][2])
    return Extracted(inner, "bold", (at + found[-1].start(), at + found[-1].end()))


def maths(reply: str, kind: Kind | None) -> Extracted | None:
    """The last formula, when no number follows it in the reply's last lines."""
    if kind not in _FREE_KINDS:
        return None
    formulas = list(_INLINE_MATHS.finditer(reply))
    if not formulas or "\n\n" in reply[formulas[-1].end() :].strip():
        return None
    last = formulas[-1]
    # "$5 and a tip of $3": what lies between two prices is no formula
    inner = next(g for g in last.groups() if g)
    if re.search(r"\d", reply[last.end() :]) or re.search(r"[a-z]{3,} [a-z]{2,}", inner):
        return None
    return Extracted(inner.strip(), "maths", last.span()) if brief(inner) else None


def number(reply: str, kind: Kind | None) -> Extracted | None:
    """The last number of the last line (of the reply for kind number), with its measure."""
    if kind not in _FREE_KINDS:
        return None
    line, at = last_line(reply)
    where, offset = (reply, 0) if kind == "number" else (line, at)
    blanked = _ITEM_MARK.sub(lambda m: " " * len(m[0]), where)
    numbers = list(_LAST_NUMBER.finditer(blanked))
    if not numbers:
        return None
    last = numbers[-1]
    end = last.end()
    after = _UNIT_WORD.match(blanked, end)
    if after and unit(after[1]) and after[1] not in ("in", "a"):
        end = after.end()
    said = blanked[last.start() : end].strip()
    return Extracted(said, "number", (offset + last.start(), offset + end))


def line(reply: str, kind: Kind | None) -> Extracted | None:
    """The last line, when it is short enough to be an answer and is no closing courtesy."""
    line, at = last_line(reply)
    said = sentence(LABELLED.sub("", line))
    alone = "\n" not in reply.strip()
    if kind in (None, "word") and (verdict := _VERDICT.match(reply)):
        return Extracted(verdict[1], "line", verdict.span(1))
    if not brief(line) or not said or PLEASANTRY.search(line) or line.endswith(("?", ":")):
        return None
    if not alone and _ITEM_MARK.match(line) and kind != "list":
        return None
    return Extracted(said, "line", (at, at + len(line)))
