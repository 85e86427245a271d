"""Numbers as people write them in digits or words, read exactly."""

from __future__ import annotations

import re
from fractions import Fraction

from ttc_cli.answers.names import alternatives, listed, words

_MAX_EXPONENT = 300
_ROUNDED_FROM = 6
DIGITS = (
    r"(?:[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?"  # 1,234.5
    r"|[1-9]\d?(?:,\d\d)+,\d{3}(?:\.\d+)?"  # 12,34,567.8 as in India
    r"|\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}"  # 1.234,5 and 1.234.567
    r"|[1-9]\d{0,2}(?:[ '_]\d{3})+(?:[.,]\d+)?"  # 1 234.5 and 1'234
    r"|\d+[.,]\d+|\.\d+|\d+\.?)(?!\d|[.,]\d)"
)
_SCALES = {name: int(scale) for scale, names in words("scales").items() for name in names.split()}
_ENDLESS = tuple(  # a period that is marked as one, or there three times, or twice if it is long
    re.compile(r"(?P<head>-?\d{1,15})[.,](?P<fixed>\d{0,15}?)" + period)
    for period in (
        r"\\(?:overline|bar|dot)\s*\{?(?P<period>\d{1,30})\}?(?:…|\.{3})?",
        r"\((?P<period>\d{1,30})\)(?:…|\.{3})?",
        r"(?P<period>\d{1,5}?)(?P=period){2,}…",
        r"(?P<period>\d{6,30}?)(?P=period)+…",
    )
)
_ATTACHED = {"k": 10**3, "K": 10**3, "M": 10**6, "B": 10**9, "bn": 10**9, "mn": 10**6}
_SPELT = alternatives(n for n in _SCALES if ord(n[0]) < 0x2E80 and n != "k")
_SCALE = re.compile(
    rf"(?i)(?!\s*(?-i:mN)\b)\s*(?:(?:mio|mrd|tsd)\.|(?:{_SPELT})s?(?![^\W\d_]))(?:\s+of(?=\s))?|\s*[万萬亿億]"
)
_WORDS = re.compile(rf"(?i)\b(?:{alternatives(listed('number starts'))})")
_LANGUAGES = ("en", "de", "fr", "es", "it", "pt")
_PARTS = {name: int(part) for part, names in words("parts").items() for name in names.split()}
_PART = alternatives(_PARTS)
_OF_PART = re.compile(words("of part").replace("PART", _PART))
_JOINED = re.compile(  # two-thirds; three thousand, four hundred
    rf"(?i)(?<=[^\W\d_])-(?=(?:{_PART})s?\b|and-an?-)|(?<=[^\W\d_]-and)-(?=an?-)|(?<=-an)-|(?<=-a)-(?=half)|(?:(?<=hundred)|(?<=thousand)|(?<=million)|(?<=billion)),\s+(?=[a-z])"
)
_AND_A_HALF = re.compile(
    r"(?i)(\d+)(\s+[^\W\d_]+)?\s+(?:(?:and\s+(?:a|one)\s+|und\s+eine?\s+)(half|halbe?|quarter|third)"
    r"|(?:et|y|e)\s+(demie?|media|medio|mezz[ao]|meia|meio))\b"
)
_SCALED_PART = re.compile(r"\b((?:\d+\s+)?\d+/\d+|\d+\.\d+)\s+(1000(?:000)*)\b")
_HALF_MORE = re.compile(r"\b10(0{5}(?:000)*) 1/2\b")  # a million and a half
_HALVES = ["ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"]
_HALB = re.compile(rf"(?i)\b(?:andert|({'|'.join(_HALVES)})ein)halb\b")
_POINT = re.compile(r"(?i)(?<![\w.])point((?:\s+\d){1,12})(?![\w.])")
_MANY_PARTS = re.compile(
    r"(?i)(?:(?<=\bone)|(?<=\w)(?=\W+\w+ths))[\s-]+(hundred|thousand|million)ths?\b"
)
_MINUTES_TO = re.compile(r"(?i)^(10|20|25) to ([1-9]|(?<!10 to )1[0-2])(?=$| in | at |\s?[ap]\.?m)")
_PER_CENT = re.compile(r"(?i)\b(?:pour|por|per)\s+(?:cent|ciento|cento)\b")
_TWO_PARTS = re.compile(r"(?i)(1\d|20|[1-9])\s(?:oh\s(\d)|([1-9]\d))")
_MINUS = re.compile(r"(?i)(?:negative|minus|moins|menos|meno|negativo)\s+(?=[\d.])")


def value(digits: str) -> tuple[Fraction, int | None]:
    """Exact value of `DIGITS`, and the decimals it may be rounded at (None when it is exact)."""
    text = re.sub(r"[ '_]", "", digits).rstrip(".,")
    if "," in text and "." in text:
        group, mark = (",", ".") if text.rfind(".") > text.rfind(",") else (".", ",")
        text = text.replace(group, "").replace(mark, ".")
    elif text.count(",") > 1 or re.fullmatch(r"[1-9]\d{0,2},\d{3}", text):
        text = text.replace(",", "")
    elif text.count(".") > 1:
        text = text.replace(".", "")
    text = text.replace(",", ".")
    places = len(text.partition(".")[2])
    enough = len(text.replace(".", "").lstrip("0")) >= _ROUNDED_FROM <= places
    return Fraction(text), places if enough else None


def repeating(text: str) -> Fraction | None:
    r"""A decimal without end: 0.\overline{3}, 0.(3) and 0.333… are 1/3; None for any other text."""
    match = next(filter(None, (form.fullmatch(text) for form in _ENDLESS)), None)
    if match is None:
        return None
    head, fixed, period = match["head"], match["fixed"], match["period"]
    endless = Fraction(int(period), 10 ** len(period) - 1)
    total = (int(head.lstrip("-") + fixed) + endless) / Fraction(10) ** len(fixed)
    return -total if head.startswith("-") else total


def scaled(text: str, at: int, money: bool) -> tuple[int, int]:
    """(scale, end) of a word such as "million" or a letter such as the M of 5M; (1, at) if none."""
    if match := _SCALE.match(text, at):
        word = match[0].lower().split()[0].strip(" .")
        return _SCALES.get(word) or _SCALES[word.removesuffix("s")], match.end()
    for name in ("bn", "mn", "k", "K", "M", "B", *("m" if money else "")):
        if text.startswith(name, at) and not text[at + len(name) :][:1].isalnum():
            return _ATTACHED.get(name, 10**6), at + len(name)
    return 1, at


def power_of_ten(exponent: str) -> Fraction | None:
    """10 to a written exponent; None where it is out of all reason."""
    return Fraction(10) ** int(exponent) if abs(int(exponent)) <= _MAX_EXPONENT else None


def in_digits(text: str) -> list[str]:
    """The text with number words as digits, one for each language that knows some of them."""
    if (
        len(text) > 200
        or text == "null"
        or not (_WORDS.search(text) or re.search(rf"(?i)(?:{_PART})|halb", text))
    ):
        return []
    from text_to_num import alpha2digit  # type: ignore[import-untyped]  # it has no types

    written, text = text, _PER_CENT.sub("percent", text)
    text = _HALB.sub(_halb, _JOINED.sub(" ", _MANY_PARTS.sub(_part_of, text)))
    found = dict[str, None]()
    # digits and words in one text: only English is read, whose words for numbers are no others
    for language in _LANGUAGES[: 1 if any(map(str.isdigit, text)) else None]:
        said = alpha2digit(text, language, threshold=0)
        if language == "de":
            said = re.sub(r"(?i)\bein(?:e[rnms]?)?\b", "1", said)
        if language == "en":
            said = _english(said)
        said = _AND_A_HALF.sub(_and_a_half, _MINUS.sub("-", said))
        said = _OF_PART.sub(lambda m: f"{m['n'] or 1}/{_PARTS[m['p'].lower()]} ", said).strip()
        said = _SCALED_PART.sub(_in_all, _HALF_MORE.sub(r"15\1", said))
        if said != written:
            found[said] = None
    return list(found)


def _english(said: str) -> str:
    said = re.sub(r"(?i)\ban?\s+(?=[^\W\d_]+ and )", "1 ", said)
    said = re.sub(r"(?i)\ban?\s+(?=\d+(?:\s|$))", "", said)
    said = _POINT.sub(lambda m: "0." + "".join(m[1].split()), said)
    said = _MINUTES_TO.sub(r"\1 minutes to \2", said)
    if two := _TWO_PARTS.fullmatch(said):  # nineteen eighty-four, nine thirty, two oh five
        rest = f"0{two[2]}" if two[2] else two[3]
        said = f"{two[1]}:{rest}" if int(two[1]) <= 12 and int(rest) < 60 else f"{two[1]}{rest}"
    return said


def _part_of(match: re.Match[str]) -> str:
    """ " 100th" for hundredths, which would else be taken for a part of the number before them."""
    return f" {_SCALES[match[1].lower()]}th"


def _and_a_half(match: re.Match[str]) -> str:
    part = {"quarter": "1/4", "third": "1/3"}.get((match[3] or "").lower(), "1/2")
    return f"{match[1]} {part}{match[2] or ''}"


def _in_all(match: re.Match[str]) -> str:
    """The product of a part and the scale behind it: 1500000 for "1 1/2 1000000"."""
    total = sum(map(Fraction, match[1].split())) * int(match[2])
    return str(total) if total.denominator == 1 else match[0]


def _halb(match: re.Match[str]) -> str:
    """ "2 1/2" for zweieinhalb; anderthalb is 1 1/2."""
    return f"{_HALVES.index((match[1] or 'ein').lower()) + 1} 1/2"
