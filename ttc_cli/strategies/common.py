"""What several strategies share: reading a reply, and getting an answer out of a cut-off one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from ttc_cli.answers import Extracted, Kind, canonical, extract
from ttc_cli.core.branch import Branch
from ttc_cli.core.events import Flow
from ttc_cli.core.outcome import Outcome, Plan, Question, reason
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Stop, StopRule
from ttc_cli.prompts import thoughts

CLOSING_TOKENS = 32
"""Held back from a budget, so that a cut-off branch can still be made to answer."""
CLOSING_SECONDS = 1.0

STATED = ("boxed", "phrase", "hashes")
"""Rules of `extract` that go by what a reply calls its answer, not by where it stands."""

LADDER = (0.5, 0.7, 0.9, 1.1)
"""Temperatures of `--diverse`, in turn."""

CLOSINGS = {
    "math": "\n\nFinal Answer: \\boxed{",
    "choice": "\n\nThe answer is (",
    "short": "\n\nAnswer:",
}


@dataclass(frozen=True, slots=True)
class NoOptions:
    """A strategy without options of its own."""


def sample(question: Question, plan: Plan, number: int) -> Branch:
    """The branch of that number, before it is drawn; with `--diverse` in its own way."""
    if not plan.diverse:
        return Branch((number,), question.render(0, False))
    sampling = replace(plan.sampled, temperature=LADDER[number % len(LADDER)])
    return Branch((number,), question.render(number, False), meta={"sampling": sampling})


def reply(branch: Branch) -> tuple[str, str]:
    """(thought, answer) of a branch's text."""
    return thoughts.split(branch.text, branch.prompt.thinking)


def ended(branch: Branch) -> bool:
    """Whether a reply came to an end: its own, or one that it was made to come to."""
    return branch.stop is not None and bool(branch.stop.whole or branch.meta.get("closed"))


def answer_of(branch: Branch, question: Question) -> Extracted | None:
    """The short answer of a branch that came to its end; None for prose and cut-off replies."""
    if not question.votable or not ended(branch):
        return None
    return extract(reply(branch)[1], cast("Kind | None", question.kind))


def unchanged(new: Branch, old: Branch, question: Question) -> bool:
    """Whether a branch gives the answer that another gave, or says the same words."""
    answers = [answer_of(branch, question) for branch in (new, old)]
    if answers[0] and answers[1]:
        return canonical(answers[0].text) == canonical(answers[1].text)
    return reply(new)[1] == reply(old)[1]


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


def longest(run: Run, done: Sequence[Branch], question: Question) -> Flow[Outcome]:
    """The outcome when no branch came to its end: the longest, made to answer where it can be."""
    started = [branch for branch in done if branch.text.strip()]
    if not started:
        return Outcome(None, branches=tuple(done), stopped=cut_by(run, done))
    branch = max(started, key=lambda b: (len(b.text), [-i for i in b.id]))
    closed = yield from close(run, branch, question)
    found = answer_of(closed, question)
    return Outcome(
        closed,
        canonical(found.text) if found else None,
        branches=tuple(done),
        stopped=cut_by(run, done),
        note="no sample came to its end: the longest was made to answer" if found else "",
    )


def cut_by(run: Run, done: Sequence[Branch], otherwise: str = "tokens") -> str:
    """What ended a run before its time, in the words of the result's `stopped`."""
    if run.interrupted:
        return "interrupted"
    if run.late or any(branch.stop is Stop.TIME for branch in done):
        return "seconds"
    return "tokens" if any(branch.stop is Stop.BUDGET for branch in done) else otherwise


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
