"""What several strategies share: reading a reply, and getting an answer out of a cut-off one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from ttc_cli.answers import Extracted, Kind, canonical, equivalent, extract
from ttc_cli.answers.reply import brief
from ttc_cli.core.branch import Branch
from ttc_cli.core.events import Flow, Text
from ttc_cli.core.growth import Phase
from ttc_cli.core.outcome import Form, Outcome, Plan, Question, reason
from ttc_cli.core.programs import PLAIN, kind, ran
from ttc_cli.core.run import Draw, Run
from ttc_cli.core.sampling import Outputs, Sampling, Stop, StopRule
from ttc_cli.core.steps import STEPS
from ttc_cli.core.text import plain
from ttc_cli.programs.begun import written
from ttc_cli.prompts import thoughts
from ttc_cli.prompts.forms import constraints

CLOSING_TOKENS = 32  # held back from a budget, so that a cut-off branch can still be made to answer
FORM_TOKENS = 128  # the same where the answer has a form: it is longer than a number
CLOSING_SECONDS = 1.0
CLOSE = "</think>"

STATED = ("boxed", "phrase", "hashes", "restated")
"""Rules of `extract` that go by what a reply calls its answer, or by its saying nothing else but
what was asked; not by where it stands."""

EXPECTED_TOKENS = {
    "math": 220, "choice": 160, "short": 120, "fact": 30, "code": 300, "plain": 350,
}  # fmt: skip
"""What one plain answer of a small model takes as a rule; used until it has been measured."""

LADDER = (0.5, 0.7, 0.9, 1.1)  # temperatures of `--diverse`, in turn

CLOSINGS = {
    "math": "\n\nFinal Answer: \\boxed{",
    "choice": "\n\nThe answer is (",
    "short": "\n\nAnswer:",
}


def sample(question: Question, plan: Plan, number: int) -> Branch:
    """The plain reply of that number, before it is drawn; with `--diverse` in its own way."""
    if not plan.diverse:
        return opened(Branch((number,), question.render(0, False)), question, plan)
    sampling = replace(plan.sampled, temperature=LADDER[number % len(LADDER)])
    branch = Branch((number,), question.render(number, False), meta={"sampling": sampling})
    return opened(branch, question, plan)


def opened(branch: Branch, question: Question, plan: Plan) -> Branch:
    """A branch about to be drawn: an answer with a form comes after a thought."""
    thinks = question.form is None or branch.prompt.thinking or plan.thinking_budget == 0
    return branch if thinks else branch.forced("<think>\n")


def grow(
    run: Run,
    branches: Sequence[Branch],
    question: Question,
    plan: Plan,
    *,
    sampling: Sampling,
    outputs: Outputs | None = None,
    draw: Draw | None = None,
) -> Flow[list[Branch]]:
    """Draw whole replies, with what a forced answer needs held back; see `Run.extend`.

    An answer with a form is drawn in two phases: a free thought, of half the branch's tokens at
    most, and then the answer under the form's grammar.
    """
    outputs = outputs or plan.outputs
    steps = STEPS if outputs.hidden == "steps" else None
    stop, grammar, form = StopRule(plan.branch_tokens, steps=steps), "", question.form
    if form is not None and plan.thinking_budget == 0:
        grammar = form.grammar()
    elif form is not None:
        cap = plan.branch_tokens // 2
        cap = min(cap, plan.thinking_budget) if plan.thinking_budget > 0 else cap
        stop = StopRule(max(1, cap), strings=(CLOSE,), steps=steps)

    def then(branch: Branch) -> Phase | None:
        if kind(branch) != PLAIN:
            return written(branch, question)
        thought = branch.stop in (Stop.END, Stop.STRING, Stop.LENGTH, Stop.LOOP)
        if form is None or not thought or not thoughtful(branch):
            return None
        left = max(1, plan.branch_tokens - branch.tokens_sampled)
        return Phase(branch.forced(f"\n{CLOSE}\n\n"), StopRule(left), form.grammar())

    drawn = yield from run.extend(
        branches, stop=stop, sampling=sampling, outputs=outputs, grammar=grammar, draw=draw,
        ledger=run.ledger.child(hold_back(run, question)),
        reserve=CLOSING_SECONDS if question.votable else 0.0, then=then,
    )  # fmt: skip
    return drawn


def thoughtful(branch: Branch) -> bool:
    """Whether a branch breaks off in the middle of a thought."""
    return thoughts.opened_by(branch.prompt.text + branch.text, branch.text)


def reply(branch: Branch) -> tuple[str, str]:
    """(thought, answer) of a branch's text; of a program, its value is the answer."""
    return thoughts.parts(branch)


def ended(branch: Branch) -> bool:
    """Whether a reply came to an end: its own, or one that it was made to come to.

    A program has come to its end when it ran and gave a value.
    """
    if kind(branch) != PLAIN:
        found = ran(branch)
        return found is not None and bool(found.answer)
    return branch.stop is not None and bool(branch.stop.whole or branch.meta.get("closed"))


def filled(branch: Branch) -> bool:
    """Whether an answer holds what the model did not write: its form's shortest end."""
    return bool(branch.meta.get("filled"))


def usable(branch: Branch, question: Question) -> bool:
    """Whether a reply can be the answer: it came to an end, and has the form that is wanted."""
    return ended(branch) and (question.form is None or answer_of(branch, question) is not None)


def answer_of(branch: Branch, question: Question) -> Extracted | None:
    """The short answer of a branch that came to its end; None for prose and cut-off replies."""
    if not question.votable or not ended(branch):
        return None
    if (found := ran(branch)) is not None:
        return Extracted(found.answer, "program")
    if question.form is not None:
        canonical_json = question.form.valid(reply(branch)[1])
        return Extracted(canonical_json, "json") if canonical_json is not None else None
    return short_answer(branch, question)


def short_answer(branch: Branch, question: Question) -> Extracted | None:
    """What `extract` makes of the reply to a question; prose has no short answer, unless it says
    outright that it is one, or is the one line that states a fact."""
    said = plain(reply(branch)[1]).strip()
    found = extract(said, cast("Kind | None", question.kind), question.text)
    if found is not None and _echoes(found.text, question.text):
        return None
    if found is None or found.rule in STATED or question.task not in ("plain", "fact"):
        return found
    return found if question.task == "fact" and brief(said) else None


def _echoes(answer: str, asked: str) -> bool:
    """Whether an answer is one of the question's own sentences on form: "The name only"."""
    said = answer.strip(" .!:*\"'").casefold()
    sentences = re.split(r"(?<=[.!?;:])\s+|\n", asked) if said in asked.casefold() else []
    same = (one for one in sentences if one.strip(" .!:*\"'").casefold() == said)
    return any(constraints(one) for one in same)


def unchanged(new: Branch, old: Branch, question: Question) -> bool:
    """Whether a branch gives the answer that another gave, or says the same words."""
    mine, theirs = (answer_of(branch, question) for branch in (new, old))
    if mine and theirs:
        same = mine.text == theirs.text
        return same or (
            question.form is None and equivalent(mine.text, theirs.text, question=question.text)
        )
    return reply(new)[1] == reply(old)[1]


def label(found: Extracted, question: Question) -> str:
    """A short answer as it is shown."""
    return found.text if question.form is not None else canonical(found.text)


def hold_back(run: Run, question: Question) -> int | None:
    """The limit for the main part of a run, less what a forced answer needs."""
    left = run.ledger.left
    if left is None or not question.votable or "continue" not in run.engine.info.capabilities:
        return left
    return left - min(FORM_TOKENS if question.form else CLOSING_TOKENS, left // 4)


def close(run: Run, branch: Branch, question: Question) -> Flow[Branch]:
    """Make a cut-off branch answer: close its thought, name the answer's form, decode a little.

    After budget forcing (s1, arXiv 2501.19393). So does one that thought and then said nothing, as
    models do that were not taught to think. A branch that cannot be closed (no token, no
    second left, no short answer expected, an engine that cannot go on) comes back as it is.
    """
    if "continue" not in run.engine.info.capabilities:
        return branch
    if question.form is not None:
        return (yield from _complete(run, branch, question.form))
    cut = (Stop.BUDGET, Stop.TIME, Stop.LENGTH, Stop.CONTEXT, Stop.LOOP)
    thought, answer = reply(branch)
    closes = question.task in CLOSINGS and (branch.stop in cut or bool(thought and not answer))
    if not closes or run.spent or not branch.text.strip():
        return branch
    tag = f"\n{CLOSE}" if thoughtful(branch) else ""
    forced = branch.forced(tag + CLOSINGS[question.task])
    rule = StopRule(CLOSING_TOKENS, strings=("\n",))
    (done,) = yield from run.extend([forced], stop=rule, salt="close")
    return _closed(
        done, branch, done.stop is not None and (done.stop.whole or done.stop is Stop.LENGTH)
    )


def _closed(done: Branch, cut: Branch, closed: bool) -> Branch:
    """What a cut-off branch has become, with the reason why it was cut."""
    return replace(done, stop=cut.stop, meta={**done.meta, "closed": closed})


def _complete(run: Run, branch: Branch, form: Form) -> Flow[Branch]:
    """Give a cut-off answer its form: draw on under the grammar, then end it the shortest way.

    The end costs no token. Of an answer that was not begun nothing is made up.
    """
    if branch.stop is None or branch.stop.whole or not branch.text.strip():
        return branch
    thought = thoughtful(branch)
    grammar = form.grammar("" if thought else reply(branch)[1])
    done = branch
    if grammar and not run.spent and branch.stop is not Stop.FAILED:
        start = branch.forced(f"\n{CLOSE}\n\n") if thought else branch
        rule = StopRule(FORM_TOKENS)
        (done,) = yield from run.extend([start], stop=rule, grammar=grammar, salt="close")
    said = "" if thoughtful(done) else reply(done)[1]
    rest = form.closing(said) if said.strip() else None
    if rest is None:
        return branch
    if rest:
        done = done.forced(rest)
        yield Text(done.id, rest)
    closed = _closed(done, branch, form.valid(said + rest) is not None)
    return replace(closed, meta={**closed.meta, "filled": bool(rest)})


def longest(run: Run, done: Sequence[Branch], question: Question) -> Flow[Outcome]:
    """The outcome when no branch came to its end: the longest, made to answer where it can be."""
    started = [branch for branch in done if branch.text.strip() and kind(branch) == PLAIN]
    if not started:
        whole = all(branch.stop is not None and branch.stop.whole for branch in done)
        why = cut_by(run, done, "complete" if done and whole else "tokens")
        return Outcome(None, branches=tuple(done), stopped=why)
    branch = max(started, key=lambda b: (len(b.text), [-i for i in b.id]))
    closed = yield from close(run, branch, question)
    found = answer_of(closed, question)
    whole = all(ended(branch) for branch in done)
    lacking = "ended with an answer" if any(map(ended, done)) else "came to its end"
    return Outcome(
        closed if found or question.form is None else None,
        label(found, question) if found else None,
        branches=tuple(done),
        stopped=cut_by(run, done, "complete" if whole else "tokens"),
        note=f"no sample {lacking}: the longest was made to answer" if found else "",
    )


def cut_by(run: Run, done: Sequence[Branch], otherwise: str = "tokens") -> str:
    """What ended a run before its time, in the words of the result's `stopped`."""
    if run.interrupted:
        return "interrupted"
    if run.late or any(branch.stop is Stop.TIME for branch in done):
        return "seconds"
    return "tokens" if any(branch.stop is Stop.BUDGET for branch in done) else otherwise


def single(run: Run, branch: Branch, question: Question) -> Outcome:
    """The outcome of a run that kept to one line of thought.

    Where the answer must have a form, it has that form or there is no answer.
    """
    said = any(step.sampled and step.text.strip() for step in branch.steps)
    if question.form is not None:
        found = answer_of(branch, question)
        said = found is not None
    else:
        found = short_answer(branch, question) if said else None
    return Outcome(
        branch if said else None,
        answer=found.text if found else None,
        stopped="interrupted" if run.interrupted else reason(branch.stop),
        branches=(branch,),
        rule=found.rule if found else "",
    )
