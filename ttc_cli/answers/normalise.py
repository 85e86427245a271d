"""From the text of an answer to a form that can be compared, and shown.

A form has a kind, a key (same key, same answer), and a label that reads well. Rules by kind:

- number: exact, see `quantity`; measure: see `units`.
- choice: "(B)", "B.", "option B", "B) Paris" are B.
- bool: yes = true, no = false.
- date: see `dates`.
- items: "1, 2" and "{1, 2}" are unordered, "[1, 2]" and "(1, 2)" ordered; a bare list equals a
  bracketed one in the same order. With two members, "(1, 2)" is not "[1, 2]" (interval, point).
- json: objects by value, whatever the order of keys; code: see `source`.
- maths: what a computer algebra system could read; compared by the worker when keys differ.
- text: the rest, without case, markdown, articles and closing punctuation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ttc_cli.answers.dates import parse_clock, parse_date
from ttc_cli.answers.latex import readable, tidy
from ttc_cli.answers.quantity import Number, parse_number, show
from ttc_cli.answers.source import clean_code, code_key, looks_like_code

MATHS_LIMIT = 300  # characters; longer "formulas" are prose or runaway repetition
_CHOICE = re.compile(
    r"(?:(?:option|choice|answer)\s*:?\s*)?(?:\(([A-Za-z])\)|([A-Za-z])[).:]?)", re.IGNORECASE
)
_CHOICE_TEXT = re.compile(r"(?:\(([A-Z])\)|([A-Z])[).:])\s+\S.*", re.DOTALL)
_BOOLS = {"yes": True, "true": True, "no": False, "false": False}
_BASED = re.compile(r"([0-9A-Za-z]+)_\{?(\d+)\}?")
_HEDGE = re.compile(
    r"^(?:about|approximately|roughly|around|exactly|only|approx\.?|is|=|≈|≃|~)\s*", re.I
)
_NAME = r"(?:[a-zA-Z]|\\[a-z]+)(?:_\{?\w+\}?)?'?(?:\s*\([^()]*\))?"
_ASSIGNED = re.compile(
    rf"^(?:(?:{_NAME}|\([\w\s,;]+\)|[A-Z]{{2,3}}|\\frac\{{[A-Z]+\}}\{{[A-Z]+\}}|[A-Za-z][\w{{}}]*\s*:\s*[A-Za-z][\w{{}}]*)\s*(?:=|\\approx|≈)"
    rf"|{_NAME}\s*(?:\\in(?![a-z])|∈))\s*"
)
_OPERAND = r"(?:[\d\s+*/().,×x÷$%-]|\\(?:div|times|cdot|frac|text)(?![a-z])|[{}])*"
_SUM = re.compile(rf"^{_OPERAND}\d{_OPERAND}=\s*(?=\S)")
_LONE = re.compile(r"[-\d\s.]+=\s*")
_APPROX = re.compile(r"\s*(?:\\approx|≈).*$", re.DOTALL)
_BRACKETS = {"(": ")]", "[": ")]", "{": "}"}
_JOINT = re.compile(r"\s+(?:and|or)\s+|(?<=\d)(?:and|or)(?=\w)|(?<=\))(?:and|or)(?=\()")
_SEMICOLON = re.compile(";")
_FUNCTIONS = re.compile(
    r"\\[a-zA-Z]+|(?:arc)?(?:sin|cos|tan)h?|sec|csc|cot|log|ln|exp|sqrt|frac|pi|infinity|lim|min|max|mod"
)
_LONG_WORD = re.compile(r"[^\W\d_]{3,}")
_MATHS_SIGN = re.compile(r"[\d\\^_+*/=<>≤≥≠±√π∞∪∩∅|°!-]|sqrt|pi\b")
_ARTICLE = re.compile(r"^(?:the|a|an)\s+(?=\w)", re.IGNORECASE)


@dataclass(frozen=True)
class Form:
    """An answer ready to be compared.

    `key`: equal keys are equal answers. `source`: bare LaTeX or plain maths for the worker.
    `items` and `brackets` belong to kind "items" (brackets "" for a bare list), `number` to
    "number". `full` is `source` before the left side of an assignment was dropped.
    """

    kind: str
    key: Hashable
    label: str
    source: str = ""
    full: str = ""
    number: Number | None = None
    items: tuple[Form, ...] = ()
    brackets: str = ""


@lru_cache(maxsize=4096)
def parse_form(text: str) -> Form:
    """Read one answer. Never raises: what is nothing else is text."""
    if looks_like_code(text):
        return _code(text)
    tidied = tidy(text)
    if "\n" in tidied and looks_like_code(tidied):
        return _code(tidied)
    return _json(tidied) or _form(tidied)


def canonical(text: str) -> str:
    """The form of an answer that reads well: `\\frac{11+9a}{20}` is `(11+9a)/20`, "(B)" is "B"."""
    return parse_form(text).label


def _code(text: str) -> Form:
    shown = clean_code(text)
    return Form("code", ("code", code_key(shown)), shown)


def _json(text: str) -> Form | None:
    if not (text.startswith("{") and text.endswith("}") and '"' in text):
        return None
    try:
        shown = canonical_json(json.loads(text))
    except (ValueError, RecursionError):
        return None
    return Form("json", ("json", shown), shown)


def canonical_json(value: object) -> str:
    """JSON with sorted keys and one spelling of each number (1.0 is 1)."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> object:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _form(tidied: str, depth: int = 0) -> Form:
    text = _HEDGE.sub("", tidied) if tidied[:1].lower() in "aere o=≈≃~i" else tidied
    stated = _strip_statement(text)
    for candidate in dict.fromkeys((text, stated)):
        if found := _settled(candidate):
            return found
    if depth < 3 and (found := _items(stated, depth)):
        return found
    return _maths(stated, text) or _text(tidied)


def _strip_statement(text: str) -> str:
    """`x = 5` is 5, `12 - 4 = 8` is 8, `1/3 ≈ 0.33` is 1/3; `7 = 11a + c` stays an equation."""
    if len(text) > MATHS_LIMIT:
        return text
    for _ in range(4):
        match = _ASSIGNED.match(text) or _SUM.match(text)
        rest = text[match.end() :] if match else ""
        if match is None or not rest:
            break
        if _LONE.fullmatch(match[0]) and re.search(r"[a-zA-Z]", rest):
            break
        text = rest
    return _APPROX.sub("", text) or text


def _settled(text: str) -> Form | None:
    """The kinds that need no algebra, cheapest first."""
    if day := parse_date(text) or parse_clock(text):
        return Form("date", ("date", day), day)
    if number := parse_number(text):
        unit = number.unit
        measure = unit and (unit.factor, unit.dimension)
        key = ("number", number.value, number.percent, measure, number.rounded_at)
        return Form("number", key, show(number), source=text, number=number)
    if match := _CHOICE.fullmatch(text) or _CHOICE_TEXT.fullmatch(text):
        letter = (match[1] or match[2]).upper()
        return Form("choice", ("choice", letter), letter)
    if text.lower() in _BOOLS:
        return Form("bool", ("bool", _BOOLS[text.lower()]), text.lower())
    if match := _BASED.fullmatch(text):
        digits = f"{match[1].upper()}_{match[2]}"
        return Form("based", ("based", digits), digits)
    shown = readable(text) if len(text) < 20 else ""
    if shown in ("∞", "-∞", "+∞"):
        shown = shown.lstrip("+")
        return Form("constant", ("constant", shown), shown, source=text)
    return None


def split_outside(text: str, separator: re.Pattern[str]) -> Iterator[str]:
    """Pieces of `text` between matches of `separator` that are outside all brackets."""
    depth, start, depths = 0, 0, []
    for char in text:
        depths.append(depth)
        depth += (char in "([{") - (char in ")]}")
    for match in separator.finditer(text):
        if depths[match.start()] == 0:
            yield text[start : match.start()]
            start = match.end()
    yield text[start:]


def _parts(text: str) -> list[str]:
    # with a comma and a space for separator, a comma alone groups thousands: "1,000, 2,000"
    comma = r",\s+" if re.search(r"\d,\d{3}(?!\d)", text) and ", " in text else r","
    separator = re.compile(rf"\s*(?:;|{comma})\s*(?:(?:and|or)\s+)?|{_JOINT.pattern}")
    groups = list(split_outside(text, _SEMICOLON))
    if len(groups) > 1 and any("," in group for group in groups):
        return [group.strip() for group in groups]  # x = 1, y = 2; x = 3, y = 4
    return [part.strip() for part in split_outside(text, separator)]


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


def _items(text: str, depth: int) -> Form | None:
    if len(text) > 1000 or not text:
        return None
    brackets, inner = _inside(text)
    parts = _parts(inner)
    if brackets == "()" and len(parts) == 1:
        return None if text == inner else _settled(inner)
    if not all(parts) or len(parts) > 200 or (len(parts) < 2 and brackets not in ("{}", "[]")):
        return None
    if not brackets and not all(len(part) <= 40 and len(part.split()) <= 4 for part in parts):
        return None  # a sentence with commas
    items = tuple(_form(tidy(part), depth + 1) for part in parts)
    keys = tuple(item.key for item in items)
    unordered = brackets in ("", "{}")
    key = ("items", brackets, tuple(sorted(map(repr, keys))) if unordered else keys)
    labels = ", ".join(item.label for item in items)
    label = f"{brackets[:1]}{labels}{brackets[1:]}"
    return Form("items", key, label, source=text, items=items, brackets=brackets)


def _maths(text: str, full: str) -> Form | None:
    if not text or len(text) > MATHS_LIMIT or not _MATHS_SIGN.search(text):
        return None
    if "\\begin" not in text and _LONG_WORD.search(_FUNCTIONS.sub(" ", text)):
        return None
    shown = readable(text)
    key = re.sub(r"\s|\*(?!\*)", "", shown)
    return Form("maths", ("maths", key), shown, source=text, full=full)


def _text(tidied: str) -> Form:
    shown = re.sub(r"\s+", " ", readable(tidied))
    key = _ARTICLE.sub("", shown.strip("()[]'\"")).casefold().rstrip(".!?")
    return Form("text", ("text", re.sub(r"[\s_-]+", " ", key)), shown)
