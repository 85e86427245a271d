"""What a prompt wants, by its surface: which kind of answer, and whether a program can be evidence.

A program can where the answer is computed: quantities, dates and clock times, units, percentages,
counting, combinatorics, puzzles over letters. It cannot where it is known, meant or written:
facts, opinions, prose, translations, code, and choices among given ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ttc_cli.prompts.forms import constraints
from ttc_cli.prompts.message import Document, Task
from ttc_cli.routing.features import split

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
_NO_VALUE = re.compile(
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
_FOR_QUANTITY = re.compile(
    r"\bhow (?!(?:do|does|did|can|could|should|would|to)\b)\w+|\bwhat(?:'s|’s|s| \w+)|"
    r"\b(?:calculate|compute|evaluate|solve|simplify|find|determine|in total|altogether)\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(
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
    if _NO_VALUE.search(question):
        return "plain"
    if offers_choices(question):
        return "choice"
    if _FORMULA.search(question):
        return "math"
    quantity = _FOR_QUANTITY.search(question) and len(_FIGURE.findall(question)) >= 2
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

REASONING = ("math", "logic")
"""Tasks whose answer is computed as a rule; of others only what a sign below gives away."""
NEVER = ("code", "translation", "writing")

_NUMBER = (
    r"(?:\d[\d.,]*|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|"
    r"thirty|forty|fifty|sixty|hundred|thousand|dozen|half|twice|double|third|quarter)\b)"
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_UNIT = (
    r"(?:miles?|km|kilomet(?:er|re)s?|met(?:er|re)s?|cm|mm|inch(?:es)?|feet|foot|yards?|lbs?|"
    r"pounds?|ounces?|oz|kgs?|kilograms?|grams?|tons?|tonnes?|lit(?:er|re)s?|ml|gallons?|pints?|"
    r"cups?|celsius|fahrenheit|kelvin|hours?|minutes?|seconds?|days?|weeks?|months?|years?|mph|"
    r"km/h|bytes?|[kmgt]i?b|joules?|watts?|acres?|hectares?|knots?|degrees?)"
)
_SIGNS = {
    "clock times": (
        r"\b\d{1,2}[:.]\d\d ?(?:[ap]\.?m\b)?.*\b(?:to|until|till|and|later|after|before|long)\b",
        r"\b\d{1,2}:\d\d.*\b(?:minutes?|hours?|arrives?|leaves?|ends?|starts?)\b",
        r"\b\d{1,2} ?[ap]\.?m\b",
    ),
    "dates": (
        rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}|{_MONTH} \d{{1,2}})\b.*"
        r"\b(?:days?|weeks?|weekday|months?|years?|old|between|after|before|from|until|later)\b",
        r"\b\d{4}-\d\d-\d\d\b",
        r"\b(?:what|which) (?:day|date|weekday)\b.*\d",
        r"\bleap years?\b",
        r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b.*\b(?:1[89]|20)\d\d\b",
        r"\bdays? (?:are there )?(?:between|from|until|after|before)\b",
    ),
    "percentages": (r"\d ?%", r"\bper ?cent(?:age)?\b.*\d", r"\d.*\bper ?cent(?:age)?\b"),
    "units": (
        r"\bconvert\b.*\d",
        rf"\b{_NUMBER} ?{_UNIT} (?:to|in|into|as) {_UNIT}\b",
        rf"\bhow many {_UNIT} (?:are|is|in|make|equal|does|do)\b",
    ),
    "combinatorics": (
        r"\b(?:how many|number of) (?:\w+ )*(?:ways?|arrangements?|permutations?|combinations?|"
        r"orders?|handshakes?|subsets?|outcomes?)\b",
        r"\bprobability\b",
        r"\b(?:dice|coins?|cards?)\b.*\b(?:chance|likely|odds)\b",
    ),
    "numbers": (
        r"^(?=.*\d).*\b(?:primes?|factorial|divisors?|divisible|factors?|remainder|modulo|digits?|"
        r"fibonacci|binary|hexadecimal|gcd|lcm|average|mean|median|sum of|product of|"
        r"square root|squared|cubed?)\b",
        r"\d.*\b(?:divided by|times|plus|minus|multiplied)\b.*\d",
        r"\d\s*[-+*/×÷^]\s*\(?\d",
        r"\beach letter (?:stands|is)\b.*\bdigit",
        r"^(?=.*\d).*\b(?:ziffern?|quersumme|teilbar|primzahl(?:en)?|summe|durchschnitt|chiffres?|"
        r"divisibles?|nombres? premiers?|somme|moyenne|cifras?|múltiplos?|primos?|suma|promedio)\b",
    ),
    "number systems": (
        r"^(?=.*\d).*\b(?:roman numerals?|binary|hexadecimal|hex|octal|base (?:\d+|two|ten))\b",
        r"\broman numerals? [MDCLXVI]+\b",
    ),
}
_LETTERS = re.compile(
    r"\bhow many (?:letter )?[\"']?[a-z][\"']?(?:'?s)? (?:are|is|does|do)\b|"
    r"\bhow (?:many|often) .*\b(?:letters?|vowels?|consonants?|characters?|words?)\b"
    r".*\b(?:in|does)\b|"
    r"\b(?:revers\w+|backwards?|palindromes?|anagrams?|alphabetical\w*)\b|"
    r"\b(?:sort|count)\b.*\b(?:letters?|words?|numbers?)\b|"
    r"\b(?:\d+(?:st|nd|rd|th)|first|second|third|last|middle) letters? (?:of|in)\b|"
    r"\b(?:different|distinct) letters\b|\bwhich letter (?!did|was)\w+|"
    r"\b(?:caesar|rot-?13|vigenère|atbash)\b.*(?:\d|rot-?13)|"
    r"\b(?:spell|write|read|say)\b.*\bbackwards?\b",
    re.IGNORECASE,
)
SIGNS = {
    "letters or words": _LETTERS,
    **{name: re.compile("|".join(parts), re.IGNORECASE) for name, parts in _SIGNS.items()},
}  # what gives a computed question away, each with its name for people
_QUANTITY = re.compile(
    r"\bhow (?:many|much|long|old|far|tall|fast|heavy|big|wide|deep|often)\b|\bin total\b|"
    r"\ball?together\b|\b(?:calculate|compute|total)\b|"
    r"\bwhat is the (?:cost|price|distance|speed|area|volume|number)\b",
    re.IGNORECASE,
)
_TEXT_WANTED = re.compile(
    r"^\W*(?:why|explain|describe|discuss|who|whose|define|summari[sz]e|translate|write|draft|"
    r"prove|compare|recommend|what happened|when (?:did|was|were)|where|tell me (?:a|about)|"
    r"warum|erkläre?|beschreibe?|schreibe?|fasse?|übersetze?|pourquoi|explique[rz]?|décri[st]|"
    r"écri[st]|résume[rz]?|tradui[st]|por qué|explica|describe|escribe|resume|traduce)\b|"
    r"\bprove that\b",
    re.IGNORECASE,
)
_TEXTS = ("table", "rows", "paragraphs")
"""Forms that no value has."""
_ORDERED = re.compile(r"\W*(?:write|give|tell)\b(?! (?:an?|me an?) )", re.IGNORECASE)
_LIARS = re.compile(r"\b(?:knights?|knaves?|liars?|tells? the truth|always lies?|lying)\b", re.I)
_AMOUNT = re.compile(_NUMBER, re.IGNORECASE)
MOST = 4000  # characters of a question that is computed; a longer one is material to read


@dataclass(frozen=True, slots=True)
class Computable:
    """Whether a program can be evidence (`yes`), and why or why not."""

    yes: bool
    reason: str


NOT_COMPUTED = Computable(False, "nothing in it is computed")


def text_wanted(prompt: str) -> bool:
    """Whether a question asks for prose, whatever it is about."""
    return _TEXT_WANTED.search(split(prompt)[0] or prompt) is not None


def computable(prompt: str, task: str, *, attached: Sequence[Document] = ()) -> Computable:
    """Whether a program can be evidence for a question.

    Args:
        task: one of `policy.TASKS`. attached: what the question is about.
    """
    asked = split(prompt)[0] or prompt
    if attached:
        return Computable(False, "a text is attached that a program cannot read")
    puzzle = any(SIGNS[sign].search(asked) for sign in ("letters or words", "number systems"))
    if (task in NEVER and not puzzle) or guess_task(prompt) == "code":
        return Computable(False, f"{task}: a text is wanted, not a value")
    if len(prompt) > MOST:
        return Computable(False, "it is long: there is more to read than to compute")
    texts = text_wanted(prompt) or any(one.kind in _TEXTS for one in constraints(prompt))
    if texts and not (puzzle and _ORDERED.match(asked)):
        return Computable(False, "a text is wanted, not a value")
    if offers_choices(prompt):
        return Computable(False, "choices are offered")
    if _LIARS.search(prompt):
        return Computable(False, "who tells the truth is reasoned in prose")
    if LAPSE.search(prompt):
        return Computable(True, "computed: times or dates")
    for reason, pattern in SIGNS.items():
        if pattern.search(prompt):
            return Computable(True, f"computed: {reason}")
    amounts = len(_AMOUNT.findall(prompt))
    if _QUANTITY.search(asked) and amounts >= (1 if task in REASONING else 2):
        return Computable(True, "computed: a quantity from given ones")
    if task == "math" and amounts >= 2:
        return Computable(True, "computed: mathematics over given numbers")
    return NOT_COMPUTED
