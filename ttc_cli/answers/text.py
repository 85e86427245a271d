r"""The normaliser: typography, markdown and LaTeX's layout off; what is left can be parsed.

`tidy` makes plain text or bare LaTeX of what a reply wrote, `readable` what a person would have
typed, `for_parser` the LaTeX that math-verify reads.
"""

from __future__ import annotations

import html
import re
import unicodedata

_CHARS = {
    **dict.fromkeys(map(ord, "−–‒—‐‑﹣－"), "-"), **dict.fromkeys(map(ord, "’‘ʼ´′"), "'"),
    **dict.fromkeys(map(ord, "“”„«»″"), '"'),
    **dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad\u200e\u200f\u202a\u202c"), ""),
    **dict.fromkeys(map(ord, "⋅·∙"), "*"), ord("º"): "°", ord("˚"): "°", ord("∶"): ":",
    **dict.fromkeys(map(ord, "⁄∕"), "/"), ord("…"): "...", ord("µ"): "μ",
    ord("٫"): ".", ord("٬"): ",",
}  # fmt: skip
_RAISED, _LOWERED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "₀₁₂₃₄₅₆₇₈₉"
_PLAIN = str.maketrans(_RAISED + _LOWERED, "0123456789+-n0123456789")
_SHIFTED = re.compile(f"[{_RAISED}]+|[{_LOWERED}]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_VULGAR = re.compile("(\\d?)([\u00bc-\u00be\u2150-\u215e])")
_DOLLAR = "\ue000"  # a private character: "\$" is money, "$" may be a delimiter
_WORDS = re.compile(
    r"\\(?:text|textbf|textit|textrm|textnormal|textsf|texttt|mathrm|mathbf|mathit|mathsf|mbox|hbox"
    r"|emph|operatorname|boxed|fbox|underline|mathbb|bold|ensuremath|ce|mathcal)"
    r"\s*\{((?:[^{}]|\{[^{}]*\})*)\}"
)
_BOXED = re.compile(r"(?s)\\(?:boxed|fbox)\s*\{(.*)\}[.,]?")
_GONE = re.compile(
    r"\\(?:left|right|[bB]igg?[lrm]?|displaystyle|limits|!)(?![a-zA-Z])|(?<=\d)\{,\}"
)
_SIZES = (
    r"\\(?:bf|it|rm|sf|tt|tiny|small|normalsize|large|Large|LARGE|huge|Huge|displaystyle|textstyle)"
)
_FONT = re.compile(
    rf"\{{\s*{_SIZES}(?![a-zA-Z])\s*([^{{}}]*)\}}|{_SIZES}\s*\{{((?:[^{{}}]|\{{[^{{}}]*\}})*)\}}"
    rf"|{_SIZES}(?![a-zA-Z])|\\(?:text)?color\s*\{{\w+\}}\s*(?:\{{([^{{}}]*)\}})?"
)
_DISPLAY = re.compile(r"(?s)\\begin\{(equation|align(?:ed)?|gather(?:ed)?)(\*?)\}(.*)\\end\{\1\2\}")
_CELL = re.compile(r"\\begin\{array\}\{[lcr]\}([^&\\]*)\\end\{array\}")
_OVER = re.compile(
    r"\{([^{}]*)\\(over|choose)(?![a-zA-Z])([^{}]*)\}|([^{}\\]+)\\(choose) ?([^{}\\]+)"
)
_SPACE = re.compile(r"(?<!\\)\\(?:quad|qquad|,|;|:|>|\s|~)|~")
_DEGREE = re.compile(r"(?:\\?\s)*(?:\^\s*\{?\s*(?:\\circ|∘|o(?=\}))\s*\}?|\\degree)")
_REALS = re.compile(
    r"(?:[a-z]\s*(?:∈|\\in)\s*)?(?:\\mathbb\s*\{?\s*R\s*\}?|ℝ|(?<=[∈n] )R)"
    r"|(?i:(?:all|any) reals?(?: numbers?)?)"
)
_OHM = re.compile(r"(?<=[\d kM])\\Omega(?![a-zA-Z])$")
_MICRO = re.compile(
    r"(?<=\d)\s*\\(?:mu|upmu)(?![a-zA-Z])\s*(?=(?:\\(?:text|mathrm)\{)?[mgsLlAFCVWH]\b)"
)
_FRAC = re.compile(r"\\[dtc]frac(?![a-zA-Z])")
_GROUP = r"\{((?:[^{}]|\{[^{}]*\})*)\}"
_SHORT_FRAC = re.compile(rf"\\frac\s*(?:{_GROUP}|(\d))\s*(?:{_GROUP}|(\d))")
_ONE = re.compile(r"-?(?:\d+|d?[^\W\d_]|[^\W\d_]{4,})")  # of a denominator: it needs no brackets
_DELIMITED = re.compile(r"(?s)(\$\$?)([^$]+)\1|\\\((.+)\\\)|\\\[(.+)\\\]")
_POWER = re.compile(r"(?:(?<=\d)|(?<=\b[a-z])|(?<=\)))\*\*(?=-?\d)")
_MARK = re.compile(r"\*\*|__|(?<!\w)`+|`+(?!\w)|^\s*(?:#+|>)\s+|</?(?:answer|b|i|u|em|strong)>")
_EMPHASIS = re.compile(r"\*(?=[^\s*])([^*]*[^\s*])\*")
_LINK = re.compile(r"\[([^][]+)\]\(https?://[^()\s]*\)")
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,5});")
_RAISED_TAG = re.compile(r"<(su[pb])>([^<>]{1,20})</\1>")
_WORDLESS = re.compile(r"(?:\\[a-zA-Z]+|(?![^\W\d_]{2}).)+")
_FACTORIAL = re.compile(  # what else ends in "!" is said with joy
    rf"(?={_WORDLESS.pattern}$)(?:\w\s*=\s*)?"
    r"(?:\d+!|\d+[knx]!|[e-zK-Z]!|.*[!/*^\\+].*!|.*\([^(),]*[-+*\df-z][^(),]*\)!)"
)
_CONTINUED = re.compile(r"\d[.,]\d+(?:\.{3}|\\l?dots)$")
_ROW = "\\\\"
_MATRIX = re.compile(
    r"(?s)[\[(]?\s*\\begin\{(?:[a-zA-Z]?matrix|array)\}(?:\{[lcr|]+\})?(.+?)\\end\{\w+\}\s*[\])]?"
)
_INLINE = re.compile(r"\$(?=[^$\s])([^$]*[^$\s])\$(?!\d)|\\\((.+?)\\\)|\\\[(.+?)\\\]")
_NAMED = {
    "cdot": "*", "times": "*", "div": "/", "pm": "±", "mp": "∓", "le": "≤", "leq": "≤", "ge": "≥",
    "geq": "≥", "lt": "<", "gt": ">", "ne": "≠", "neq": "≠", "infty": "∞", "pi": "π", "cup": "∪",
    "cap": "∩", "approx": "≈", "in": "∈", "theta": "θ", "alpha": "α", "beta": "β", "emptyset": "∅",
    "varnothing": "∅", "to": "→", "leqslant": "≤", "geqslant": "≥", "gamma": "γ", "lambda": "λ",
    "mu": "μ", "sigma": "σ", "phi": "φ", "omega": "ω", "delta": "δ", "euro": "€", "pounds": "£",
}  # fmt: skip
_COMMAND = re.compile(r"\\([a-zA-Z]+)\s*")
_SYMBOLS = str.maketrans({v: f"\\{k} " for k, v in reversed(_NAMED.items()) if v not in "*/<>€£"})
_FUNCTIONS = re.compile(
    r"(?<![\\a-zA-Z])(arcsin|arccos|arctan|sin|cos|tan|sec|csc|cot|log|ln|exp|pi)(?![a-z])"
)
_INFINITY = re.compile(r"(?i)(?<![\\a-z])(?:infinity|inf|oo)(?![a-z])")
_ROOT = re.compile(r"(?:(?<!\\)\bsqrt|√)\s*(?:\(([^()]*)\)|(\d+|[a-z]\b))")


def plain(text: str) -> str:
    """One spelling of each character: accents composed, widths, minus signs and digits plain."""
    if text.isascii():
        return text
    text = _SURROGATE.sub("\ufffd", text)
    text = _VULGAR.sub(lambda m: f"{m[1]} {unicodedata.normalize('NFKC', m[2])}", text)
    text = _SHIFTED.sub(_shift, text.translate(_CHARS))
    text = unicodedata.normalize("NFKC", text).translate(_CHARS)
    return "".join(str(unicodedata.decimal(c)) if c > "\x7f" and c.isdecimal() else c for c in text)


def _shift(match: re.Match[str]) -> str:
    sign, digits = "^" if match[0][0] in _RAISED else "_", match[0].translate(_PLAIN)
    if match[0][0] in "⁺⁻" and not match.string[: match.start()].strip():
        return digits  # a sign of nothing before it is that of the number
    return f"{sign}{digits}" if len(digits) == 1 else f"{sign}{{{digits}}}"


def _loop(pattern: re.Pattern[str], to: str, text: str) -> str:
    """Substitute from the inside out; the bound keeps deep nests from costing quadratic time."""
    for _ in range(8):
        text, count = pattern.subn(to, text)
        if not count:
            break
    return text


def _undelimit(text: str) -> str:
    text = text.strip()
    for _ in range(3):
        match = _DELIMITED.fullmatch(text)
        if match is None:
            break
        text = (match[2] or match[3] or match[4]).strip()
    # "\(5\) apples", "$x$ and $y$": delimiters inside a sentence
    return _INLINE.sub(lambda m: m[1] or m[2] or m[3], text)


def _short_frac(match: re.Match[str]) -> str:
    return f"\\frac{{{match[1] or match[2] or ''}}}{{{match[3] or match[4] or ''}}}"


def _unmarked(text: str) -> str:
    """Text without the marks of Markdown and HTML."""
    if "<" in text:
        text = _RAISED_TAG.sub(lambda m: f"{'^' if m[1] == 'sup' else '_'}{{{m[2]}}}", text)
    if "&" in text:
        text = plain(_ENTITY.sub(lambda m: html.unescape(m[0]), text))
    text = _LINK.sub(r"\1", _MARK.sub("", text)).strip()
    emphasis = _EMPHASIS.fullmatch(text)
    return emphasis[1] if emphasis else text


def _unset(text: str) -> str:
    """LaTeX without what only sets it: fonts, sizes, colours, spaces, displays."""
    if display := _DISPLAY.fullmatch(text.strip()):
        text = re.sub(r"\\\\\s*$", "", display[3]).replace("&", "").strip()
    text = _CELL.sub(r"\1", text)
    text = _GONE.sub(lambda m: "," if m[0] == "{,}" else "", _loop(_FONT, r"\1\2\3", text))
    text = _MICRO.sub(" μ", _OHM.sub("Ω", _SPACE.sub(" ", _DEGREE.sub("°", text))))
    text = _FRAC.sub(r"\\frac", _loop(_WORDS, r"\1", text))
    text = _OVER.sub(_stacked, _SHORT_FRAC.sub(_short_frac, text)).replace("\\%", "%")
    return re.sub(r"[ \t]{2,}", " ", re.sub(r"(?<!\\)\\$", "", text.strip()))


def _stacked(match: re.Match[str]) -> str:
    top, below = (match[i] or match[j] for i, j in ((1, 4), (3, 6)))
    command = "binom" if "choose" in (match[2], match[5]) else "frac"
    return f"\\{command}{{{top.strip()}}}{{{below.strip()}}}"


def tidy(text: str) -> str:
    """`text` without markdown, delimiters, font commands, spacing and closing punctuation."""
    text = plain(text).replace("\\$", _DOLLAR)
    marked = _unmarked(_POWER.sub("^", text))
    text = _undelimit(marked)
    prose = text == marked
    if match := _BOXED.fullmatch(text):
        text, prose = _undelimit(match[1]), False
    if _REALS.fullmatch(text):
        return "(-\\infty, \\infty)"
    if "\\" in text or "{" in text:
        text = _unset(text)
    text = _undelimit(text).replace(_DOLLAR, "$").strip()
    if text.endswith("!") and not (_FACTORIAL if prose else _WORDLESS).fullmatch(text):
        text = text[:-1]  # joy
    if _CONTINUED.search(text):
        return text.replace("...", "…").replace("\\ldots", "…").replace("\\dots", "…")
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    return text.strip().rstrip(".,;:。").strip()


def _over(match: re.Match[str]) -> str:
    top, below = (match[1] or match[2] or "").strip(), (match[3] or match[4] or "").strip()
    top = top if re.fullmatch(r"-?\w+", top) else f"({top})"
    below = below if _ONE.fullmatch(below) else f"({below})"
    before, after = match.string[: match.start()], match.string[match.end() :]
    command = re.search(r"\\[a-zA-Z]+$", before)
    product = not command and top[:1].isdigit() and re.search(r"[\w)}]$", before)
    # 2\frac{1}{x} is not 21/x, nor \frac{3}{4}5 3/45, nor \frac{x}{3}^2 x/3^2
    inside = product or after[:1].isdigit() or after.lstrip()[:1] in ("^", "!")
    whole = f"({top}/{below})" if inside else f"{top}/{below}"
    return f" {whole}" if command else whole


def readable(tidied: str) -> str:
    r"""Bare LaTeX as a person would type it: `\frac{11+9a}{20}` is `(11+9a)/20`."""
    text = tidied
    if "\\" in text:
        text = _MATRIX.sub(lambda m: f"[{m[1].replace(_ROW, '; ').replace('&', ' ')}]", text)
        text = re.sub(r"\\sqrt\s*(\d)", r"sqrt(\1)", text)
        text = re.sub(r"(\d)\s*(?=\\frac\{\d+\}\{\d+\})", r"\1 ", text)
        for _ in range(4):
            before = text
            text = re.sub(rf"\\sqrt\s*{_GROUP}", r"sqrt(\1)", text)
            text = _SHORT_FRAC.sub(_over, text)
            if text == before:
                break
        text = _COMMAND.sub(lambda m: _NAMED.get(m[1], m[1]), text)
        text = text.replace("\\{", "{").replace("\\}", "}")
    text = re.sub(r"([\^_])\{(\d(?=\}(?!\d))|\w(?=\}(?!\w)))\}", r"\1\2", text)
    text = re.sub(r"\s*;\s*", "; ", re.sub(r"\s*([±≤≥≠∈∪∩])\s*", r" \1 ", text))
    return re.sub(r"\s+", " ", _INFINITY.sub("∞", text)).strip()


def for_parser(tidied: str) -> str:
    r"""Plain or bare-LaTeX maths as LaTeX, for math-verify: `sqrt(2)/2` is `\sqrt{2}/2`."""
    # typed without LaTeX, braces that are not an exponent's hold a set
    text = tidied if "\\" in tidied else re.sub(r"(?<![\^_])\{([^{}]*)\}", r"\\{\1\\}", tidied)
    text = _loop(_ROOT, r"\\sqrt{\1\2}", text).replace("**", "^")
    text = re.sub(r"\^\(([^()]*)\)", r"^{\1}", text)
    text = re.sub(r"\^(-?\d{2,})", r"^{\1}", text)
    text = _INFINITY.sub(r"\\infty ", _FUNCTIONS.sub(r"\\\1 ", text)).translate(_SYMBOLS)
    text = text.replace("<=", "\\le ").replace(">=", "\\ge ").replace("!=", "\\ne ")
    return text.replace("*", "\\cdot ").replace("°", "^{\\circ}")
