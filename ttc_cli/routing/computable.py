"""Whether a program can be evidence for a question, by its surface, and why.

It can where the answer is computed: quantities, dates and clock times, units, percentages,
counting, combinatorics, puzzles over letters. It cannot where it is known, meant or written:
facts, opinions, prose, translations, code, and choices among given ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ttc_cli.prompts.documents import Document
from ttc_cli.routing.features import split
from ttc_cli.routing.surface import LAPSE, guess_task, offers_choices

TASKS = ("math", "logic")
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
    r"prove|compare|recommend|what happened|when (?:did|was|were)|where|tell me (?:a|about))\b|"
    r"\bprove that\b",
    re.IGNORECASE,
)
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
    if text_wanted(prompt) and not (puzzle and _ORDERED.match(asked)):
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
    if _QUANTITY.search(asked) and amounts >= (1 if task in TASKS else 2):
        return Computable(True, "computed: a quantity from given ones")
    if task == "math" and amounts >= 2:
        return Computable(True, "computed: mathematics over given numbers")
    return NOT_COMPUTED
