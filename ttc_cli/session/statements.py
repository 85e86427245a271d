"""Short ways to say an answer that a line of thought has come to, without asking the model again.

The best is a sentence of the reasoning's end that states the answer ("Tom has 10 apples."); else
the value with what was counted ("10 apples"), with its choice's text ("B) Venus"), or alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ttc_cli.answers.asked import SENTENCE_END, read
from ttc_cli.answers.names import units
from ttc_cli.prompts.forms import language

_LOOKED_AT = 8  # sentences from the end; an answer is stated at the end
_SHORTEST, _LONGEST = 3, 30  # words
_BRACES = r"\{((?:[^{}]|\{[^{}]*\})*)\}"
_WRITTEN = (
    (re.compile(rf"\\(?:boxed|text|textbf|mathrm|mathbf)\s*{_BRACES}"), r"\1"),
    (re.compile(r"\\[dt]?frac\{([^{}]+)\}\{([^{}]+)\}"), r"\1/\2"),
    (re.compile(r"\\(?:times|cdot)\b"), "×"),
    (re.compile(r"\^?\{?\\(?:circ|degree)\}?"), "°"),
    (re.compile(r"\\pi\b"), "π"),
    (re.compile(r"\\([%$&#])"), r"\1"),
    (re.compile(r"\\[,;:! ]"), " "),
    (re.compile(r"\\[\[\]()]|\$\$"), ""),
    (re.compile(r"\$([^$\n]{1,60}?)\$(?!\.?\d)"), r"\1"),
    (re.compile(r"\*\*([^*\n]+)\*\*|__([^_\n]+)__"), r"\1\2"),
)
_CONNECTIVE = re.compile(
    r"(?:so|thus|therefore|hence|finally|consequently|then|in conclusion|to conclude|also|daher|"
    r"somit|folglich|donc|ainsi|por lo tanto|entonces|así)\b,?\s+(?:that\s+)?",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"(?:the |my )?(?:final |correct )?(?:answer|result)(?: is|:)|(?:step|option) \w+|[-#*>|]|"
    r"\d+[.)] |i hope|let me|please|note",
    re.IGNORECASE,
)
_PERCENT = re.compile(
    r"\bwhat percent(?:age)?\b|\bhow many percent\b|\bin percent\b|\bwie ?viel prozent\b|"
    r"\bquel pourcentage\b|\bqué porcentaje\b",
    re.IGNORECASE,
)
_IN_UNIT = re.compile(
    r"\b(?:in|to|into|en|à)\s+((?:square |cubic )?[^\W\d_][^\W\d_/°²³]+"
    r"(?:/[^\W\d_]+[²³]?| per [^\W\d_]+)?)",
    re.IGNORECASE,
)
_COUNTED_IN = re.compile(
    r"\b(?:wie viele|combien d(?:e |['’])|cuánt[oa]s)\s*([^\W\d_]+)", re.IGNORECASE
)
_MONEY = re.compile(r"[$€£¥]|\b(?:dollars|euros?|pounds)\b", re.IGNORECASE)
_HOW_MANY = re.compile(r"\bhow many\b", re.IGNORECASE)
_COSTS = re.compile(
    r"\b(?:costs?|price|pays?|paid|how much|bill|earns?|kostet|preis|coûte|prix|cuesta|precio)\b",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"-?[\d.,/ ]*\d")
_COUNTED = re.compile(
    r"[$€£¥]?\s?(-?\d[\d.,/]*(?<![.,]))(?:\s?[%°]|\s?[^\W\d]+(?:[ "
    r"/][^\W\d]+){0,2})?"
)


def statements(reply: str, answer: str, question: str) -> Iterator[str]:
    """Ways to say the answer that a reply came to, the fullest first; the last is it alone."""
    said = _stated(reply, answer, language(question))
    if said:
        yield said
    yield from values(reply, answer, question)


def values(reply: str, answer: str, question: str) -> Iterator[str]:
    """The answer with its unit, with what was counted, with its choice's text, and alone."""
    answer = readable(answer)
    if _AMOUNT.fullmatch(answer):
        if measured := _measured(reply, answer, question):
            yield measured
        asked = read(question.strip())
        if asked and asked.shape == "count" and asked.noun[0].endswith("s") and answer != "1":
            yield f"{answer} {asked.noun[0]}"
        elif unit := _asked_in(answer, question):
            yield unit
    if re.fullmatch("[A-Z]", answer):
        text = rf"(?:^|[\s(]){answer}[).:]\s+(.{{1,120}}?)\s*[,;.]?"
        found = re.search(rf"{text}(?=\s\(?[A-Z][).:]\s|\n|\?|\. |\Z)", question)
        if found:
            yield f"{answer}) {found[1]}"
    yield answer


def amount(answer: str) -> str | None:
    """The number of an amount, without its unit; None where the answer is none."""
    found = _COUNTED.fullmatch(readable(answer))
    return found[1] if found else None


def neutral(answer: str, question: str) -> bool:
    """Whether an answer reads the same in every language: a number, or words of the question."""
    words = re.findall(r"[^\W\d_]{3,}", answer)
    return all(word.lower() in question.lower() for word in words)


def _stated(reply: str, answer: str, tongue: str | None) -> str:
    """The last sentence of a reply that states the answer, as it may stand alone; or empty."""
    for sentence in reversed(_sentences(reply)[-_LOOKED_AT:]):
        said = readable(sentence)
        lead = _CONNECTIVE.match(said)
        said = said[lead.end() :] if lead else said
        words = len(said.split())
        if not _SHORTEST <= words <= _LONGEST or _BARE.match(said) or not _tells(said, answer):
            continue
        if not said.endswith((".", "!")) or re.search(r"[=?\\]|:$", said):
            continue
        if tongue in (None, language(said) or tongue):
            return said[0].upper() + said[1:]
    return ""


def _sentences(reply: str) -> list[str]:
    found = []
    for line in reply.strip().split("\n"):
        start = 0
        for end in SENTENCE_END.finditer(line):
            found.append(line[start : end.end()])
            start = end.end()
        found.append(line[start:])
    return [sentence.strip() for sentence in found if sentence.strip()]


def readable(text: str) -> str:
    """A sentence without what only a typesetter reads; some LaTeX may be left."""
    for pattern, plain in _WRITTEN:
        text = pattern.sub(plain, text)
    return " ".join(text.split()).replace(" .", ".").replace(" ,", ",")


def _key(text: str) -> str:
    """A text to look for values in: numbers without group marks and closing zeros."""
    text = re.sub(r"(?<=\d)[, ](?=\d{3}\b)", "", readable(text))
    return re.sub(r"(\d\.\d*?)0+(?!\d)", r"\1", text).lower()


def _tells(said: str, answer: str) -> bool:
    value = re.escape(_key(answer))
    return re.search(rf"(?<![\w.])(?<!\d,){value}(?![\w]|[.,]\d)", _key(said)) is not None


def _asked_in(answer: str, question: str) -> str:
    """The amount in the unit or currency that the question asks for; empty where it names none."""
    if _PERCENT.search(question):
        return f"{answer}%"
    for found in reversed(list(_IN_UNIT.finditer(question))):
        if units(found[1].lower()) or units(found[1]):
            return f"{answer} {found[1]}"
    if (counted := _COUNTED_IN.search(question)) and answer != "1":
        return f"{answer} {counted[1]}"
    money = {found[0].lower() for found in _MONEY.finditer(question)}
    if len(money) != 1 or not _COSTS.search(question) or _HOW_MANY.search(question):
        return ""
    (one,) = money
    return f"{answer} {one}" if one.isalpha() else f"{one}{answer}"


def _measured(reply: str, answer: str, question: str) -> str:
    """The amount with the unit that the reasoning last gave it, a measure or a word asked about."""
    text = _key(reply)
    if found := re.search(rf"([$€£¥])\s?{re.escape(_key(answer))}(?![\w]|[.,]\d)", text):
        return f"{found[1]}{answer}"
    value = rf"(?<![\w.]){re.escape(_key(answer))}\s?([^\W\d_][\w/²³°%]*|[°%][cf]?)"
    for found in reversed(list(re.finditer(value, text))):
        word = found[1]
        if word == "%":
            return f"{answer}%"
        if units(word) or re.search(rf"\b{re.escape(word)}\b", question.lower()):
            cased = re.search(rf"\b{re.escape(word)}\b", readable(reply), re.IGNORECASE)
            return f"{answer} {cased[0] if cased else word}"
    return ""
