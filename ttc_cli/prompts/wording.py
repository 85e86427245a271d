"""How an answer is asked for: one table of wordings, and cheap rules to choose from it.

A wording follows the question after a line break. The first of each row is the default; the
others say the same differently, for `--diverse`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

Task = Literal["math", "choice", "short", "fact", "code", "plain", "program"]

DEFAULT_SYSTEM = "You are a helpful assistant."

WORDINGS: Mapping[Task, tuple[str, ...]] = {
    # the sentence Qwen2.5-Math and DeepSeek-R1 were trained with
    "math": (
        r"Please reason step by step, and put your final answer within \boxed{}.",
        r"Work it out carefully, one step at a time. Give the final answer in \boxed{}.",
        r"First say what is known and what is asked, then solve it. "
        r"Put the final answer within \boxed{}.",
        r"Solve this, check the result against the question, and only then "
        r"write the final answer within \boxed{}.",
    ),
    "choice": (
        'Think step by step, then end with "The answer is (X)", where X is the letter.',
        'Weigh each choice in turn, then end with "The answer is (X)", where X is the letter.',
        "Rule out the choices that cannot be right, then end with "
        '"The answer is (X)", where X is the letter.',
    ),
    "short": (
        'Think step by step, then end with a line "Answer: " and the answer alone.',
        'Reason briefly, then end with a line "Answer: " and the answer alone.',
        "Say what the question needs, work it out, then end with "
        'a line "Answer: " and the answer alone.',
    ),
    "code": (
        "Give the complete code in one fenced block.",
        "Think about the edge cases first, then give the complete code in one fenced block.",
        "Say in a sentence how it works, then give the complete code in one fenced block.",
    ),
    "fact": ("",),
    "plain": ("",),
    "program": (  # the reply is begun for the model; the second is for servers that do not go on
        "Write a Python function that returns the answer.",
        "Write the Python function `def solution():` that computes the answer and returns it. "
        "Give that function alone, in one fenced block, without examples or checks.",
    ),
}
REASONED = ("math", "choice", "short")
"""Tasks whose wording asks for reasoning, which then is thought and not the reply."""
DRAFT = "This is for a draft in any form; the reply in the form asked for comes after it."
"""Ahead of a wording that asks for reasoning where the person's words fix the reply's form."""

THINK = (
    "First think it through between <think> and </think>. "
    "After </think>, give the answer and nothing else."
)
"""Asks a model that has no thoughts of its own for some, ahead of the task's wording."""


def wording(task: Task, variant: int = 0, *, think: bool = False, fixed: bool = False) -> str:
    """The wording of a task.

    Args:
        task: what kind of answer is wanted.
        variant: which phrasing, counted round; 0 is the default.
        think: whether to ask for thoughts in tags as well.
        fixed: the person's words fix the reply's form: ours are about a draft, or there are none.
    """
    row = WORDINGS[task]
    said = row[variant % len(row)]
    if fixed:
        said = f"{DRAFT}\n{said}" if task in REASONED else ""
    return "\n".join(filter(None, (THINK if think else "", said)))


def closing(answer: str | None, forms: Sequence[str]) -> str:
    """Asks for the reply to the person's own words, after reasoning that came to an answer.

    Args:
        answer: in its short form, where there is one.
        forms: what the reply must be, in a few words each.
    """
    found = f"The answer is: {answer}\n" if answer else ""
    how = f" ({'; '.join(forms)})" if forms else ", in its language, in one short sentence"
    return (
        f"{found}Now write the reply to my message, just as it asks for it{how}. "
        "Write the reply and nothing else: no reasoning, no introduction."
    )


def asked_again(reply: str, lacks: Sequence[str]) -> str:
    """Asks once more for a reply that has not the form asked for."""
    return (
        f"Your reply was:\n{reply[:_LONGEST_NOTE]}\n\nIt must be: {'; '.join(lacks)}. "
        "Write it again so that it is, and nothing else."
    )


FORM = "The answer is one JSON value that is valid under this JSON schema:\n{}"
FORM_THOUGHT = (
    "First think it through between <think> and </think>. "
    "After </think>, give the JSON and nothing else."
)


def formed(schema: str, *, think: bool = False) -> str:
    """The wording for an answer under a JSON schema, in place of the task's own."""
    return "\n".join(filter(None, (FORM.format(schema), FORM_THOUGHT if think else "")))


CRITIQUE = (
    "Check the answer above for mistakes, one step at a time. If you find one, say what it is. "
    "Then give the complete answer again, corrected where it was wrong."
)
FOUND = (
    "The answer above was checked, and it is not right:\n\n{}\n\n"
    "Say what is wrong with it, then give the complete answer again, corrected."
)
_LONGEST_NOTE = 2000


def revision(note: str = "") -> str:
    """Asks for a better answer than the last one.

    Args:
        note: what is wrong with it, when somebody knows; its last 2000 characters are shown.
    """
    note = note.strip()[-_LONGEST_NOTE:]
    return FOUND.format(note) if note else CRITIQUE


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
