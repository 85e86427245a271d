"""One grammar for answers: a text becomes one typed value, or it is text.

The types are tried from the cheapest and strictest on, and a type takes all of the text or none
of it. Where the same words can be two things, both are kept as readings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

from ttc_cli.answers import formula
from ttc_cli.answers.names import listed, pattern, units, words
from ttc_cli.answers.numbers import DIGITS, in_digits
from ttc_cli.answers.quantity import quantities
from ttc_cli.answers.source import clean_code, code_key, looks_like_code
from ttc_cli.answers.text import readable, tidy
from ttc_cli.answers.times import when
from ttc_cli.answers.value import Value

_BOOLS = dict.fromkeys(listed("yes"), True) | dict.fromkeys(listed("no"), False)
_CHOICE = re.compile(
    r"(?i:(?:option|choice|answer|opción|antwort|réponse|opzione)\s*:?\s*)?(?:[(\[]([A-Za-z])[)\]]|([A-Za-d])[).:]?)"
)
_CHOICE_TEXT = re.compile(
    r"(?s)(?i:(?:option|choice)\s+)?(?:\(([A-Z])\)\s*:?|([A-Z])(?:\)|\.(?!\s?[A-Z]\.)|:(?!\s*[A-Z]\b)))\s+(\S.*)"
)
_LABELLED = re.compile(
    r"(?i)(?:answer|ans|a|result|antwort|réponse|respuesta|risposta|resposta)\s*:\s+(?=\S)"
)
_PLAIN = re.compile(r"-?\d{1,30}(?:\.\d{1,5})?")
_BASED = re.compile(r"([0-9A-Za-z]+)_\{?(\d+)\}?")
_COUNTED_OUT = re.compile(rf"(?P<a>{DIGITS})\s*(?::)\s*(?P<b>{DIGITS})(?:\s*:\s*(?P<c>{DIGITS}))?")
_SIZE = re.compile(r"(.*?\d\S*)\s*(?:x|×|\bby\b)\s*(?=\d)")
_RANGE = re.compile(
    r"(?i)(?:(?:from|between|von|zwischen|de|entre|dal?|tra)\s+)?(?P<a>[^\s-].*?\S??)\s*(?:-|\b(?:to|through|until|and|bis|und|à|et|al?|y|e)\b)\s*(?P<b>[-\d$€£¥₹].*)"
)
_RANGED = re.compile(r"(?i)\s*(?:from|between|von|zwischen|entre|de|da|dal|tra)\b")
_PRESSURE = re.compile(r"(1?\d\d|2[0-4]\d)/(\d\d|1[0-4]\d)")
_ZEROS = re.compile(r"(?<![\d.,])0\d")
_DOTS = re.compile(r"[vV]?\d+(?:\.\d+){2,}|[vV]\d+(?:\.\d+)*")
_NAMES_ONLY = re.compile(r"\(\s*[a-zA-Z]\w*(?:\s*[,;]\s*[a-zA-Z]\w*)+\s*\)")
_OPERAND = r"(?:[\d\s+*/().,×x÷$%^!-]|\\(?:div|times|cdot|frac|text|sqrt)(?![a-z])|[{}])*"
_SUM = re.compile(rf"^{_OPERAND}\d{_OPERAND}=\s*(?=\S)")
_APPROX = re.compile(r"\s*(?:\\approx|≈).*$", re.DOTALL)
_BRACKETS = {"(": ")]", "[": ")]", "{": "}"}
_AMBIGUOUS = re.compile(r"(?!-?[1-9]\d{0,2},\d{3}$)-?\d+,-?\d+|-?\d+[a-z]")  # 3,14 and 5m
_SEMICOLON = re.compile(";")
_ARTICLE = re.compile(r"^(?:the|a|an)\s+(?=\w)", re.IGNORECASE)
_ELEMENTS = re.compile(r"(?:\(?[A-Z][a-z]?(?:_?\{?\d+\}?)?\)?\d*)+(?:\^?\{?\d*[+-]\}?)?")
_CASED = re.compile(r"\S*(?:[a-z]\S*[A-Z]|\d\S*[A-Z]|[A-Z]\S*\d|[a-z]\S*\d)\S*|[A-Z][a-zA-Z]")


@lru_cache(maxsize=8192)
def parse(text: str) -> Value:
    """Read one answer. Never raises: what is nothing else is text."""
    if looks_like_code(text):
        return Value("code", code_key(clean_code(text)))
    tidied = tidy(text)
    if "\n" in tidied and looks_like_code(tidied):
        return Value("code", code_key(clean_code(tidied)))
    return _json(tidied) or _read(tidied)


def canonical(text: str) -> str:
    """An answer as it is shown: as it was written, without markup.

    Code keeps its lines, JSON gets one order of keys, and a choice is its letter.
    """
    found = parse(text)
    if found.kind == "code":
        return clean_code(text)
    if found.kind in ("choice", "json"):
        return found.name or str(found.key)
    return re.sub(r"\s+", " ", readable(tidy(text)))


def _json(text: str) -> Value | None:
    if not (text.startswith("{") and text.endswith("}") and '"' in text):
        return None
    try:
        return Value("json", canonical_json(json.loads(text)))
    except (ValueError, RecursionError):
        return None


def canonical_json(value: object) -> str:
    """JSON with sorted keys and one spelling of each number (1.0 is 1)."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> object:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _read(text: str, depth: int = 0) -> Value:
    label = _LABELLED.match(text)
    text = text[label.end() :] if label else text
    if not text or len(text) > 1000:
        return _text(text)
    digits = any(map(str.isdigit, text))
    readings = list(_typed(text, depth)) if digits else []
    if not readings or all(part.kind == "text" for part in readings[0].parts):
        spelt = in_digits(text)
        readings = readings or next((r for said in spelt if (r := list(_simple(said)))), [])
        readings = readings or ([] if digits else list(_typed(text, depth)))
        readings = readings or next(
            (r for said in spelt if (r := list(_structured(said, depth)))), []
        )
    return _joined(readings) if readings else _text(text)


def _joined(readings: list[Value]) -> Value:
    """The first reading, with the others that differ from it."""
    first, *others = readings
    others = [other for other in others if (other.kind, other.key) != (first.kind, first.key)]
    return replace(first, readings=tuple(others)) if others else first


def _typed(text: str, depth: int) -> Iterator[Value]:
    """All readings of a text, those that need no algebra first."""
    settled = list(_simple(text))
    yield from settled
    if settled and not _AMBIGUOUS.fullmatch(text):
        return
    structured = list(_structured(text, depth))
    yield from structured
    if not structured and (found := _formula(text)):
        yield found


def _choice(letter: str, said: str) -> Value:
    return Value("choice", (letter.upper(), said), name=letter.upper(), label=said)


def _simple(text: str) -> Iterator[Value]:
    if _PLAIN.fullmatch(text):
        amount = Fraction(text)
        yield Value("number", (amount, (), "", "", None), amount, source=text)
        return
    if text.casefold() in _BOOLS:
        yield Value("boolean", _BOOLS[text.casefold()])
        return
    if match := _CHOICE.fullmatch(text):
        yield _choice(match[1] or match[2], "")
        return
    if (match := _CHOICE_TEXT.fullmatch(text)) and not re.match(r"[-+*/^=]", match[3]):
        yield _choice(match[1] or match[2], _text_key(match[3]))
        return
    if _DOTS.fullmatch(text) and not re.fullmatch(
        r"\d{1,3}(?:\.\d{3}){2,}|\d+\.\d+\.\d{4}|\d{4}\.\d+\.\d+", text
    ):
        yield Value("name", text.lower())
        return
    if (
        len(text) <= 30
        and _ELEMENTS.fullmatch(text)
        and any(map(str.isdigit, text))
        and "(" not in text
    ):
        yield _text(text)
        return
    moment = when(text)
    if moment:
        yield moment
        if moment.kind == "date":
            return
    if (match := _PRESSURE.fullmatch(text)) and int(match[1]) > int(match[2]) >= 40 <= int(
        match[1]
    ) - 20:
        yield Value("name", text)
        return
    yield from quantities(text)


def _structured(text: str, depth: int) -> Iterator[Value]:
    """Ratios, sizes, ranges, named values and lists."""
    if (match := _COUNTED_OUT.fullmatch(text)) and not _ZEROS.search(text):
        yield Value("ratio", tuple(part.replace(",", "") for part in match.groups() if part))
        return
    if depth < 3:
        if found := _size(text) or _range(text) or _assigned(text, depth):
            yield found
            return
        if found := _items(text, depth):
            yield found


def _measure(text: str) -> Value | None:
    return next((v for v in quantities(text) if v.kind in ("number", "quantity")), None)


def _alike(parts: list[Value]) -> list[Value]:
    """Measures of which only the last may say the unit, in that unit."""
    last = parts[-1]
    return [
        replace(p, factor=last.factor, dimension=last.dimension, label=last.label) if p.bare else p
        for p in parts
    ]


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
    if match is None:
        return None
    joint = text[match.end("a") : match.start("b")].strip().lower()
    between = bool(_RANGED.match(text))
    if joint in ("and", "und", "et", "y", "e") and not between:
        return None
    if _ZEROS.search(text):
        return Value("name", re.sub(r"\s", "", text))
    ends = [_measure(match["a"]), _measure(match["b"])]
    if not ends[0] or not ends[1]:
        return None
    low, high = _alike([ends[0], ends[1]])
    return Value(
        "range", ((low.worth, low.dimension, low.label), (high.worth, high.dimension, high.label))
    )


def _assigned(text: str, depth: int) -> Value | None:
    """`x = 5` names its value, `12 - 4 = 8` is 8, `1/3 ≈ 0.33` is 1/3."""
    if len(text) > formula.LONGEST or not re.search(r"[=≈∈]|\\approx|\\in", text):
        return None
    if _parts(text)[1:] and not text.startswith("("):
        return None
    if total := _SUM.match(text):
        rest = text[total.end() :]
        if re.fullmatch(r"[-\d\s.]+=\s*", total[0]) and re.search(r"[a-zA-Z]", rest):
            return None
        return _read(rest, depth + 1)
    match = pattern("assigned").match(text)
    if match is None:
        shorter = _APPROX.sub("", text)
        return _read(shorter, depth + 1) if shorter and shorter != text else None
    name, rest = re.sub(r"[\s\\{}]", "", match[1]), _APPROX.sub("", text[match.end() :])
    if formula.relation(rest) and (inner := _assigned(rest, depth + 1)):
        value = inner.parts[0] if inner.kind == "assignment" else inner
    else:
        value = _read(rest, depth + 1)
    if _NAMES_ONLY.fullmatch(match[1]) and value.kind == "list":
        names = re.findall(r"\w+", match[1])
        if len(names) == len(value.parts):
            return _list([_named(n, p) for n, p in zip(names, value.parts, strict=True)], "")
    return _named(name, value, text if formula.accepts(text) else "")


def _named(name: str, value: Value, source: str = "") -> Value:
    return Value(
        "assignment", (name, value.kind, value.key), parts=(value,), name=name, source=source
    )


def _split(text: str, separator: re.Pattern[str]) -> Iterator[str]:
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
    groups = list(_split(text, _SEMICOLON))
    if len(groups) > 1 and any("," in group for group in groups):
        return groups  # x = 1, y = 2; x = 3, y = 4
    return list(
        _split(text, re.compile(rf"\s*(?:;|{comma})\s*(?:(?:and|or|und|et)\s+)?|{words('joint')}"))
    )


def _inside(text: str) -> tuple[str, str]:
    """(brackets, inner text); brackets are "" when no one pair encloses it all."""
    body = text.replace("\\{", "{").replace("\\}", "}")
    if len(body) < 2 or body[-1] not in _BRACKETS.get(body[0], ""):
        return "", text
    depth = 0
    for place, char in enumerate(body):
        depth += (char in "([{") - (char in ")]}")
        if depth == 0 and place < len(body) - 1:
            return "", text
    return body[0] + body[-1], body[1:-1].strip()


def _items(text: str, depth: int) -> Value | None:
    brackets, inner = _inside(text)
    if signs := re.fullmatch(r"(?:±|\\pm)\s*(\S.*)", inner):
        return _list([_read(signs[1], depth + 1), _read(f"-{signs[1]}", depth + 1)], brackets)
    pieces = _parts(inner)
    if brackets == "()" and len(pieces) == 1:
        return _read(inner, depth + 1) if next(_typed(inner, depth + 1), None) else None
    if not all(pieces) or len(pieces) > 200 or (len(pieces) < 2 and brackets not in ("{}", "[]")):
        return None
    if not brackets and not all(len(p) <= 40 and len(p.split()) <= 4 for p in pieces):
        return None  # a sentence with commas
    parts = [_read(tidy(piece), depth + 1) for piece in pieces]
    names = {part.name for part in parts if part.kind == "assignment"}
    plain = all(part.kind in ("assignment", "number", "quantity", "formula") for part in parts)
    if len(names) == 1 and parts[0].kind == "assignment" and not brackets and plain:
        # x = 3, x = -2 and x = 3 or -2: the values of one unknown
        values = [part.parts[0] if part.kind == "assignment" else part for part in parts]
        return _named(names.pop(), _list(values, ""))
    return _list(parts, brackets, text)


def _list(parts: list[Value], brackets: str, source: str = "") -> Value:
    keys = tuple((part.kind, part.key) for part in parts)
    key = tuple(sorted(keys, key=repr)) if brackets == "{}" else keys
    return Value("list", (brackets, key), parts=tuple(parts), brackets=brackets, source=source)


def _formula(text: str) -> Value | None:
    words = text.split(" ")
    for count in range(1, min(4, len(words))):
        tail, head = " ".join(words[-count:]), " ".join(words[:-count])
        unit = units(tail) if not re.match(r"[\d+*/=-]", tail) else ()
        if unit and formula.values(head):
            factor, dimension = unit[0]
            return Value(
                "formula",
                (formula.key(head), dimension, factor),
                factor=factor,
                dimension=dimension,
                source=head,
            )
    if not formula.accepts(text):
        return None
    if text.strip("+-\\ ") in ("∞", "infty", "oo", "infinity"):
        return Value("formula", f"{'-' * text.startswith('-')}∞", source=text)
    amount = formula.exact(text)
    if amount is not None:
        return Value("number", (amount, (), "", "", None), amount, source=text)
    based = _BASED.fullmatch(text)
    if based:
        return Value("text", f"{based[1].upper()}_{based[2]}")
    kind = "relation" if formula.relation(text) else "formula"
    return Value(kind, formula.key(text), source=text)


def _text(text: str) -> Value:
    return Value("text", _text_key(text))


def _text_key(text: str) -> str:
    shown = re.sub(r"\s+", " ", readable(text)).strip("()[]'\" ").rstrip(".!?")
    bare = re.sub(r"[_{}^]", "", shown)
    if len(shown) <= 30 and _ELEMENTS.fullmatch(shown) and not shown.isalpha():
        return bare  # a formula of chemistry: Co is not CO
    if len(shown) <= 30 and " " not in shown and _CASED.fullmatch(shown):
        return shown
    shown = re.sub(r"(?<=\b[^\W\d_])\.\s*", " ", _ARTICLE.sub("", shown))  # J.K. Rowling
    return re.sub(r"[\s_-]+", " ", shown.casefold()).strip()
