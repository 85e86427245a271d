"""A strict grammar of formulas, and their values: what it does not accept is no mathematics.

Algebra is asked only about what is accepted here, and only where two formulas have the same value
at chosen points; a formula of rational numbers alone is compared exactly, without it.
"""

from __future__ import annotations

import cmath
import math
import re
from fractions import Fraction
from functools import lru_cache

from ttc_cli.answers.names import listed
from ttc_cli.answers.text import readable

LONGEST = 300  # characters; longer "formulas" are prose or runaway repetition
_MOST_BITS = 20_000  # of an exact power or factorial
_Number = Fraction | complex
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?|\.\d+)"
    r"|(?P<command>\\[a-zA-Z]+)|(?P<word>[a-zA-Z]+|[α-ωΑ-Ω∞√°∅ℝℤℚℕℂ])"
    r"|(?P<op><=|>=|!=|\*\*|\\[\\{}|]|[-+*/^!()\[\]{}|,;:&=<>≤≥≠±∓∪∩∈×÷%_'.]))"
)
_FUNCTIONS = {
    "sin": cmath.sin, "cos": cmath.cos, "tan": cmath.tan, "ln": cmath.log, "exp": cmath.exp,
    "arcsin": cmath.asin, "arccos": cmath.acos, "arctan": cmath.atan, "sinh": cmath.sinh,
    "cosh": cmath.cosh, "tanh": cmath.tanh, "sec": lambda x: 1 / cmath.cos(x),
    "csc": lambda x: 1 / cmath.sin(x), "cot": lambda x: 1 / cmath.tan(x), "log": cmath.log10,
}  # fmt: skip
_GREEK = frozenset(listed("greek"))
_KNOWN = _GREEK.union(_FUNCTIONS, listed("commands"))
_RELATIONS = re.compile(r"<=|>=|!=|[=<>≤≥≠∈]|\\(?:in|notin|leq?|geq?|neq?|lt|gt|equiv)(?![a-z])")
_PLURAL = re.compile(r"[,;±∪∩|{]|\\(?:pm|cup|cap|begin)")
_OPAQUE = re.compile(
    r"[':]|\.\.|\\(?:partial|nabla|lim|d?dot|[lc]?dots)(?![a-zA-Z])|\\frac\{d[a-z]?\}|\bd[a-z]?/\(?d[a-z]"
    r"|[A-Z]\([^()=]*(?:[<>≤≥]|\\[lg]eq?(?![a-z]))"
)
_SIGN = re.compile(r"[\d\\^+*/=<>≤≥≠±√π∞∪∩∅|!-]|\b(?:pi|sqrt|infinity|oo)\b|\b[OΘΩ]\(")
_NO_SIGN = re.compile(r"[-=]>|\d \| \d")  # 1 -> 2 -> 3 and 1 | 2 | 3 have an order
_JOINTS = ("\\pm", "\\mp", "\\}", "\\in")
_POINTS = (0.7331, 1.3187, 2.4159)
_CONSTANTS = {"π": cmath.pi + 0j, "pi": cmath.pi + 0j, "e": cmath.e + 0j, "i": 1j}


def _tokens(text: str) -> list[str] | None:
    found, at = list[str](), 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        word = match["word"] or (match["command"] or "")[1:]
        joined = (found and found[-1] in "=*/+") or text[match.end() :][:1] == "^"  # F = ma
        apart = text[at : at + 1] == " " and not match["command"] and not joined
        if len(word) > 1 and word not in _KNOWN and (apart or not _product(word)):
            return None
        # "Nf3" and "A1": a letter with a digit right after it names something
        if match["number"] and at == match.start("number") and at and text[at - 1].isalpha():
            before = re.search(r"(\\?)[a-zA-Z]+$", text[:at])
            if before and not before[1] and before[0] not in _KNOWN:
                return None
        if match["number"] and found and found[-1][-1].isdigit() and found[-2:-1] != ["_"]:
            return None  # numbers apart by a space are no product; that of log_2 8 is a base
        found.append((match["number"] or match["command"] or match["word"] or match["op"]).strip())
        at = match.end()
    return found


def _product(word: str) -> bool:
    return len(word) == 2 or (len(word) == 3 and word.islower() and not set(word) & set("aeiou"))


@lru_cache(maxsize=4096)
def accepts(text: str) -> bool:
    """Whether a text is a formula and nothing else."""
    if not text or len(text) > LONGEST or not _SIGN.search(text) or _NO_SIGN.search(text):
        return False
    tokens = _tokens(re.sub(r"\\begin\{array\}\{[lcr|]+\}", r"\\begin{array}", text))
    if not tokens or all(len(t) == 1 and t.isalpha() for t in tokens):
        return False
    depth = 0
    for token in tokens:
        depth += (token in ("(", "[", "{", "\\{")) - (token in (")", "]", "}", "\\}"))
        if depth < 0:
            return False
    dangling = tokens[-1] in "+*/^=<>≤≥≠±_" or tokens[0] in "*/^=<>≤≥≠)]}"
    return depth == 0 and not dangling


def relation(text: str) -> bool:
    """Whether a formula says how two sides stand to each other."""
    return bool(_RELATIONS.search(text))


def opaque(text: str) -> bool:
    """Whether math-verify may leave out a part of a formula: primes, derivatives, P(X < 2)."""
    return bool(_OPAQUE.search(text))


def plural(text: str) -> bool:
    """Whether a formula may have several values, or be a set, an interval or a matrix."""
    return bool(_PLURAL.search(text.replace("\\frac{", "").replace("\\sqrt{", "")))


class _Unread(Exception):
    """The text is no expression, or its value is none that can be computed."""


class _Reader:
    """Recursive descent over the tokens of one expression; the value at one point."""

    def __init__(self, tokens: list[str], shift: float) -> None:
        self.tokens, self.at, self.shift, self.depth = tokens, 0, shift, 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        token = self.peek()
        if wanted and token not in wanted:
            return ""
        self.at += 1
        return token

    def sum(self) -> _Number:
        self.depth += 1
        if self.depth > 40:
            raise _Unread
        minus = self.take("+", "-") == "-"
        total = -self.term() if minus else self.term()
        while sign := self.take("+", "-"):
            total = total + self.term() if sign == "+" else total - self.term()
        self.depth -= 1
        return total

    def term(self) -> _Number:
        total = self.power()
        while following := self.peek():
            if self.take("*", "×", "\\cdot", "\\times"):
                total = total * self.signed()
            elif self.take("/", "÷", "\\div"):
                total = total / self.signed()
            elif (following[0].isalnum() or following[0] in "(√\\[") and following not in _JOINTS:
                total = total * self.power()
            else:
                break
        return total

    def signed(self) -> _Number:
        return -self.power() if self.take("-") else self.power()

    def power(self) -> _Number:
        base = self.atom()
        while self.take("!"):
            if not isinstance(base, Fraction) or base.denominator > 1 or base < 0:
                raise _Unread
            if base > 5000:
                raise OverflowError
            base = Fraction(math.factorial(int(base)))
        if self.take("%"):
            base = base / 100
        if self.take("^", "**"):
            return raised(base, self.group() if self.peek() == "{" else self.signed_atom())
        return base

    def signed_atom(self) -> _Number:
        return -self.atom() if self.take("-") else self.atom()

    def group(self) -> _Number:
        closing = {"{": "}", "(": ")", "[": "]", "|": "|"}.get(self.take())
        value = self.sum()
        if closing is None or not self.take(closing):
            raise _Unread
        if closing == "|":
            return abs(value) if isinstance(value, Fraction) else complex(abs(value))
        return value

    def atom(self) -> _Number:
        token = self.peek()
        if token and (token[0].isdigit() or token[0] == "."):
            return Fraction(self.take().replace(",", ""))
        if token in ("(", "{", "[", "|"):
            return self.group()
        name = self.take().lstrip("\\")
        if name in ("frac", "dfrac", "tfrac"):
            return self.group() / self.group()
        if name == "binom":
            top, below = self.group(), self.group()
            if not (isinstance(top, Fraction) and isinstance(below, Fraction)):
                raise _Unread
            if top > 5000:
                raise OverflowError
            return Fraction(math.comb(int(top), int(below)))
        if name in ("sqrt", "√"):
            index = self.group() if self.peek() == "[" else Fraction(2)
            return raised(self.group() if self.peek() in ("{", "(") else self.atom(), 1 / index)
        if name in _FUNCTIONS:
            return self.function(name)
        return _CONSTANTS[name] if name in _CONSTANTS else self.letters(name)

    def function(self, name: str) -> _Number:
        base = self.subscript() if name == "log" and self.peek() == "_" else None
        power = None
        if self.take("^"):
            power = self.group() if self.peek() == "{" else self.atom()
        inner = complex(self.group() if self.peek() in ("(", "{") else self.term())
        value = _FUNCTIONS[name](inner) if base is None else cmath.log(inner) / cmath.log(base)
        return raised(value, power) if power is not None else value

    def subscript(self) -> _Number:
        self.take("_")
        return self.group() if self.peek() == "{" else self.atom()

    def letters(self, name: str) -> _Number:
        """A product of one-letter names, each with its own value at this point."""
        known = name in _KNOWN and len(name) > 2 and name not in _GREEK
        if not name.isalpha() or known:
            raise _Unread
        total: _Number = Fraction(1)
        for letter in (name,) if name in _GREEK or len(name) == 1 else name:
            mark = ""
            if self.peek() == "_":
                start = self.at
                self.skip_subscript()
                mark = "".join(self.tokens[start : self.at])
            number = sum(map(ord, letter + mark)) * 0.6180339887
            total = complex(total) * complex(0.5 + number % 1 + self.shift, 0.3 * (number % 0.7))
        return total

    def skip_subscript(self) -> None:
        self.take("_")
        if self.take() == "{":
            while self.peek() and not self.take("}"):
                self.take()


def raised(base: _Number, exponent: _Number) -> _Number:
    """A power: exact where base and exponent allow it, without growing out of hand."""
    if isinstance(base, Fraction) and isinstance(exponent, Fraction):
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if exponent.denominator == 1 and abs(exponent) * bits <= _MOST_BITS:
            return base ** int(exponent)
        if exponent == Fraction(1, 2) and base >= 0:
            roots = math.isqrt(base.numerator), math.isqrt(base.denominator)
            if roots[0] ** 2 == base.numerator and roots[1] ** 2 == base.denominator:
                return Fraction(*roots)
        if exponent.denominator == 1:
            raise OverflowError
    if abs(complex(exponent)) > 500:
        raise OverflowError
    return complex(base) ** complex(exponent)


@lru_cache(maxsize=4096)
def values(text: str) -> tuple[_Number, ...] | None:
    """An expression's values at three points, none out of range; None if it is no expression.

    One exact value where it has no names.
    """
    if relation(text) or not accepts(text):
        return None
    tokens = _tokens(text)
    found: list[_Number] = []
    try:
        for shift in _POINTS:
            reader = _Reader(tokens or [], shift)
            found.append(reader.sum())
            if reader.peek():
                return None
            if isinstance(found[0], Fraction):
                break
    except OverflowError:  # algebra would call it equal to another such value
        return ()
    except (_Unread, ArithmeticError, ValueError, RecursionError):
        return None
    return tuple(found)


def exact(text: str) -> Fraction | None:
    """The value of a formula of rational numbers, None for any other."""
    found = values(text)
    return found[0] if found and isinstance(found[0], Fraction) else None


def near(a: tuple[_Number, ...], b: tuple[_Number, ...]) -> bool:
    """Whether two formulas agree at every point, by relative difference."""
    pairs = zip(a * (3 // len(a)), b * (3 // len(b)), strict=False)
    try:
        points = [(complex(x), complex(y)) for x, y in pairs]
    except OverflowError:
        return False  # two exact values are compared as numbers
    return all(abs(x - y) <= 1e-9 * max(abs(x), abs(y)) for x, y in points)


def key(text: str) -> str:
    """A formula without spaces and marks of multiplication that nothing turns on."""
    tight = re.sub(r"\s+(?!\d)|(?<!\d)\s+", "", readable(text))
    return re.sub(r"(?<![\d*])(?<![\^_]\w)\*(?!\*)|(?<!\*)\*(?![\d*])", "", tight)
