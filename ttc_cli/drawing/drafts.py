"""Prose and code, which no vote decides: drafts are drawn until one passes what can be checked.

The checks are the form that the question's words fix, whether code parses, and the plan's own
check: the examples that a question gives of its code, run locked in (AlphaCode filters so, Li et
al. 2022, arXiv 2203.07814). The first draft is the one that the lowest effort gives, so that more
effort is never worse by these checks; where it passes them, there is nothing by which another could
be told to be better, and none is drawn.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Sequence

from ttc_cli.core.branch import Branch, BranchId
from ttc_cli.core.events import Flow, Score
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.drawing.replies import cut_by, ended, grow, longest, reply, sample, short_answer
from ttc_cli.prompts.forms import constraints, failing, mended

_BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
WHY = 120  # characters of what is wrong with a draft
UNTOLD = "no reply has a short answer to vote on: this is the first"
PASSED = "no short answer to vote on: a draft that passes what can be checked"
KNOWN = f"{PASSED}, as it was drawn before: more effort changes nothing here, another seed does"


def draw(run: Run, question: Question, plan: Plan) -> Flow[Outcome]:
    """One draft, then as many again as there are, until one lacks nothing; the first that does."""
    done: list[Branch] = []
    missing: dict[BranchId, list[str]] = {}
    while len(done) < plan.samples and not run.spent:
        left = plan.samples - len(done)
        more = min(left, max(1, len(done))) if plan.early_stop or not done else left
        drafts = [sample(question, plan, len(done) + i) for i in range(more)]
        how = plan.sampled if done else plan.greedy
        drawn = yield from grow(run, drafts, question, plan, sampling=how)
        done += drawn
        missing |= yield from _missing(run, question, plan, [b for b in drawn if ended(b)])
        if plan.early_stop and not all(missing.values()):
            break
    whole = sorted((branch for branch in done if ended(branch)), key=lambda branch: branch.id)
    if not whole:
        return (yield from longest(run, done, question))
    best = min(whole, key=lambda branch: len(missing[branch.id]))
    told = "; ".join(missing[best.id])
    passed = KNOWN if run.reused and not run.ledger.spent else PASSED
    note = f"no draft of {len(done)} passes what can be checked: {told}" if told else passed
    found, stopped = short_answer(best, question), cut_by(run, done, "complete")
    answer = found.text if found else None
    return Outcome(best, answer, branches=tuple(done), stopped=stopped, note=note)


def _missing(
    run: Run, question: Question, plan: Plan, whole: Sequence[Branch]
) -> Flow[dict[BranchId, list[str]]]:
    """What each of some whole drafts lacks; one that the plan's check cannot judge lacks nothing
    by it."""
    missing = {branch.id: lacks(branch, question) for branch in whole}
    if plan.check is not None and whole and not run.late:
        graded = yield from plan.check(run, whole, question)
        for branch, found in zip(whole, graded, strict=True):
            yield Score(branch.id, plan.check.name, found.score, found.note)
            if found.score == 0:
                why = " ".join(found.note.split())[:WHY]
                missing[branch.id].append(f"code that does what the question shows ({why})")
    return missing


def lacks(branch: Branch, question: Question) -> list[str]:
    """What can be told to be wrong with a draft, in a few words each."""
    said, wanted = reply(branch)[1], constraints(question.text)
    missing = [str(one) for one in failing(said, wanted)] if mended(said, wanted) is None else []
    broken = (_broken(name.lower(), code) for name, code in _BLOCK.findall(said))
    return [*missing, *filter(None, broken)]


def _broken(name: str, code: str) -> str:
    """Why a fenced block is not what it says it is; empty where that cannot be told."""
    try:
        if name in ("python", "py", "python3"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(code)
        elif name == "json":
            json.loads(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"{name} that parses ({type(error).__name__})"
    return ""


def unvoted(run: Run, question: Question, done: list[Branch]) -> Flow[Outcome]:
    """No branch has a short answer: the first that states a fact at length, or a forced answer."""
    whole = [branch for branch in done if branch.stop is not None and branch.stop.whole]
    if whole and question.task == "fact":
        stopped = "interrupted" if run.interrupted else "complete"
        best = min(whole, key=lambda branch: branch.id)
        return Outcome(best, branches=tuple(done), stopped=stopped, note=UNTOLD)
    return (yield from longest(run, done, question))
