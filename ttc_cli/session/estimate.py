"""What a run will probably take: tokens and seconds at each effort, before anything is drawn.

Learnt from the runs before: the median number of sampled tokens and the median speed of the last
ones of the same form and effort. Before there are any, one plain answer's length (of the task, as
runs of every effort had it) times the samples that the effort's stopping rule comes to as a rule,
at the speed of the width it draws at, seen or calibrated.
"""

from __future__ import annotations

import time
from typing import Any

from ttc_cli.core.outcome import Plan, Question
from ttc_cli.drawing import effort as efforts
from ttc_cli.session.loaded import Session

EXPECTED_SAMPLES = {"low": 1.0, "medium": 3.1, "high": 7.6, "max": 20.0, "auto": 5.6}
"""Samples drawn where a vote may stop early (docs/stopping.md, docs/router.md); max is a guess."""
EXPECTED_MIXED = {
    "low": (1.0, 0.1), "medium": (1.0, 1.9), "high": (1.6, 2.8), "max": (3.0, 12.0),
    "auto": (2.0, 0.8),
}  # fmt: skip
"""Programs and plain replies of such a vote over both (docs/programs.md)."""
EXPECTED_WIDTH = {"low": 1, "medium": 3, "high": 4, "max": 6, "auto": 2}
"""Branches under way at once in such a run."""
EXPECTED_PROGRAM = 40
"""Tokens of a program."""
LEVELS = ("low", "medium", "high", "auto")


def key(question: Question, plan: Plan) -> str:
    """Runs that cost alike: form of the answer, strategy, effort, samples, kinds, verifier."""
    given = "" if plan.samples == efforts.EFFORTS[plan.effort].multiplier else f" {plan.samples}"
    fixed = "" if plan.early_stop else " fixed"
    judge = plan.verifier.name.partition(":")[0] if plan.verifier else ""
    kinds = "" if plan.kinds == "plain" else f" {plan.kinds}"
    return f"{question.task} {plan.strategy} {plan.effort}{given}{fixed}{kinds} {judge}".rstrip()


def estimate(
    session: Session,
    question: Question,
    plans: dict[str, Plan],
    plan: Plan,
    prompt: int,
    began: float,
    limit: float | None,
) -> dict[str, Any]:
    """Tokens and seconds of a plan, and of each of `plans` by level.

    Args:
        plan: what will run.
        plans: what the levels would run.
        prompt: its tokens.
        began: monotonic seconds of the run's start: what has passed counts.
        limit: on its seconds.

    Returns:
        "tokens", "seconds" (None before any run was timed), "plain_answer" (tokens of one plain
        answer), and "levels", the first two by level.
    """
    speeds, task, votable = session.speeds, question.task, question.votable
    plain = speeds.answer.get(task) or efforts.EXPECTED_TOKENS[task]
    prefill, ready = speeds.prefill_at(prompt), time.monotonic() - began

    def one(plan: Plan) -> dict[str, Any]:
        kind, width, expected = key(question, plan), *_expected(plan, plain, votable=votable)
        tokens = speeds.tokens(kind, expected)
        tokens = min(tokens, plan.budget or tokens)
        speed = speeds.speed(kind, width)
        if not (speed and prefill):
            return {"tokens": int(tokens), "seconds": None}
        seconds = ready + prompt / prefill + tokens / speed
        return {"tokens": int(tokens), "seconds": round(min(seconds, limit or seconds), 1)}

    levels = {name: one(each) for name, each in plans.items()}
    return {**one(plan), "plain_answer": plain, "levels": levels}


def _expected(plan: Plan, plain: float, *, votable: bool) -> tuple[int, float]:
    """(branches at once, tokens in all) of a plan before any run like it was seen.

    Args:
        plain: tokens of one plain answer.
    """
    stops = plan.early_stop and plan.strategy == "self-consistency"
    samples = float(plan.samples)
    if stops and plan.samples > 1:
        samples = min(samples, EXPECTED_SAMPLES[plan.effort]) if votable else 1.0
    width = EXPECTED_WIDTH[plan.effort] if stops else min(plan.samples, 32)
    if plan.kinds != "plain" and (stops or plan.strategy == "program"):
        programs, replies = EXPECTED_MIXED[plan.effort if stops else "low"]
        replies = replies if plan.kinds == "mixed" else 0.0
        return width, programs * EXPECTED_PROGRAM + replies * plain
    return width, plain * samples
