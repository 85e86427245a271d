"""How a program is asked for: its reply is begun for the model, and ended where its function ends.

The question is the docstring of a function that the model completes. Where an engine does not go
on with a begun reply, the same beginning is asked for in words.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ttc_cli.core.branch import Branch
from ttc_cli.core.growth import Phase
from ttc_cli.core.outcome import Plan, Question
from ttc_cli.core.programs import ENTRY, FENCE, GREEDY_PROGRAM, PROGRAM
from ttc_cli.core.sampling import GREEDY, Sampling, Stop, StopRule

PROGRAM_TOKENS = 256
"""The most tokens of one program; the median is 57."""
SAMPLED = Sampling(temperature=0.4)
"""Of all programs but the first: at 0.7 one is right in 55%, greedily in 72% (docs/programs.md)."""
RULE = StopRule(PROGRAM_TOKENS, strings=("\n```",), block=True)
CLOSE = "</think>"


def begun(question: str, comments: str = "") -> str:
    """The start of a reply that is a function with the question as its docstring.

    Args:
        comments: what else the model is told, above the function.
    """
    above = "".join(f"# {line}\n" for line in comments.splitlines())
    return f'{FENCE}{above}def {ENTRY}():\n    """{escaped(question)}"""\n'


def escaped(text: str) -> str:
    """A text that may stand between triple quotes."""
    text = text.replace("\\", "\\\\").replace("\0", "")
    return re.sub(r'"(?="|\Z)', r"\"", text)


def program(
    question: Question,
    plan: Plan,
    number: int,
    *,
    first: bool,
    begins: bool,
    comments: str = "",
) -> Branch:
    """A branch that is about to write a program.

    Args:
        number: its name among the samples.
        first: of all programs of the run; it is drawn greedily.
        begins: the engine goes on with a begun reply; else the prompt asks in words.
        comments: see `begun`.
    """
    assert question.program is not None
    sampling = GREEDY if first else SAMPLED
    kind = GREEDY_PROGRAM if first else PROGRAM
    meta = {"kind": kind, "sampling": sampling, "comments": comments}
    branch = Branch((number,), question.program, meta=meta)
    if not begins:
        return branch
    if question.thinks and plan.thinking_budget != 0:
        cap = plan.thinking_budget if plan.thinking_budget > 0 else plan.branch_tokens // 2
        branch.meta["stop"] = StopRule(max(1, cap), strings=(CLOSE,))
        return branch if question.program.thinking else branch.forced("<think>\n")
    branch.meta["stop"] = RULE
    return branch.forced(begun(question.text, comments))


def written(branch: Branch, question: Question) -> Phase | None:
    """How a branch goes on whose thought is over: it writes its program."""
    over = branch.stop in (Stop.STRING, Stop.LENGTH, Stop.END, Stop.LOOP)
    if branch.meta.get("stop", RULE) == RULE or not over:
        return None
    meta = {**branch.meta, "stop": RULE}
    text = f"\n{CLOSE}\n\n{begun(question.text, branch.meta['comments'])}"
    return Phase(replace(branch.forced(text), meta=meta), RULE)
