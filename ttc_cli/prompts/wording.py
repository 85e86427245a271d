"""How an answer is asked for: one table of wordings.

A wording follows the question after a line break. The first of each row is the default; the
others say the same differently, for `--diverse`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

Task = Literal["math", "choice", "short", "fact", "code", "plain", "program", "bare"]

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
    "bare": ("Answer with the number only.",),
}
REASONED = ("math", "choice", "short")
"""Tasks whose wording asks for reasoning, which then is thought and not the reply."""
DRAFT = "This is for a draft in any form; the reply in the form asked for comes after it."
"""Ahead of a wording that asks for reasoning where the person's words fix the reply's form."""

THINK = (
    "First think it through between <think> and </think>. "
    "After </think>, give the answer and nothing else."
)  # asks a model that has no thoughts of its own for some, ahead of the task's wording


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
