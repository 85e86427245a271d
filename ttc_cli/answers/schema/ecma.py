"""Patterns of ECMA-262, the dialect that JSON Schema names, as patterns of Python's `re`.

What both spell alike is left as it is, `(?P<name>...)` too, which only Python has.
"""

from __future__ import annotations

import functools
import re
from typing import Any

Json = Any

_SPACES = r"\t\n\x0b\x0c\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_INSIDE = {"d": "0-9", "w": "A-Za-z0-9_", "s": _SPACES}
_ESCAPE = re.compile(
    r"u\{(?P<point>[0-9a-fA-F]{1,6})\}"
    r"|u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|u(?P<unit>[0-9a-fA-F]{4})|x(?P<byte>[0-9a-fA-F]{2})|c(?P<control>[A-Za-z])"
    r"|[pP]\{(?P<property>[^}]*)\}|k<(?P<name>[^>]+)>|(?P<letter>.)",
    re.DOTALL,
)
_ALIKE = frozenset("tnvfrbB123456789")
"""Letters and digits that mean the same after a backslash in both."""
_GROUP = re.compile(r"\(\?<(?P<name>[^=!>][^>]*)>")
_COUNT = re.compile(r"\{\d+(?:,\d*)?\}")
_DATA = ("const", "enum", "default", "examples", "example")
"""Keywords that hold values: a pattern in one is data."""


class PatternError(ValueError):
    """A pattern that is none of ECMA-262; the text names the construct."""


def to_python(pattern: str) -> str:
    """The pattern that finds in Python what this one finds under ECMA-262.

    Raises PatternError: it is no pattern, or has a construct that Python cannot say.
    """
    made = _Translation(pattern).text()
    try:
        re.compile(made)
    except (re.error, RecursionError, OverflowError) as error:
        raise PatternError(f"{_short(pattern)} is not a pattern: {error}") from None
    return made


def schema_to_python(schema: Json) -> Json:
    """A JSON schema with its patterns in Python's spelling. Raises PatternError: as `to_python`."""
    if isinstance(schema, list):
        return [schema_to_python(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made: dict[str, Json] = {}
    for word, value in schema.items():
        if word == "pattern" and isinstance(value, str):
            made[word] = to_python(value)
        elif word == "patternProperties" and isinstance(value, dict):
            made[word] = {to_python(key): schema_to_python(part) for key, part in value.items()}
        elif word in ("properties", "$defs", "definitions") and isinstance(value, dict):
            made[word] = {name: schema_to_python(part) for name, part in value.items()}
        elif word == "$schema" and not isinstance(value, str):
            continue  # of a part, it says nothing
        else:
            made[word] = value if word in _DATA else schema_to_python(value)
    return made


class _Translation:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._groups: dict[str, str] = {}
        self._at = 0

    def text(self) -> str:
        out = []
        while self._at < len(self._pattern):
            rest = self._pattern[self._at :]
            char = rest[0]
            if group := _GROUP.match(rest):
                name = self._groups.setdefault(group["name"], f"g{len(self._groups)}")
                out.append(self._took(f"(?P<{name}>", group.end()))
            elif rest.startswith("(?>") or re.match(r"(?:[*+?]|\{\d+(?:,\d*)?\})\+", rest):
                raise PatternError(
                    f"{_short(self._pattern)} has a group or repetition without return"
                )
            elif char == "\\":
                out.append(self._escape(inside=False))
            elif char == "[":
                out.append(self._class())
            elif char == "{" and not _COUNT.match(rest):
                out.append(self._took(r"\{", 1))
            else:
                out.append(self._took({"$": r"\Z", ".": r"[^\n\r\u2028\u2029]"}.get(char, char), 1))
        return "".join(out)

    def _took(self, text: str, count: int) -> str:
        self._at += count
        return text

    def _class(self) -> str:
        negated = self._pattern.startswith("[^", self._at)
        self._at += 1 + negated
        parts: list[str] = []
        while not self._pattern.startswith("]", self._at):
            if self._at >= len(self._pattern):
                raise PatternError(f"{_short(self._pattern)} has a [ without its ]")
            char = self._pattern[self._at]
            if char == "\\":
                parts.append(self._escape(inside=True))
            else:
                parts.append(self._took(f"\\{char}" if char in "[&|~^" else char, 1))
        self._at += 1
        for i, part in enumerate(parts):  # a hyphen beside a set of characters is itself
            beside = (*parts[max(0, i - 1) : i], *parts[i + 1 : i + 2])
            if part == "-" and (len(beside) < 2 or any(len(_one(p)) > 1 for p in beside)):
                parts[i] = r"\-"
        if not parts:
            return r"[\x00-\U0010ffff]" if negated else "(?!)"
        return f"[{'^' * negated}{''.join(parts)}]"

    def _escape(self, *, inside: bool) -> str:
        found = _ESCAPE.match(self._pattern, self._at + 1)
        if found is None:
            raise PatternError(f"{_short(self._pattern)} ends in a backslash")
        self._at = found.end()
        kind, letter = found.lastgroup, found["letter"]
        if kind in ("point", "unit", "byte"):
            return _character(int(found[kind], 16), self._pattern)
        if kind == "low":
            high, low = int(found["high"], 16), int(found["low"], 16)
            return _character(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00), self._pattern)
        if kind == "control":
            return _character(ord(found["control"]) % 32, self._pattern)
        if kind == "property":
            what = self._pattern[found.start()] + f"{{{found['property']}}}"
            return _property(what) if inside else f"[{_property(what)}]"
        if kind == "name" and found["name"] in self._groups:
            return f"(?P={self._groups[found['name']]})"
        if letter in tuple("dws"):
            return _INSIDE[letter] if inside else f"[{_INSIDE[letter]}]"
        if letter in tuple("DWS"):
            return _negated(letter.lower()) if inside else f"[^{_INSIDE[letter.lower()]}]"
        if letter == "0":
            return r"\x00"
        if letter is None or (letter.isalnum() and letter not in _ALIKE):
            raise PatternError(
                f"{_short(self._pattern)} has \\{letter or 'k'}, which is no escape there"
            )
        return f"\\{letter}" if letter.isascii() else re.escape(letter)


def _short(pattern: str) -> str:
    return repr(pattern if len(pattern) < 60 else f"{pattern[:57]}...")


def _one(part: str) -> str:
    """A part of a class; one character for what stands for one."""
    return part if not part.startswith("\\") or "-" in part[2:] else "c"


def _character(code: int, pattern: str) -> str:
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise PatternError(f"{_short(pattern)} names U+{code:X}, which is no character")
    return f"\\U{code:08x}"


@functools.cache
def _negated(letter: str) -> str:
    """All characters but those of \\d, \\w or \\s, as the inside of a class."""
    return _found(f"[^{_INSIDE[letter]}]+", "")


@functools.cache
def _property(what: str) -> str:
    """The characters of a Unicode property such as `p{Lu}`, as the inside of a class."""
    return _found(rf"\{what}+", what)


def _found(pattern: str, what: str) -> str:
    import regex

    everything = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))
    try:
        runs = regex.finditer(pattern, everything)
        ends = [(ord(run.group()[0]), ord(run.group()[-1])) for run in runs]
    except regex.error:
        raise PatternError(f"\\{what} is no property of characters") from None
    return "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in ends)
