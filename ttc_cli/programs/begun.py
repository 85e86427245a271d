"""How a program is asked for: its reply is begun for the model, and ended where its function ends.

The question is the docstring of a function that the model completes. Where an engine does not go
on with a begun reply, the same beginning is asked for in words.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ttc_cli.core.branch import Branch
from ttc_cli.core.growth import Phase
from ttc_cli.core.outcome import Plan, Question
from ttc_cli.core.programs import ENTRY, FENCE, GREEDY_PROGRAM, PROGRAM
from ttc_cli.core.sampling import GREEDY, Sampling, Stop, StopRule

PROGRAM_TOKENS = 256
"""The most tokens of one program; the median is 57."""
SAMPLED = Sampling(temperature=0.4)
"""Of programs once every prompt was drawn from greedily."""
RULE = StopRule(PROGRAM_TOKENS, strings=("\n```",), block=True)
CLOSE = "</think>"


def begun(question: str, comments: str = "", body: str = "") -> str:
    """The start of a reply that is a function with the question as its docstring.

    Args:
        comments: what else the model is told, above the function.
        body: first lines of the function.
    """
    above = "".join(f"# {line}\n" for line in comments.splitlines())
    return f'{FENCE}{above}def {ENTRY}():\n    """{escaped(question)}"""\n{body}'


def escaped(text: str) -> str:
    """A text that may stand between triple quotes."""
    text = text.replace("\\", "\\\\").replace("\0", "")
    return re.sub(r'"(?="|\Z)', r"\"", text)


def program(
    question: Question,
    plan: Plan,
    number: int,
    *,
    nth: int,
    begins: bool,
    comments: str = "",
) -> Branch:
    """A branch that is about to write a program.

    Args:
        number: its name among the samples.
        nth: how many programs were begun before it. Each prompt is drawn from greedily once: at a
            temperature programs are right less often.
        begins: the engine goes on with a begun reply; else the prompt asks in words.
        comments: see `begun`.
    """
    greedy = nth < len(question.programs)
    prompt = question.programs[nth if greedy else 0]
    meta: dict[str, Any] = {
        "kind": PROGRAM if nth else GREEDY_PROGRAM,
        "sampling": GREEDY if greedy else SAMPLED,
        "comments": "\n".join(filter(None, (question.data, comments))),
    }
    branch = Branch((number,), prompt, meta=meta)
    if not begins:
        return branch
    if question.thinks and plan.thinking_budget != 0:
        cap = plan.thinking_budget if plan.thinking_budget > 0 else plan.branch_tokens // 2
        branch.meta["stop"] = StopRule(max(1, cap), strings=(CLOSE,))
        return branch if prompt.thinking else branch.forced("<think>\n")
    branch.meta["stop"] = RULE
    return branch.forced(_start(branch, question))


def written(branch: Branch, question: Question) -> Phase | None:
    """How a branch goes on whose thought is over: it writes its program."""
    over = branch.stop in (Stop.STRING, Stop.LENGTH, Stop.END, Stop.LOOP)
    if branch.meta.get("stop", RULE) == RULE or not over:
        return None
    meta = {**branch.meta, "stop": RULE}
    text = f"\n{CLOSE}\n\n{_start(branch, question)}"
    return Phase(replace(branch.forced(text), meta=meta), RULE)


def _start(branch: Branch, question: Question) -> str:
    return begun(question.text, branch.meta["comments"], question.reads)
