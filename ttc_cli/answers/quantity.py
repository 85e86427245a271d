"""Numbers, measures, money, shares and counts: all of a text, or it is none of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from ttc_cli.answers.names import PERCENT, Unit, listed, units, words
from ttc_cli.answers.numbers import DIGITS, power_of_ten, scaled, value
from ttc_cli.answers.value import Dimension, Value
from ttc_cli.answers.written import in_full, timed

_SIGN = r"(?P<{0}>[-+]?)\s*"
_AMOUNT = re.compile(
    rf"{_SIGN.format('s')}(?P<money>US\s?\$|[A-Z]{{1,2}}\$|R\$|\$|€|£|¥|₹|₩|₽|₺|₿|¢|Rs\.?(?=\s?\d)|S?Fr\.(?=\s?\d)|[A-Z]{{3}}(?=\s?\d))?\s*{_SIGN.format('s2')}"
    rf"(?:(?P<whole>\d+)(?:\s+|-|\s+and\s+|\s*\+\s*(?=\d+/\d))(?P<top>\d+)\s*/\s*(?P<below>\d+)"
    rf"|(?P<p>{DIGITS})\s*/\s*(?P<q>-?{DIGITS})(?!\s*/)"
    rf"|(?P<digits>{DIGITS})(?:\s*(?:[eE]|(?:\*|x|×|\\times|\\cdot)\s*10\s*(?:\^|\*\*))\s*[({{]?(?P<exp>[-+]?\d{{1,4}})[)}}]?)?)"
)
_BOUNDS = tuple(words("bounds"))
_BOUND = re.compile(
    "(?i)" + "|".join(rf"(?:({p})\s*(?=[-\d.$€£¥₹]))" for p in words("bounds").values())
)
_MORE = re.compile(r"(?i)\s*(?:or (more|greater|above|over)|or (less|fewer|below|under)|(\+))$")
CHANGES = dict.fromkeys(listed("up"), "up") | dict.fromkeys(listed("down"), "down")
_CHANGE = re.compile(
    rf"(?i)(?:an?\s+|by\s+)?({'|'.join(CHANGES)})(?:\s+(?:of|by|von|um|de|di))?\s+(?=[-\d.$€£¥₹A-Z])"
)
FILLER = re.compile(rf"(?i)\s*\b(?:{words('fillers')})$")
_NO_LABELS = frozenset(listed("no labels"))
_LABEL = re.compile(r"[^\W\d_][^\W\d_'’.-]*(?:[\s-]+[^\W\d_][^\W\d_'’-]*){0,3}\.?")
_COMPASS = {"n": "north", "s": "south", "e": "east", "w": "west"}
_TOWARDS = re.compile(r"(?i)(?:°\s*|degrees?\s+)?(?P<way>(?-i:[NSEW])|north|south|east|west)")
_POWER = re.compile(r"\^\{?-?\d+\}?|(?<=[^\W\d_])[23](?![\w.])")  # of a unit: m^2, s^{-1}, m3
_ORDINAL = re.compile(r"(?i)st|nd|rd|th|er|re|ème|\.?ª")
_JOINT = re.compile(r"[\s,&]*(?:\b(?:and|und|et|y|e)\b)?\s*$")
_CENTS = re.compile(r"(?i)cents?|centimes?|céntimos?|centavos?|p|pence")


def quantities(text: str) -> Iterator[Value]:
    """The readings of a text as one number or measure, most likely first; none if it is not one."""
    if not text or len(text) > 400:
        return
    text = in_full(text)
    if seconds := timed(text):
        yield from (_said(found, "", "") for said in seconds for found in _measures(said))
        return
    while filler := FILLER.search(text):
        text = text[: filler.start()]
    bound, text = _bound(text)
    change = _CHANGE.match(text)
    text = text[change.end() :] if change else text
    for found in _measures(text):
        yield _said(found, bound, CHANGES[change[1].lower()] if change else "")


def _bound(text: str) -> tuple[str, str]:
    if match := _BOUND.match(text):
        return _BOUNDS[(match.lastindex or 1) - 1], text[match.end() :]
    if match := _MORE.search(text):
        return "≤" if match[2] else "≥", text[: match.start()]
    return "", text


def _said(found: Value, bound: str, change: str) -> Value:
    """The value with what was said of it: a bound, or that it is a change up or down."""
    change = change or found.change
    amount = found.amount or Fraction(0)
    amount = -abs(amount) if change == "down" else amount
    label = f"{bound} {found.label}".strip() if bound else found.label
    kind = "quantity" if found.dimension or label or change else "number"
    key = (amount * found.factor, found.dimension, label, change, found.places)
    return Value(kind, key, amount, found.factor, found.dimension, found.places, label, change,
                 source=found.source)  # fmt: skip


def _measures(text: str) -> Iterator[Value]:
    """Amount and unit, repeated where a smaller unit follows a larger ("5 ft 10 in")."""
    parts: list[tuple[Fraction, dict[Dimension, Fraction]]] = []
    at = 0
    while match := _AMOUNT.match(text, at):
        amount, places = _amount(match)
        if amount is None:
            return
        scale, end = scaled(text, match.end(), bool(match["money"]))
        amount *= -scale if (match["s"] == "-") != (match["s2"] == "-") else scale
        bare = _POWER.sub(lambda m: " " * len(m[0]), text)
        at = next((i for i in range(end, len(text)) if bare[i].isdigit()), len(text))
        if at == len(text) and not parts:
            yield from _single(amount, places, match, text[end:])
            return
        joint = _JOINT.search(text[end:at])
        found, rest = _unit_of(
            text[end : end + joint.start() if joint and at < len(text) else at].strip()
        )
        if not found or rest or (parts and amount < 0):
            return
        of = {dimension: factor for factor, dimension in found}
        minutes = {(("time", 1),): Fraction(60)} if text[end:at].strip() == "m" else {}
        cents = {}
        if parts and _CENTS.fullmatch(text[end:at].strip(" .")):
            cents = {d: factor / 100 for d, factor in parts[0][1].items()}
        parts.append((amount, cents | minutes | of))
        if at == len(text):
            yield from _total(parts)
            return


def _total(parts: list[tuple[Fraction, dict[Dimension, Fraction]]]) -> Iterator[Value]:
    """The sum of a compound measure: parts of one dimension, each smaller than the last's unit."""
    for dimension in parts[0][1]:
        if not all(dimension in units_ for _, units_ in parts):
            continue
        steps = [(amount, units_[dimension]) for amount, units_ in parts]
        falls = all(abs(a * f) < before for (_, before), (a, f) in pairwise(steps))
        total = sum((abs(amount) * factor for amount, factor in steps), Fraction(0))
        if falls:
            smallest = steps[-1][1]
            total = -total if steps[0][0] < 0 else total
            yield Value("quantity", None, total / smallest, smallest, dimension)


def _amount(match: re.Match[str]) -> tuple[Fraction | None, int | None]:
    if match["whole"]:
        below = int(match["below"])
        return (int(match["whole"]) + Fraction(int(match["top"]), below) if below else None), None
    if match["p"]:
        below_ = value(match["q"].lstrip("-"))[0] * (-1 if match["q"][0] == "-" else 1)
        return (value(match["p"])[0] / below_ if below_ else None), None
    amount, places = value(match["digits"])
    ten = power_of_ten(match["exp"] or "0")
    if ten is None:
        return None, None
    return amount * ten, None if places is None else places - int(match["exp"] or 0)


def _unit_of(tail: str) -> tuple[tuple[Unit, ...], str]:
    """The longest unit at the start of a tail, and the rest."""
    ends = [m.end() for m in re.finditer(r"[^\s,]+", tail)][:6]
    for end in reversed(ends):
        if found := units(tail[:end]):
            return found, tail[end:]
    return (), tail


def _single(
    amount: Fraction, places: int | None, match: re.Match[str], tail: str
) -> Iterator[Value]:
    """An amount and all that follows it: a unit or a direction, what is counted, a change."""
    attached = bool(tail) and not tail[0].isspace()
    tail = tail.strip()
    if way := _TOWARDS.fullmatch(tail):
        of = (("degree", 1),) if len(tail) > 1 else ()
        towards = _COMPASS[way["way"][0].lower()]
        for factor, dimension in units(tail) if len(tail) == 1 else ():  # newtons, watts
            yield Value("quantity", None, amount, factor, dimension, places)
        yield Value("quantity", None, amount, Fraction(1), of, label=towards)
        return
    if match["money"]:
        name = match["money"].replace(" ", "").lower()
        found, rest = units(f"{name}{tail}" if tail[:1] == "/" else f"{name} {tail}"), ""
        if not found:
            found, rest = units(name), tail
        if not found:
            return
    else:
        found, rest = ((), "") if _ORDINAL.fullmatch(tail) else _unit_of(tail)
    if attached and not found and rest and rest.isascii():
        return
    label, change = _label(rest, share=bool(found) and found[0][1] == PERCENT)
    if label is None:
        return
    source = "" if tail else match.string
    thousands = match["digits"] and re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", match["digits"])
    bare: tuple[Unit, ...] = ((Fraction(1), ()),)
    for factor, dimension in found or bare:
        kept = source if not dimension else ""
        yield Value("quantity", None, amount, factor, dimension, places, label, change, source=kept)
        if thousands and dimension and dimension[0][0].isupper():  # 1.500 €
            yield Value("quantity", None, amount * 1000, factor, dimension, None, label, change)


def _label(text: str, share: bool = False) -> tuple[str | None, str]:
    """(label, change) of the words after a measure; label None when they make it none."""
    text = text.strip(" ,()")
    if share and re.match(r"(?i)(?:of|der|des|du|de|del|di)\b", text):
        return "", ""
    while text and (filler := FILLER.search(text)):
        text = text[: filler.start()].strip()
    if not text:
        return "", ""
    said = re.split(r"[\s-]+", text.lower())
    change = next((CHANGES[w] for w in said if w in CHANGES), "")
    said = [w for w in said if w not in CHANGES]
    if not said:
        return "", change
    names = "π" in text or any(len(word) == 1 and word < "\u2e80" for word in said)
    if not _LABEL.fullmatch(text) or names or (_NO_LABELS & set(said) and text != "times"):
        return None, ""
    return " ".join(map(stem, said)), change


def stem(word: str) -> str:
    """A word without the ending of its plural: good for comparing, not for reading."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    for ending in ("sses", "xes", "ches", "shes"):
        if word.endswith(ending):
            return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word
