"""What kind of answer a prompt wants, by cheap rules on its surface."""

from __future__ import annotations

import re

from ttc_cli.prompts.wording import Task

_END = 4000  # characters; what is wanted is said at the start or the end

_CODE_NOUN = (
    r"(?:function|method|class|script|program|code|regexp?|query|sql|python|javascript|"
    r"typescript|java|rust|golang|c\+\+|bash|html|css|one-liner|unit tests?|decorator)"
)
_CODE = re.compile(
    r"```(?!text)\w+|"
    r"^[ \t]*(?:def|class|import|from|fn|func|public|#include|SELECT) .*[:;{(][ \t]*$|"
    rf"\b(?:write|implement|code|create|build|refactor|debug|fix|complete|rewrite)\b.{{0,60}}?"
    rf"\b{_CODE_NOUN}(?!\w)|\bin (?:python|javascript|typescript|java|rust|c\+\+|bash)\b",
    re.IGNORECASE | re.MULTILINE,
)
# asks for a text, not for a value, whatever numbers and formulas are in it
_TEXT_WANTED = re.compile(
    r"\b(?:translat\w+|rewrite|rephrase|summar\w+|prove|proof|grammar|don't (?:solve|answer)|"
    r"json|yaml|csv|markdown|list (?:all|every)|(?:write|draft) (?:an?|me|my))\b",
    re.IGNORECASE,
)
_FORMULA = re.compile(
    r"\\(?:d?frac|sqrt|boxed|sum|int|cdot|times|pi|begin|angle|circ)\b|"
    r"\$[^$\n]*[\\^_=+<>][^$\n]*\$|\d\s+[-+*/]\s+\d|\d\s*[×÷^+*]\s*\d|\b[a-z]\s*\^\s*\d|"
    r"\b[xyn]\s*=\s*\S|\bsqrt\s*\(|\d\s*% (?:of|tip|off)\b",
    re.IGNORECASE,
)
_QUANTITY = re.compile(
    r"\bhow (?!(?:do|does|did|can|could|should|would|to)\b)\w+|\bwhat(?:'s|’s|s| \w+)|"
    r"\b(?:calculate|compute|evaluate|solve|simplify|find|determine|in total|altogether)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![\w.])[$€£]?\.?\d[\d,]*(?:\.\d+)?(?!\w)|\b(?:two|three|four|five|six|seven|eight|nine|"
    r"ten|eleven|twelve|twenty|thirty|fifty|hundred|dozen|half|twice|third|quarter)\b",
    re.IGNORECASE,
)
_CHOICE = re.compile(
    r"(?:^[ \t]*\(?|[\s\]]\()([A-Ea-e])[).:]|\s([A-E])[).:]\s",
    re.MULTILINE,
)


def guess_task(question: str) -> Task:
    """What kind of answer a question wants, by rules that take a tenth of a millisecond.

    In this order: a fence of code, or a request to write some, is `code`; a request for a
    text (a translation, a proof) is `plain`; the marks A and B (then C ...) in turn, as in
    `A) ... B) ...`, are `choice`; a formula, or at least two numbers and a question of
    quantity, is `math`; all else is `plain`. The rules know English, and formulas in any
    language. Of a long text only both ends are read.
    """
    question = _ends(question)
    if _CODE.search(question):
        return "code"
    if _TEXT_WANTED.search(question):
        return "plain"
    if offers_choices(question):
        return "choice"
    if _FORMULA.search(question):
        return "math"
    quantity = _QUANTITY.search(question) and len(_NUMBER.findall(question)) >= 2
    return "math" if quantity else "plain"


def _ends(text: str) -> str:
    return text if len(text) <= 2 * _END else f"{text[:_END]}\n{text[-_END:]}"


def offers_choices(question: str) -> bool:
    """Whether answers marked A, B (then C ...) are offered; of a long text both ends are read."""
    question = _ends(question)
    marks = "".join(found[1] or found[2] for found in _CHOICE.finditer(question)).upper()
    return "ABC" in marks or marks == "AB"


_CLOCK = r"\d{1,2}(?:[:.]\d\d(?!\d)|\s?h(?:\s?\d\d)?\b|\s?uhr\b|\s?[ap]\.?m\b)"
_DAY = (
    r"(?:\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}|(?:\d{1,2}(?:st|nd|rd|th|er)?\.?\s+(?:of "
    r"|de )?)?"
    r"(?:jan|feb|fév|mar|mär|apr|avr|abr|may|mai|mayo|jun|juin|jul|juil|aug|ao[uû]|ago|sep|"
    r"oc?kt|oct|nov|de[cz]|dic)"
    r"[a-zéû]{0,7}\b|(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|"
    r"sonn)tag|mittwoch)"
)
LAPSE = re.compile(
    rf"{_CLOCK}.{{1,60}}\b\d+\s?(?:hours?|minutes?|mins?|stunden?|minuten?|heures?|horas?|"
    rf"minutos?)\b|"
    rf"{_CLOCK}.{{1,80}}{_CLOCK}|{_DAY}.{{1,60}}\b(?:to|until|till|and|bis|und|au|et|hasta|al|y|"
    rf"a)\b.{{0,30}}{_DAY}|"
    rf"(?:\d+|how many|wie viele|combien d[e']|cuánt[oa]s)\s+(?:days?|weeks?|months?|hours?|"
    rf"minutes?|tagen?|wochen|"
    rf"monaten?|stunden|minuten|jours|semaines|mois|heures|días|semanas|meses|horas|minutos)\b"
    rf".{{0,60}}(?:\b(?:after|before|from|since|until|nach|vor|bis|seit|après|avant|depuis|"
    rf"después|antes|desde)\b"
    rf".{{0,30}}(?:{_CLOCK}|{_DAY}|now|today|heute|hoy|aujourd)|{_CLOCK})",
    re.IGNORECASE | re.DOTALL,
)  # a sum over times or dates: a span between two, or one that lies so much before or after
