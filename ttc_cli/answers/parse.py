"""One grammar for answers: a text becomes one typed value, or it is text.

The types are tried from the cheapest and strictest on, and a type takes all of the text or none
of it. Where the same words can be two things, both are kept as readings.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache, partial

from ttc_cli.answers import formula
from ttc_cli.answers.names import PERCENT, listed, pattern, units
from ttc_cli.answers.numbers import in_digits, repeating
from ttc_cli.answers.objects import canonical_json, loads
from ttc_cli.answers.quantity import quantities
from ttc_cli.answers.source import clean_code, code_key, looks_like_code
from ttc_cli.answers.structured import structured
from ttc_cli.answers.text import readable, tidy
from ttc_cli.answers.times import when
from ttc_cli.answers.value import Value
from ttc_cli.core.text import TITLES

_BOOLS = dict.fromkeys(listed("yes"), True) | dict.fromkeys(listed("no"), False)
_CHOICE = re.compile(
    r"(?i:(?:option|choice|answer|opción|antwort|réponse|opzione)\s*:?\s*)?(?:[(\[]([A-Za-z])[)\]]|([A-Za-d])[).:]?)"
)
_CHOICE_TEXT = re.compile(
    r"(?s)(?i:(?:option|choice)\s+)?(?:\(([A-Z])\)\s*:?|([A-Z])(?:\)|\.(?!\s?[A-Z]\.)|:(?!\s*[A-Z]\b)))\s+(\S.*)"
)
_LETTER = r"(?:[(\[](?:[A-Za-z])[)\]]|[A-Z][).:]?)"
_AND = r"(?:and|und|et|y|e|&)"
_LETTERS = re.compile(
    rf"(?i:both\s+)?(?i:(?:options|choices|answers)\s+)?{_LETTER}"
    rf"(?:(?:\s*[,;]\s*(?:{_AND}\s+)?|\s+{_AND}\s+){_LETTER})+(?i:\s+only)?"
)
_ONE_LETTER = re.compile(r"(?<=[(\[])[A-Za-z](?=[)\]])|\b[A-Z]\b")
_MORE_LETTERS = re.compile(  # "(A) red and (C) blue", not "(D) Both (A) and (C)"
    rf"(?:{_AND}|or|oder|ou|o)\s+{_LETTER}(?!\w)"
    rf"|(?!(?i:both|all|neither|either|none)\b).*\s(?:{_AND}|or|oder|ou|o)\s+[(\[]?[A-Z][)\]]\s+(?!is|are)\w"
)
_LABELLED = re.compile(
    r"(?i)(?:answer|ans|a|result|antwort|réponse|respuesta|risposta|resposta)\s*:\s+(?=\S)"
)
_TWICE = re.compile(  # 250 (two hundred and fifty); 1/4 or 25%
    r"([^()]{1,60}?)(?:\s*\((?:or\s+)?([^()]{1,60})\)|,?\s+(?:or|oder|ou)\s+([^(),]{1,60}))"
)
_PLAIN = re.compile(r"-?\d{1,30}(?:\.\d{1,5})?")
_FACTORIAL = re.compile(r"(\d{1,2})!")  # or an exclamation
_ACCOUNTED = re.compile(r"\(\s*([$€£¥₹])\s*(\d[\d.,]*)\s*\)|([$€£¥₹])\s*\((\d[\d.,]*)\)")
_NOTHING = re.compile(
    r"(?i)(?:there (?:is|are) )?no solutions?(?: exists?)?|(?:the )?empty set|∅"
    r"|\\(?:emptyset|varnothing)|\\?\{\s*\\?\}"
)
_BASED = re.compile(r"([0-9A-Za-z]+)_\{?(\d+)\}?")
_PRESSURE = re.compile(r"(1?\d\d|2[0-4]\d)/(\d\d|1[0-4]\d)")
_DOTS = re.compile(r"[vV]?\d+(?:\.\d+){2,}|[vV]\d+(?:\.\d+)*")
_AMBIGUOUS = re.compile(r"(?!-?[1-9]\d{0,2},\d{3}$)-?\d+,-?\d+|-?\d+[a-z]")  # 3,14 and 5m
_TITLE = re.compile(rf"\b({'|'.join(TITLES)}|Jr|No)\.(?=\s|$)")
_ORDINALS = {
    "first": "1st", "second": "2nd", "third": "3rd",
    **{word: f"{n}th" for n, word in enumerate(
        ("fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"), 4)},
}  # fmt: skip
_ORDINAL = re.compile(rf"\b({'|'.join(_ORDINALS)})(?= [^\W\d_])")
_COUNTRIES = {
    "US": "united states", "USA": "united states", "United States of America": "united states",
    "UK": "united kingdom", "UAE": "united arab emirates", "USSR": "soviet union",
}  # fmt: skip
_ABBREVIATED = re.compile(
    r"(?!.* oxide )(.+\w)\s\(([A-Z][A-Za-z]{1,5})(?:_?\d)?"
)  # carbon dioxide (CO2)
_SHORT = re.compile(r"\b(Mt|St)\.?\s(?=[A-Z])")
_ROMAN = re.compile(r"(?<=[a-z]\s)(?=[IVX])(X{0,3})(IX|IV|V?I{0,3})\b(?!['.-])")  # World War II
_NAME = re.compile(r"(?!D(?:er|ie|as)\s)[A-Z\u00c0-\u00de].*\s[A-Z\u00c0-\u00de][^\W\d_]*")
_ARTICLE = re.compile(r"^(?:the|a|an)\s+(?=\w)", re.IGNORECASE)
_ELEMENTS = re.compile(r"(?:\(?[A-Z][a-z]?(?:_?\{?\d+\}?)?\)?\d*)+(?:\^?\{?\d*[+-]\}?)?")
_ARROW = re.compile(r"\s*(?:-{1,2}>|[→⟶]|\\(?:to|(?:long)?rightarrow)(?![a-zA-Z]))\s*")
_REACTS = re.compile(rf"{_ARROW.pattern}|\s*\+\s+")
_SUBSTANCE = re.compile(rf"\d*\s*{_ELEMENTS.pattern}(?:\s*\((?:s|l|g|aq)\))?")
_CASED = re.compile(r"\S*(?:[a-z]\S*[A-Z]|\d\S*[A-Z]|[A-Z]\S*\d|[a-z]\S*\d)\S*|[A-Z][a-zA-Z]")


@lru_cache(maxsize=8192)
def parse(text: str) -> Value:
    """Read one answer. Never raises: what is nothing else is text."""
    if looks_like_code(text):
        return Value("code", code_key(clean_code(text)))
    tidied = tidy(text)
    if "\n" in tidied and looks_like_code(tidied):
        return Value("code", code_key(clean_code(tidied)))
    if tidied.startswith("{") and '"' in tidied and (value := loads(tidied)) is not None:
        return Value("json", canonical_json(value))
    return _read(tidied)


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


def _read(text: str, depth: int = 0) -> Value:
    label = _LABELLED.match(text)
    text = text[label.end() :] if label else text
    if not text or len(text) > 1000:
        return _text(text)
    if (twice := _TWICE.fullmatch(text)) and depth < 3:
        one, other = (_read(part, depth + 1) for part in (twice[1], twice[2] or twice[3]))
        product = text[len(twice[1])] == "(" and not re.search(r"[^\W\d_]{2}", twice[2])
        alike = (one.kind, one.key) == (other.kind, other.key)
        share = one.bare and other.dimension == PERCENT and one.worth * 100 == other.worth
        if one.kind in ("number", "quantity") and (alike or share) and not product:
            return one
    digits = any(map(str.isdigit, text))
    readings = list(_typed(text, depth)) if digits else []
    if not readings or all(part.kind == "text" for part in readings[0].parts):
        spelt = in_digits(text)
        simple = [found for said in spelt if (found := list(_simple(said)))]
        # "mil doscientos" is 1200, and in French a thousand of something
        readings = readings or min(simple, key=lambda found: bool(found[0].label), default=[])
        readings = readings or ([] if digits else list(_typed(text, depth)))
        readings = readings or next((r for said in spelt if (r := _structured(said, depth))), [])
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
    if put := _structured(text, depth):
        yield from put
    elif found := _formula(text):
        yield found


def _structured(text: str, depth: int) -> list[Value]:
    found = structured(text, partial(_read, depth=depth + 1) if depth < 3 else None)
    return [found] if found else []


def _choice(letter: str, said: str) -> Value:
    return Value("choice", (letter.upper(), said), name=letter.upper(), label=said)


def _simple(text: str) -> Iterator[Value]:
    if _PLAIN.fullmatch(text):
        amount = Fraction(text)
        yield Value("number", (amount, (), "", "", None), amount, source=text)
        return
    if special := list(_special(text)):
        yield from special
        return
    if text.casefold() in _BOOLS:
        yield Value("boolean", _BOOLS[text.casefold()])
        return
    if picked := _picked(text):
        yield picked
        return
    if _DOTS.fullmatch(text) and not re.fullmatch(
        r"\d{1,3}(?:\.\d{3}){2,}|\d+\.\d+\.\d{4}|\d{4}\.\d+\.\d+", text
    ):
        yield Value("name", text.lower())
        return
    if substances := _chemistry(text):
        yield substances
        return
    if moment := when(text):
        yield moment
        if moment.kind == "date":
            return
    high, low = map(int, match.groups()) if (match := _PRESSURE.fullmatch(text)) else (0, 0)
    if high > low >= 40 <= high - 20:
        yield Value("name", text)
        return
    yield from quantities(text)


def _picked(text: str) -> Value | None:
    """The option, or options, that a text picks by letter."""
    if match := _CHOICE.fullmatch(text):
        return _choice(match[1] or match[2], "")
    if _LETTERS.fullmatch(text):
        return structured(", ".join(_ONE_LETTER.findall(text)), _read)
    match = _CHOICE_TEXT.fullmatch(text)
    if match and not re.match(r"[-+*/^=]", match[3]) and not _MORE_LETTERS.match(match[3]):
        return _choice(match[1] or match[2], _text_key(match[3]))
    return None


def _chemistry(text: str) -> Value | None:
    """A formula of chemistry with digits, or a reaction."""
    if _ARROW.search(text) and all(map(_SUBSTANCE.fullmatch, _REACTS.split(text))):
        return Value("text", re.sub(r"[\s_{}^]", "", _ARROW.sub("→", text)))
    formula_ = len(text) <= 30 and "(" not in text and re.search(r"\d", text)
    return _text(text) if formula_ and _ELEMENTS.fullmatch(text) else None


def _special(text: str) -> Iterator[Value]:
    """Numbers and sets that are written by marks of their own."""
    amounts: list[Fraction] = []
    if (endless := repeating(text)) is not None:
        amounts = [endless]
    elif joyful := _FACTORIAL.fullmatch(text):
        amounts = [Fraction(int(joyful[1])), Fraction(math.factorial(int(joyful[1])))]
    elif owed := _ACCOUNTED.fullmatch(text):
        said = f"{owed[1] or owed[3]}{owed[2] or owed[4]}"
        for sign in ("", "-")[not owed[1] :]:
            yield from quantities(sign + said)
    elif left := pattern("remainder").fullmatch(text):
        yield Value("text", f"{left[1]} remainder {left[2]}")
    elif text.lower() == "first":
        amounts = [Fraction(1)]
    elif _NOTHING.fullmatch(text):
        yield Value("list", ("{}", ()), brackets="{}")
    yield from (Value("number", (one, (), "", "", None), one) for one in amounts)


def _formula(text: str) -> Value | None:
    words = text.split(" ")
    for count in range(1, min(4, len(words))):
        tail, head = " ".join(words[-count:]), " ".join(words[:-count])
        unit = units(tail) if not re.match(r"[\d+*/=-]", tail) else ()
        if unit and (at := formula.values(head)) and (len(tail) > 1 or at[0] == at[-1]):
            factor, of = unit[0]
            key = (formula.key(head), of, factor)
            return Value("formula", key, factor=factor, dimension=of, source=head)
    if text.strip("+-\\ ").lower() in ("∞", "infty", "oo", "infinity", "inf"):
        return Value("formula", f"{'-' * text.startswith('-')}∞", source=text)
    if not formula.accepts(text):
        return None
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


def _in_full(match: re.Match[str]) -> str:
    return {"Mt": "Mount ", "St": "Saint "}[match[1]]


def _in_arabic(match: re.Match[str]) -> str:
    ones = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX").index(match[2])
    return str(10 * len(match[1]) + ones)


def _text_key(text: str) -> str:
    shown = re.sub(r"\s+", " ", readable(text)).strip('()[]" ').rstrip(".!?")
    shown = re.sub(r"^'|(?<=\w\w)'$", "", shown)  # and not the prime of f'
    bare = re.sub(r"[_{}^]", "", shown)
    if len(shown) <= 30 and _ELEMENTS.fullmatch(shown) and not shown.isalpha():
        return bare  # a formula of chemistry: Co is not CO
    short = _ABBREVIATED.fullmatch(shown)
    if short and re.match(".*?".join(short[2].lower()), short[1].lower()):
        shown = short[1]
    if country := _COUNTRIES.get(_ARTICLE.sub("", shown).replace(".", "")):
        return country
    if len(shown) <= 30 and " " not in shown and _CASED.fullmatch(shown):
        return shown
    shown = re.sub(r"(?<=\b[^\W\d_])\.\s*", " ", _ARTICLE.sub("", shown))  # J.K. Rowling
    shown = _ROMAN.sub(_in_arabic, _SHORT.sub(_in_full, _TITLE.sub(r"\1", shown)))
    if _NAME.fullmatch(shown):  # São Paulo, Sao Paulo; but not die Mütter, die Mutter
        shown = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", shown))
    if re.fullmatch(r"(?:[A-Z] ){1,5}[A-Z] ?", shown):  # U.S.A.
        shown = shown.replace(" ", "")
    shown = re.sub(r"(?:[\s_]|(?<=\w)-|-(?![-\w.$(\\]))+", " ", shown.casefold()).strip()
    return _ORDINAL.sub(lambda m: _ORDINALS[m[1]], shown)  # first place is 1st place
