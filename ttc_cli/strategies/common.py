"""What several strategies share: reading a reply, and getting an answer out of a cut-off one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from ttc_cli.answers import Extracted, Kind, extract
from ttc_cli.core.branch import Branch
from ttc_cli.core.events import Flow
from ttc_cli.core.outcome import Outcome, Question, reason
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Stop, StopRule
from ttc_cli.prompts import thoughts

CLOSING_TOKENS = 32
"""Held back from a budget, so that a cut-off branch can still be made to answer."""
CLOSING_SECONDS = 1.0

STATED = ("boxed", "phrase", "hashes")
"""Rules of `extract` that go by what a reply calls its answer, not by where it stands."""

CLOSINGS = {
    "math": "\n\nFinal Answer: \\boxed{",
    "choice": "\n\nThe answer is (",
    "short": "\n\nAnswer:",
}


@dataclass(frozen=True, slots=True)
class NoOptions:
    """A strategy without options of its own."""


def reply(branch: Branch) -> tuple[str, str]:
    """(thought, answer) of a branch's text."""
    return thoughts.split(branch.text, branch.prompt.thinking)


def answer_of(branch: Branch, question: Question) -> Extracted | None:
    """The short answer of a branch that came to its end; None for prose and cut-off replies."""
    ended = branch.stop is not None and (branch.stop.whole or branch.meta.get("closed"))
    if not question.votable or not ended:
        return None
    return extract(reply(branch)[1], cast("Kind | None", question.kind))


def hold_back(run: Run, question: Question) -> int | None:
    """The limit for the main part of a run, less what a forced answer needs."""
    left = run.ledger.left
    if left is None or not question.votable:
        return left
    return left - min(CLOSING_TOKENS, left // 4)


def close(run: Run, branch: Branch, question: Question) -> Flow[Branch]:
    """Make a cut-off branch answer: close its thought, name the answer's form, decode a little.

    After budget forcing (s1, arXiv 2501.19393). A branch that cannot be closed (no token, no
    second left, no short answer expected) comes back as it is.
    """
    cut = (Stop.BUDGET, Stop.TIME, Stop.LENGTH, Stop.CONTEXT, Stop.LOOP)
    if not question.votable or branch.stop not in cut or run.spent or not branch.text.strip():
        return branch
    opened = thoughts.opened_by(branch.prompt.text + branch.text, branch.text)
    tag = "\n</think>" if opened else ""
    forced = branch.forced(tag + CLOSINGS[question.task])
    rule = StopRule(CLOSING_TOKENS, strings=("\n",))
    (done,) = yield from run.extend([forced], stop=rule, salt="close")
    closed = done.stop is not None and (done.stop.whole or done.stop is Stop.LENGTH)
    return Branch(
        done.id,
        done.prompt,
        done.steps,
        branch.stop,
        done.tokens_sampled,
        done.seconds,
        meta={**done.meta, "closed": closed},
    )


def single(run: Run, branch: Branch, question: Question) -> Outcome:
    """The outcome of a run that kept to one line of thought."""
    said = any(step.sampled and step.text.strip() for step in branch.steps)
    found = extract(reply(branch)[1], cast("Kind | None", question.kind)) if said else None
    if found and question.task == "plain" and found.rule not in STATED:
        found = None  # prose has no short answer unless it says outright that it is one
    return Outcome(
        branch if said else None,
        answer=found.text if found else None,
        stopped="interrupted" if run.interrupted else reason(branch.stop),
        branches=(branch,),
    )
