"""Numbers, measures, money, shares and counts: all of a text, or it is none of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from ttc_cli.answers.names import PERCENT, Unit, units
from ttc_cli.answers.numbers import DIGITS, power_of_ten, scaled, value
from ttc_cli.answers.value import Value

_SIGN = r"(?P<{0}>[-+]?)\s*"
_AMOUNT = re.compile(
    rf"{_SIGN.format('s')}(?P<money>US\s?\$|[A-Z]{{1,2}}\$|R\$|\$|€|£|¥|₹|₩|₽|₺|₿|¢|Rs\.?(?=\s?\d)|[A-Z]{{3}}(?=\s?\d))?\s*{_SIGN.format('s2')}"
    rf"(?:(?P<whole>\d+)(?:\s+|-|\s+and\s+|\s*\+\s*(?=\d+/\d))(?P<top>\d+)\s*/\s*(?P<below>\d+)"
    rf"|(?P<p>{DIGITS})\s*/\s*(?P<q>-?{DIGITS})(?!\s*/)"
    rf"|(?P<digits>{DIGITS})(?:\s*(?:[eE]|(?:\*|x|×|\\times|\\cdot)\s*10\s*(?:\^|\*\*))\s*[({{]?(?P<exp>[-+]?\d{{1,4}})[)}}]?)?)"
)
_PLAIN_FRAC = re.compile(r"\\frac\{\s*(-?[\d.,]+)\s*\}\{\s*(-?[\d.,]+)\s*\}")
_MIXED = re.compile(r"(\d)\s*(?=\\frac\{\d+\}\{\d+\})")
_HEDGE = re.compile(
    r"(?i)(?:about|approximately|approx\.?|roughly|around|exactly|only|just|is|a total of|total of|circa|ca\.|etwa|"
    r"ungefähr|rund|genau|environ|exactement|unos|aproximadamente|circa|[≈~=≃])\s*(?=[-+\d.$€£¥₹(A-Z\\])"
)
_BOUNDS = (
    ("≥", r"at least|no less than|not less than|a minimum of|minimum of|minimum|>=|≥|mindestens|au moins|al menos|almeno|pelo menos"),
    ("≤", r"at most|no more than|not more than|up to|a maximum of|maximum of|maximum|<=|≤|höchstens|au plus|como máximo|al massimo|no máximo"),
    (">", r"more than|over|above|greater than|>|mehr als|plus de|más de|più di|mais de"),
    ("<", r"less than|under|below|fewer than|<|weniger als|moins de|menos de|meno di"),
    ("~", r"almost|nearly|fast|presque|casi|quasi|quase"),
)  # fmt: skip
_BOUND = re.compile("(?i)" + "|".join(rf"(?P<b{i}>(?:{p})\s*(?=[-\d.$€£¥₹]))" for i, (_, p) in enumerate(_BOUNDS)))
_MORE = re.compile(r"(?i)\s*(?:or (more|greater|above|over)|or (less|fewer|below|under)|(\+))$")
_UP = "increase increased rise rose gain gained growth profit higher up more surplus zunahme anstieg gewinn hausse augmentation bénéfice aumento ganancia guadagno lucro"
_DOWN = "decrease decreased drop dropped fall fell loss lost reduction lower down less fewer decline declined deficit abnahme rückgang verlust baisse diminution perte disminución pérdida diminuzione perdita perda"
CHANGES = dict.fromkeys(_UP.split(), "up") | dict.fromkeys(_DOWN.split(), "down")
_CHANGE = re.compile(
    rf"(?i)(?:an?\s+|by\s+)?({'|'.join(CHANGES)})(?:\s+(?:of|by|von|um|de|di))?\s+(?=[-\d.$€£¥₹A-Z])"
)
_FILLER = re.compile(
    r"(?i)\s*\b(?:in total|in all|altogether|all together|overall|remaining|left|in the end|total|"
    r"now|insgesamt|au total|en total|in totale|no total)$"
)
_NO_LABELS = frozenset(
    "sqrt pi sin cos tan log ln exp or and infinity plus minus times not than is are was were if to "
    "for with in on at by from that which because so but then over per und oder et ou y o e per "
    "divided mod when after".split()
)
_LABEL = re.compile(r"[^\W\d_][^\W\d_'’.-]*(?:[\s-]+[^\W\d_][^\W\d_'’-]*){0,3}\.?")
_COMPASS = {"n": "north", "s": "south", "e": "east", "w": "west"}
_TOWARDS = re.compile(r"(?i)(?:°\s*|degrees?\s+)?(?P<way>(?-i:[NSEW])|north|south|east|west)")
_ORDINAL = re.compile(r"(?i)st|nd|rd|th|er|re|ème|\.?ª")
_JOINT = re.compile(r"[\s,&]*(?:\b(?:and|und|et|y|e)\b)?\s*$")
_AN = re.compile(r"(?i)^(?:an?|one|eine?|une?|una)\s+(?=[^\W\d_]+$)")


def quantities(text: str) -> Iterator[Value]:
    """The readings of a text as one number or measure, most likely first; none if it is not one."""
    if not text or len(text) > 400:
        return
    text = _PLAIN_FRAC.sub(r"\1/\2", _MIXED.sub(r"\1 ", text))
    text = _HEDGE.sub("", _AN.sub("1 ", text) if _counted(text) else text, count=1)
    bound, text = _bound(text)
    change = _CHANGE.match(text)
    text = text[change.end() :] if change else text
    for found in _measures(text):
        yield _said(found, bound, CHANGES[change[1].lower()] if change else "")


def _counted(text: str) -> bool:
    match = _AN.match(text)
    return bool(match and (units(text[match.end() :]) or scaled(text, match.end(), False)[0] > 1))


def _bound(text: str) -> tuple[str, str]:
    if match := _BOUND.match(text):
        sign = next(s for i, (s, _) in enumerate(_BOUNDS) if match[f"b{i}"])
        return sign, text[match.end() :]
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
    done: list[Value] = []
    at = 0
    while match := _AMOUNT.match(text, at):
        amount, places = _amount(match)
        if amount is None:
            return
        scale, end = scaled(text, match.end(), bool(match["money"]))
        minus = (match["s"] == "-") != (match["s2"] == "-")
        amount *= -scale if minus else scale
        stop = next((i for i in range(end, len(text)) if text[i].isdigit() and text[i - 1] not in "^{"), len(text))
        joint = _JOINT.search(text[end:stop])
        tail = text[end : end + joint.start() if joint and stop < len(text) else stop]
        if stop == len(text) and not done:
            yield from _single(amount, places, match, tail, scale)
            return
        found = _compound(amount, tail, done)
        if found is None or (done and minus):
            return
        done.append(found)
        if stop == len(text):
            factor = done[-1].factor
            total = sum((abs(part.worth) for part in done), Fraction(0)) / factor
            total = -total if done[0].worth < 0 else total
            yield Value("quantity", None, total, factor, done[0].dimension, None, done[-1].label, done[-1].change)
            return
        at = stop


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


def _compound(amount: Fraction, tail: str, before: list[Value]) -> Value | None:
    """One part of a compound measure, of the unit's kind and smaller than the last; else None."""
    unit, rest = _unit_of(tail.strip())
    unit = (*unit, (Fraction(60), (("time", 1),))) if tail.strip() == "m" else unit
    for factor, dimension in unit:
        # "5m 30s": minutes, where seconds follow; the metre does not go with hours or seconds
        if before and (dimension != before[-1].dimension or factor >= before[-1].factor):
            continue
        if before and abs(amount * factor) >= before[-1].factor:
            continue
        label, change = _label(rest)
        if label is None or (label and tail):
            continue
        return Value("quantity", None, amount, factor, dimension, label=label or "", change=change)
    return None


def _unit_of(tail: str) -> tuple[tuple[Unit, ...], str]:
    """The longest unit at the start of a tail, and the rest."""
    ends = [m.end() for m in re.finditer(r"[^\s,]+", tail)][:6]
    for end in reversed(ends):
        if found := units(tail[:end]):
            return found, tail[end:]
    return (), tail


def _single(
    amount: Fraction, places: int | None, match: re.Match[str], tail: str, scale: int
) -> Iterator[Value]:
    """An amount and all that follows it: a unit or a direction, what is counted, a change."""
    attached = bool(tail) and not tail[0].isspace()
    tail = tail.strip()
    if way := _TOWARDS.fullmatch(tail):
        label = _COMPASS[way["way"][0].lower()]
        dimension = (("degree", 1),) if len(tail) > 1 else ()
        yield Value("quantity", None, amount, Fraction(1), dimension, label=label)
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
    for factor, dimension in found or ((Fraction(1), ()),):
        kept = source if not dimension else ""
        yield Value("quantity", None, amount, factor, dimension, places, label, change, source=kept)
        if thousands and dimension and dimension[0][0].isupper():  # 1.500 €
            yield Value("quantity", None, amount * 1000, factor, dimension, None, label, change)


def _label(text: str, share: bool = False) -> tuple[str | None, str]:
    """(label, change) of the words after a measure; label None when they make it none."""
    text = text.strip(" ,()")
    if share and re.match(r"(?i)(?:of|der|des|du|de|del|di)\b", text):
        return "", ""
    while text and (filler := _FILLER.search(text)):
        text = text[: filler.start()].strip()
    if not text:
        return "", ""
    words = re.split(r"[\s-]+", text.lower())
    change = next((CHANGES[w] for w in words if w in CHANGES), "")
    words = [w for w in words if w not in CHANGES]
    if not words:
        return "", change
    names = any(len(word) == 1 and word < "\u2e80" for word in words)
    if not _LABEL.fullmatch(text) or _NO_LABELS & set(words) or names:
        return None, ""
    return " ".join(map(stem, words)), change


def stem(word: str) -> str:
    """A word without the ending of its plural: good for comparing, not for reading."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    for ending in ("sses", "xes", "ches", "shes"):
        if word.endswith(ending):
            return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word
