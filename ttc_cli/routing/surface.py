"""What a prompt wants, by its surface: which kind of answer, and whether a program can be evidence.

A program can where the answer is computed: quantities, dates and clock times, units, percentages,
counting, combinatorics, puzzles over letters. It cannot where it is known, meant or written:
facts, opinions, prose, translations, code, and choices among given ones. Nor where it is told,
whatever numbers are in the question: what a thing means or is, how two named things differ, which
is better, what somebody can or should do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ttc_cli.prompts.forms import constraints
from ttc_cli.prompts.message import Document, Task
from ttc_cli.routing.features import split
from ttc_cli.routing.signs import LAPSE, NUMBER, SIGNS

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


REASONING = ("math", "logic")
"""Tasks whose answer is computed as a rule; of others only what a sign below gives away."""
NEVER = ("code", "translation", "writing")

_QUANTITY = re.compile(
    r"\bhow (?:many|much|long|old|far|tall|fast|heavy|big|wide|deep|often)\b|\bin total\b|"
    r"\ball?together\b|\b(?:calculate|compute|total)\b|"
    r"\bwie ?viele?\b|\bcombien\b|\bcu[áa]nt[oa]s?\b|"
    r"\bwhat is the (?:cost|price|distance|speed|area|volume|number)\b",
    re.IGNORECASE,
)
_TEXT_WANTED = re.compile(
    r"^\W*(?:why|explain|describe|discuss|define|summari[sz]e|translate|write|draft|"
    r"prove|compare|recommend|what happened|tell me (?:a|about)|"
    r"warum|erkläre?|beschreibe?|schreibe?|fasse?|übersetze?|pourquoi|explique[rz]?|décri[st]|"
    r"écri[st]|résume[rz]?|tradui[st]|por qué|explica|describe|escribe|resume|traduce)\b|"
    r"\bprove that\b",
    re.IGNORECASE,
)
_FACT_WANTED = re.compile(r"^\W*(?:who|whose|where|when (?:did|was|were))\b", re.IGNORECASE)
_TEXTS = ("table", "rows", "paragraphs")
"""Forms that no value has."""
_ORDERED = re.compile(r"\W*(?:write|give|tell)\b(?! (?:an?|me an?) )", re.IGNORECASE)
_LIARS = re.compile(r"\b(?:knights?|knaves?|liars?|tells? the truth|always lies?|lying)\b", re.I)
MOST = 4000  # characters of a question that is computed; a longer one is material to read


@dataclass(frozen=True, slots=True)
class Computable:
    """Whether a program can be evidence (`yes`), and why or why not."""

    yes: bool
    reason: str


NOT_COMPUTED = Computable(False, "nothing in it is computed")
TOLD = Computable(False, "it asks for what is known, meant or advised")


_UNIT = (
    r"(?:(?-i:[kcm]?m|[km]?g|[cm]?l|h|s|x)|[kmgt]b|[ap]m|hrs?|mins?|lbs?|oz|ft|in|mph|st|nd|rd|th)"
)
_DAY = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_NAME = (
    rf"(?:(?!(?:sqrt|log|ln|sin|cos|tan)\d)[a-z]+-?\d\w*|\d+(?!{_UNIT}\b)[a-z]+\b|\d+-[a-z]{{3,}}|"
    rf"(?:type|version|level|grade|phase|windows|iphone|formula|(?-i:(?!{_DAY})[A-Z]\w+)) \d[\w.]*)"
)  # letters joined to the digits or ahead of them: 4G, B-52, 7-Eleven, Windows 10, type 1
_RATIO = r"(?:9/11|24/7|50/50|20/20|80/20|4/20|7/7)"
_MAY = (
    r"(?:(?:should|can|could|may|must|do) (?:I|you|we|one|my \w+)|(?:soll(?:te)?|kann|darf|muss) "
    r"(?:ich|man|wir)|puis-je|dois-je|peut-on|doit-on|puedo|debo|se puede|se debe)"
)
_ANYWHERE = re.compile(
    r"\bwhat (?:do|does|did)\b[^.?!]{1,60}\b(?:mean|stand for)\b(?! of)|\bmeaning of\b|"
    r"\bwas (?:bedeute[nt]|heißt)\b|\bque (?:signifie|veut dire)|\bqué significan?\b|"
    r"\bwhat (?:happened|took place)\b|\bwas (?:ist )?(?:passiert|geschah)|"
    r"\bque s[’']est-il passé|\bqué (?:pasó|ocurrió)\b|"
    r"\bwhat (?:can|could|should|shall) (?:I|we|you) (?:do|see|visit|eat|drink|cook|wear|read|"
    r"watch|say|bring)\b|"
    r"\b(?:what|which) (?:\w+ )?(?:is|are|would be) (?:good|best|healthy|safe|right) for\b|"
    r"\bhow many letters\b.*\balphabet\b",
    re.IGNORECASE,
)
_WISHED = re.compile(
    r"^\W*(?:(?:please|can you|could you|would you|help me) )*(?:"
    r"(?:recommend|suggest|advise)\b|(?-i:[Pp]lan (?:a|an|my|our|me|us)) [a-z]+|"
    r"(?:give|make|create|show) (?:me |us )?(?:an?|some) (?:[\w-]+ ){0,3}"
    r"(?:plan|itinerary|schedule|recipes?|menu|diet|ideas?|suggestions?|recommendations?|routine|"
    r"programme|advice)\b)|"
    r"^\W*(?:plane|empfiehl|planifie[rz]?|recommande[rz]?|planifica|recomienda)\b",
    re.IGNORECASE,
)
_ALONE = re.compile(
    rf"\bdifference between [^+*=]{{0,60}}?\b{_NAME}[^+*=]{{0,40}} and "
    rf"(?:\d+\W*$|[^+*=]{{0,60}}?\b{_NAME})|"
    rf"^\W*(?:what(?:[’']s| is| are| was)) (?:(?:an?|the) )?"
    rf"(?:[a-z]+|{_RATIO}(?: [a-z]+)?|(?:[a-z]+ )?{_NAME}(?: [a-z]+)?)\W*$|"
    rf"^\W*(?:what(?:[’']s| is| are| was)) an? (?:[a-z]+ )?\d+[-x]\d+(?: [a-z]+)?\W*$|"
    r"^(?!.*(?:[$€£%]|\b(?:deal|buy|price|value|offer|odds|chance)\b)).*"
    r"\b(?:better|best (?:ways?|times?|places?|methods?|age|foods?|exercises?))\b|"
    r"^\W*(?:is|are) [^?]{1,80}\b(?:polite|rude|normal|acceptable|okay|ok|healthy|unhealthy|safe|"
    r"legal|illegal|dangerous|worth it|a good|a bad)\b|"
    rf"\bhow long {_MAY} (?:roast|cook|bake|boil|fry|grill|steam|simmer|wait|sleep|rest|freeze|"
    r"store|keep|exercise)\b|\bwie lange (?:soll(?:te)?|muss) (?:ich|man)\b",
    re.IGNORECASE,
)  # of a question that is one sentence: a story before it gives what to compute from
_OF_ONE = re.compile(
    r"\b(?:how (?:much|many|long|often|far)|wie ?(?:viele?|lange?|oft|weit)|combien|"
    rf"cu[áa]nt[oa]s?)\b.{{0,80}}\b{_MAY}\b|"
    r"\b(?:how much|wie ?viel)\b.{0,80}\b(?:is|are|ist|sind) (?:there )?in (?:a |an )?\d",
    re.IGNORECASE,
)  # of one number alone
_YEAR = re.compile(r"(?<![\d.,/$€£-])\b(?:1[0-9]|20)\d\d\b(?![\d/%-]|[.,]\d)")
AMOUNT = re.compile(NUMBER, re.IGNORECASE)
_ENDED = re.compile(r"[.!?;](?=\s+\S)|\n")
_FORM = re.compile(r"(?<=\?)\s+[^\W\d]+(?:[ ,-]+[^\W\d]+){0,6}[.!]?\s*$")
"""A few words behind the question, which say how to answer it: "One sentence."."""


def told(prompt: str) -> bool:
    """Whether a question asks for what is known, meant or advised."""
    prompt = _FORM.sub("", prompt)
    asked = split(prompt)[0] or prompt
    if _ANYWHERE.search(asked):
        return True
    if asked.strip() != prompt.strip() or _ENDED.search(asked.strip()):
        return False  # a story, or what was pasted, gives what to compute from
    if _WISHED.search(asked) or _ALONE.search(asked):
        return True
    return len(AMOUNT.findall(asked)) == 1 and _OF_ONE.search(asked) is not None


def dated(question: str) -> bool:
    """Whether the only number of a question is the year that it is about."""
    return len(AMOUNT.findall(question)) == 1 and _YEAR.search(question) is not None


def text_wanted(prompt: str) -> bool:
    """Whether a question asks for prose, whatever it is about."""
    return _TEXT_WANTED.search(split(prompt)[0] or prompt) is not None


def fact_wanted(prompt: str) -> bool:
    """Whether a question asks who, where or when something was; rows of data may tell."""
    return _FACT_WANTED.search(split(prompt)[0] or prompt) is not None


def computable(prompt: str, task: str, *, attached: Sequence[Document] = ()) -> Computable:
    """Whether a program can be evidence for a question.

    Args:
        task: one of `policy.TASKS`. attached: what the question is about.
    """
    if attached:
        return Computable(False, "a text is attached that a program cannot read")
    return _no_value(prompt, task) or _computed(prompt, task)


@lru_cache(maxsize=64)  # of one prompt a route asks twice: before its task is known, and after
def _no_value(prompt: str, task: str) -> Computable | None:
    """Why what a question wants is no value that a program has; None where it may be one."""
    asked = split(prompt)[0] or prompt
    puzzle = any(SIGNS[sign].search(asked) for sign in ("letters or words", "number systems"))
    if (task in NEVER and not puzzle) or guess_task(prompt) == "code":
        return Computable(False, f"{task}: a text is wanted, not a value")
    if len(prompt) > MOST:
        return Computable(False, "it is long: there is more to read than to compute")
    if told(prompt):
        return TOLD
    texts = text_wanted(prompt) or fact_wanted(prompt)
    texts = texts or any(one.kind in _TEXTS for one in constraints(prompt))
    if texts and not (puzzle and _ORDERED.match(asked)):
        return Computable(False, "a text is wanted, not a value")
    if offers_choices(prompt):
        return Computable(False, "choices are offered")
    if _LIARS.search(prompt):
        return Computable(False, "who tells the truth is reasoned in prose")
    return None


@lru_cache(maxsize=64)
def _computed(prompt: str, task: str) -> Computable:
    """By which sign a question is computed, if it is."""
    if LAPSE.search(prompt):
        return Computable(True, "computed: times or dates")
    for reason, pattern in SIGNS.items():
        if pattern.search(prompt):
            return Computable(True, f"computed: {reason}")
    if dated(prompt):
        return TOLD
    amounts = len(AMOUNT.findall(prompt))
    asked = split(prompt)[0] or prompt
    if _QUANTITY.search(asked) and amounts >= (1 if task in REASONING else 2):
        return Computable(True, "computed: a quantity from given ones")
    if task == "math" and amounts >= 2:
        return Computable(True, "computed: mathematics over given numbers")
    return NOT_COMPUTED
