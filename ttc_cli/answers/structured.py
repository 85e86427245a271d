"""Answers that are put together: ratios, sizes, ranges, named values and lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from ttc_cli.answers import formula
from ttc_cli.answers.names import pattern, words
from ttc_cli.answers.numbers import DIGITS
from ttc_cli.answers.quantity import quantities
from ttc_cli.answers.text import tidy
from ttc_cli.answers.times import clock
from ttc_cli.answers.value import Value

Read = Callable[[str], Value]  # reads a part
_COUNTED_OUT = re.compile(rf"(?P<a>{DIGITS})\s*(?::)\s*(?P<b>{DIGITS})(?:\s*:\s*(?P<c>{DIGITS}))?")
_RANGE = re.compile(
    r"(?i)(?:(?:from|between|von|zwischen|de|entre|dal?|tra)\s+)?(?P<a>[^\s-].*?\S??)\s*(?:-|\b(?:to|through|until|and|bis|und|à|et|al?|y|e)\b)\s*(?P<b>[-\d$€£¥₹].*)"
)
_RANGED = re.compile(r"(?i)\s*(?:from|between|von|zwischen|entre|de|da|dal|tra)\b")
_OF_DAY = re.compile(r"(?i):|[ap]\.?\s?m\b|\buhr\b|o'clock")  # 2h may be a duration
_ZEROS = re.compile(r"(?<![\d.,])0\d")
_NAMES_ONLY = re.compile(r"\(\s*[a-zA-Z]\w*(?:\s*[,;]\s*[a-zA-Z]\w*)+\s*\)")
_OPERAND = r"(?:[\d\s+*/().,×x÷$%^!-]|\\(?:div|times|cdot|frac|text|sqrt)(?![a-z])|[{}])*"
_SUM = re.compile(rf"^{_OPERAND}\d{_OPERAND}=\s*(?=\S)")
_APPROX = re.compile(r"\s*(?:\\approx|≈).*$", re.DOTALL)
_ALMOST = re.compile(r"\s*(?:\\(?:approx|simeq)(?![a-z])|[≈≃])\s*")
_EITHER = re.compile(r"[\s,)](?:or|oder|ou)[\s(]|(?<=\w)\s+o\s+(?=\w)")
_SOLUTIONS = frozenset({"number", "formula", "relation", "assignment", "list"})  # x = 2 or x = 3
_SEVERAL = re.compile(rf"[,;]\s|{words('joint')}")
_BRACKETS = {"(": ")]", "[": ")]", "{": "}"}
_OPEN_ENDED = re.compile(r"([][(])([^][()]+,[^][()]+)([][)])")  # ]0, 1[ of ISO 80000-2 is (0, 1)
_YEARS = re.compile(r"((?:1\d|20)\d\d)\s?-\s?(\d\d)")
_MATRIX = re.compile(
    r"(?s)[\[(]?\s*\\begin\{(?P<name>[pb]?matrix|array)\}(?:\{[lcr|]+\})?(?P<rows>.+?)"
    r"\\end\{(?P=name)\}\s*[\])]?"
)
_SEMICOLON = re.compile(";")
_SPACED = re.compile(  # 2 3 5; 1 234 is one number
    rf"(?!{DIGITS}$)-?(?:0|[1-9]\d*)(?:\.\d+)?(?:\s(?:0|[1-9]\d*)(?:\.\d+)?)+"
)


def structured(text: str, read: Read | None) -> Value | None:
    """The whole of a text as a value with parts.

    Args:
        read: None where parts may have no more parts: then there are only ratios.
    """
    if (match := _COUNTED_OUT.fullmatch(text)) and not _ZEROS.search(text):
        return Value("ratio", tuple(part.replace(",", "") for part in match.groups() if part))
    if read is None:
        return None
    found = _matrix(text, read) or _size(text) or _range(text) or _assigned(text, read)
    return found or _items(text if "\\" in text else text.replace(" & ", " and "), read)


def _matrix(text: str, read: Read) -> Value | None:
    """A matrix of several rows and columns as the list of its rows."""
    match = _MATRIX.fullmatch(text)
    lines = [line for line in match["rows"].split("\\\\") if line.strip()] if match else []
    cells = [[cell.strip() for cell in line.split("&")] for line in lines]
    if len(cells) < 2 or len(cells[0]) < 2 or any(len(row) != len(cells[0]) for row in cells):
        return None
    return _list([_list([read(cell) for cell in row], "[]") for row in cells], "[]", text)


def _measure(text: str) -> Value | None:
    return next((v for v in quantities(text) if v.kind in ("number", "quantity")), None)


def _alike(parts: list[Value]) -> list[Value]:
    """Measures of which only one may say the unit, in that unit."""
    of = parts[-1] if parts[-1].dimension or not parts[0].dimension else parts[0]
    alike = (replace(of, amount=part.amount, places=part.places) for part in parts)
    return [whole if part.bare else part for part, whole in zip(parts, alike, strict=True)]


def _size(text: str) -> Value | None:
    pieces = re.split(r"\s*(?:x|×|\bby\b)\s*(?=\d)", text) if len(text) < 60 else [text]
    if len(pieces) < 2 or "\\" in text or "=" in text:
        return None
    parts = [_measure(piece) for piece in pieces]
    if not all(parts):
        return None
    known = _alike([part for part in parts if part])
    return Value("size", tuple((p.worth, p.dimension, p.label) for p in known))


def _range(text: str) -> Value | None:
    match = _RANGE.fullmatch(text) if len(text) < 80 and "\\" not in text else None
    if match is None or re.search(r"\b(?:is|are)\b", text):
        return None
    joint = text[match.end("a") : match.start("b")].strip().lower()
    between = bool(_RANGED.match(text))
    if joint in ("and", "und", "et", "y", "e") and not between:
        return None
    hours = [clock(match["a"]), clock(match["b"])] if _OF_DAY.search(text) else [None, None]
    if hours[0] and hours[1]:
        return Value("range", (hours[0].key, hours[1].key))
    if _ZEROS.search(text):
        return Value("name", re.sub(r"\s", "", text))
    if (years := _YEARS.fullmatch(text)) and years[2] > years[1][2:]:
        return _range(f"{years[1]}-{years[1][:2]}{years[2]}")  # 1939-45
    ends = [_measure(match["a"]), _measure(match["b"])]
    if not ends[0] or not ends[1]:
        return None
    known = _alike([ends[0], ends[1]])
    key = tuple((end.worth, end.dimension, end.label) for end in known)
    plain = joint == "to" and re.fullmatch(r"\d{1,3} to \d{1,3}", text)
    return Value(
        "range", key, readings=(Value("ratio", tuple(text.split(" to "))),) if plain else ()
    )


def rounded(text: str, question: str) -> str:
    """The right side of `17.4567 ≈ 17.46` where the question asks to round; else the text."""
    if not (question and _ALMOST.search(text) and pattern("rounding").search(question)):
        return text
    last = _ALMOST.split(tidy(text))[-1]
    return text if _SEVERAL.search(text) or not _measure(last) else last


def _assigned(text: str, read: Read) -> Value | None:
    """`x = 5` names its value, `12 - 4 = 8` is 8, `1/3 ≈ 0.33` is 1/3."""
    if len(text) > formula.LONGEST or not re.search(r"[=≈∈]|\\approx|\\in", text):
        return None
    if _parts(text)[1:] and not text.startswith("("):
        return None
    if total := _SUM.match(text):
        rest = text[total.end() :]
        if re.fullmatch(r"[-\d\s.]+=\s*", total[0]) and re.search(r"[a-zA-Z]", rest):
            return None
        return read(rest)
    match = pattern("assigned").match(text)
    if match is None:
        shorter = _APPROX.sub("", text)
        return read(shorter) if shorter and shorter != text else None
    name, rest = re.sub(r"[\s\\{}]", "", match[1]), _APPROX.sub("", text[match.end() :])
    if formula.relation(rest) and (inner := _assigned(rest, read)):
        value = inner.parts[0] if inner.kind == "assignment" else inner
    else:
        value = read(rest)
        if value.kind == "text" and formula.accepts(text):  # F = ma
            value = Value("formula", formula.key(rest), source=rest, readings=(value,))
    if _NAMES_ONLY.fullmatch(match[1]) and value.kind == "list":
        names = re.findall(r"\w+", match[1])
        if len(names) == len(value.parts):
            return _list([_named(n, p) for n, p in zip(names, value.parts, strict=True)], "")
    return _named(name, value, text if formula.accepts(text) else "")


def _named(name: str, value: Value, source: str = "") -> Value:
    key = (name, value.kind, value.key)
    return Value("assignment", key, parts=(value,), name=name, source=source)


def split(text: str, separator: re.Pattern[str]) -> Iterator[str]:
    """Pieces of `text` between matches of `separator` that are outside all brackets."""
    depth, start, depths = 0, 0, []
    for char in text:
        depths.append(depth)
        depth += (char in "([{") - (char in ")]}")
    for match in separator.finditer(text):
        if depths[match.start()] == 0:
            yield text[start : match.start()].strip()
            start = match.end()
    yield text[start:].strip()


def _parts(text: str) -> list[str]:
    # with a comma and a space for separator, a comma alone is within a number: "1,000, 2,000"
    comma = r",\s+" if re.search(r"\d,\d", text) and re.search(r",\s", text) else r","
    groups = list(split(text, _SEMICOLON))
    if len(groups) > 1 and any("," in group for group in groups):
        return groups  # x = 1, y = 2; x = 3, y = 4
    return list(
        split(text, re.compile(rf"\s*(?:;|{comma})\s*(?:(?:and|or|und|et)\s+)?|{words('joint')}"))
    )


def _inside(text: str) -> tuple[str, str]:
    """(brackets, inner text); brackets are "" when no one pair encloses it all."""
    body = text.replace("\\{", "{").replace("\\}", "}")
    body = re.sub(r"\\langle\s*(.*?)\s*\\rangle", r"(\1)", body)
    if (ends := _OPEN_ENDED.fullmatch(body)) and (ends[1] == "]" or ends[3] == "["):
        left, right = ("(" if ends[1] in "](" else "["), (")" if ends[3] in "[)" else "]")
        body = f"{left}{ends[2]}{right}"
    if len(body) < 2 or body[-1] not in _BRACKETS.get(body[0], ""):
        return "", text
    depth = 0
    for place, char in enumerate(body):
        depth += (char in "([{") - (char in ")]}")
        if depth == 0 and place < len(body) - 1:
            return "", text
    return body[0] + body[-1], body[1:-1].strip()


def _items(text: str, read: Read) -> Value | None:
    brackets, inner = _inside(text)
    if signs := re.fullmatch(r"(?:±|\\pm)\s*(\S.*)", inner):
        return _list([read(signs[1]), read(f"-{signs[1]}")], brackets)
    spaced = _SPACED.fullmatch(inner) is not None
    pieces = inner.split() if spaced else _parts(inner)
    whole = read(inner) if brackets == "()" else None
    if whole and whole.kind != "text" and (len(pieces) == 1 or whole.dimension):
        return whole  # (2 hours and 15 minutes)
    if not all(pieces) or len(pieces) > 200 or (len(pieces) < 2 and brackets not in ("{}", "[]")):
        return None
    if not brackets and not all(len(p) <= 40 and len(p.split()) <= 4 for p in pieces):
        return None  # a sentence with commas
    parts = [read(tidy(piece)) for piece in pieces]
    names = {part.name for part in parts if part.kind == "assignment"}
    plain = all(part.kind in ("assignment", "number", "quantity", "formula") for part in parts)
    if len(names) == 1 and parts[0].kind == "assignment" and not brackets and plain:
        # x = 3, x = -2 and x = 3 or -2: the values of one unknown
        values = [part.parts[0] if part.kind == "assignment" else part for part in parts]
        return _named(names.pop(), _list(values, ""))
    if len(parts) == 1:  # {5} is a set, and its one member
        return replace(_list(parts, brackets, text), readings=(parts[0],))
    found = _list(parts, brackets, text)
    if _EITHER.search(inner) and not all(part.kind in _SOLUTIONS for part in parts):
        found = replace(found, name="or", key=("or", found.key))
    return in_order(found) if spaced else found


def in_order(value: Value) -> Value:
    """A value whose members are in an order that counts, whatever encloses them."""
    readings = tuple(map(in_order, value.readings))
    if value.kind != "list":
        return replace(value, readings=readings) if readings else value
    brackets = value.brackets.replace("{}", "")
    key = (value.name, brackets, tuple((part.kind, part.key) for part in value.parts))
    source = {"": f"({value.source})", "{}": ""}.get(value.brackets, value.source)
    return replace(
        value, key=key, brackets=brackets, ordered=True, source=source, readings=readings
    )


def _list(parts: list[Value], brackets: str, source: str = "") -> Value:
    if brackets == "{}":
        parts = list({(part.kind, part.key): part for part in parts}.values())
    keys = tuple((part.kind, part.key) for part in parts)
    key = tuple(sorted(keys, key=hash)) if brackets == "{}" else keys
    return Value("list", (brackets, key), parts=tuple(parts), brackets=brackets, source=source)
