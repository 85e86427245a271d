"""Numbers as people write them in digits or words, read exactly."""

from __future__ import annotations

import re
from fractions import Fraction

MAX_DIGITS = 400  # beyond it a "number" is noise, and exact powers of ten cost memory
_MAX_EXPONENT = 300
_ROUNDED_FROM = 6
DIGITS = (
    r"(?:[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?"  # 1,234.5
    r"|[1-9]\d?(?:,\d\d)+,\d{3}(?:\.\d+)?"  # 12,34,567.8 as in India
    r"|\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}"  # 1.234,5 and 1.234.567
    r"|[1-9]\d{0,2}(?:[ '_]\d{3})+(?:[.,]\d+)?"  # 1 234.5 and 1'234
    r"|\d+[.,]\d+|\.\d+|\d+\.?)(?!\d|[.,']\d)"
)
SCALES = {
    10**2: "hundred", 10**3: "thousand k tausend mille tsd", 12: "dozen dutzend docena douzaine",
    10**4: "万 萬", 10**5: "lakh lac", 10**7: "crore cr", 10**8: "亿 億",
    10**6: "million mn mio m millionen million(en) millón millones milhão milhões milione milioni",
    10**9: "billion bn b milliard milliarde milliarden mrd miliardo miliardi bilhão bilhões",
    10**12: "trillion tn t trilhão",
}  # fmt: skip
_SCALES = {name: scale for scale, names in SCALES.items() for name in names.split()}
_ATTACHED = {"k": 10**3, "K": 10**3, "M": 10**6, "B": 10**9, "bn": 10**9, "mn": 10**6}
SCALE = re.compile(
    rf"(?i)\s*(?:{'|'.join(sorted((n for n in _SCALES if len(n) > 1 or n > 'z'), key=len)[::-1])})s?"
    r"(?![^\W\d_])(?:\s+of(?=\s))?|\s*[万萬亿億]"
)
_WORDS = re.compile(
    r"(?i)\b(?:zero|one|two|thre|four|fif|five|six|seven|eigh|nin|ten|elev|twel|thir|twen|for|hundr"
    r"|thous|mill|bill|null|ein|zwei|zwan|drei|vier|fünf|sech|sieb|acht|neun|zehn|elf|zwölf|hunder|"
    r"tausend|un|deux|trois|quatr|cinq|sept|huit|neuf|dix|onz|douz|treiz|quat|quin|seiz|vingt|tren|"
    r"cent|mil|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|trec|cator|dieci|"
    r"veint|cuar|cien|due|tre|sei|sett|ott|nov|undici|dodici|vent|zero|dois|três|quatro|sete|oito|dez)"
)
_LANGUAGES = ("en", "de", "fr", "es", "it", "pt")
_PARTS = {
    "half": 2, "halve": 2, "third": 3, "3rd": 3, "quarter": 4, "fourth": 4, "4th": 4, "fifth": 5,
    "5th": 5, "sixth": 6, "6th": 6, "seventh": 7, "7th": 7, "eighth": 8, "8th": 8, "ninth": 9,
    "9th": 9, "tenth": 10, "10th": 10, "hälfte": 2, "moitié": 2, "mitad": 2, "metà": 2,
    "drittel": 3, "viertel": 4, "fünftel": 5, "tier": 3, "quart": 4, "tercio": 3, "cuarto": 4,
    "terzo": 3, "terzi": 3, "quarti": 4, "metade": 2, "hundredth": 100, "100th": 100,
}  # fmt: skip
_PART = "|".join(sorted(_PARTS, key=len)[::-1])
_OF_PART = re.compile(
    rf"(?i)(?<![\d/.])(?:(?:an?|the|one|die|la|il)\s+)?(?:(?P<n>\d+)[\s-]+|\b(?=half|hälf|moit|mitad|met|(?<=a )|(?<=one )))"
    rf"(?P<p>{_PART})s?\b(?:\s+of(?:\s+an?)?\b|\s+an?\b|(?=\s)|$)"
)
_AND_A_HALF = re.compile(
    r"(?i)(\d+)(\s+[^\W\d_]+)?\s+(?:(?:and\s+(?:a|one)\s+|und\s+eine?\s+)(half|halbe?|quarter|third)"
    r"|(?:et|y|e)\s+(demie?|media|medio|mezz[ao]|meia|meio))\b"
)
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


def scaled(text: str, at: int, money: bool) -> tuple[int, int]:
    """(scale, end) of a word such as "million" or a letter such as the M of 5M; (1, at) if none."""
    if match := SCALE.match(text, at):
        word = match[0].lower().split()[0].strip()
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
    if len(text) > 200 or not (_WORDS.search(text) or re.search(rf"(?i)(?:{_PART})", text)):
        return []
    from text_to_num import alpha2digit

    found = dict[str, None]()
    for language in _LANGUAGES:
        words = alpha2digit(text, language, threshold=0)
        if language == "de":
            words = re.sub(r"(?i)\bein(?:e[rnms]?)?\b", "1", words)
        if language == "en":
            words = re.sub(r"(?i)\ban?\s+(?=\d)", "", words)
        words = _MINUS.sub("-", words)
        words = _AND_A_HALF.sub(_and_a_half, words)
        words = _OF_PART.sub(lambda m: f"{m['n'] or 1}/{_PARTS[m['p'].lower()]} ", words).strip()
        if words != text:
            found[words] = None
    return list(found)


def _and_a_half(match: re.Match[str]) -> str:
    part = {"quarter": "1/4", "third": "1/3"}.get((match[3] or "").lower(), "1/2")
    return f"{match[1]} {part}{match[2] or ''}"
