"""Effort levels: the one table of what each runs. 1x is one plain answer."""

from __future__ import annotations

from dataclasses import dataclass

from ttc_cli.core.outcome import Plan, Question
from ttc_cli.core.sampling import GREEDY, Sampling
from ttc_cli.core.verify import Verifier


@dataclass(frozen=True, slots=True)
class Effort:
    """A level: how many plain answers it may cost, and what it runs.

    Args:
        multiplier: cost in plain answers; also the number of samples.
        votable: the strategy for questions with a short answer.
        other: the strategy for prose and code.
    """

    multiplier: int
    votable: str
    other: str


EFFORTS = {
    "low": Effort(1, "direct", "direct"),
    "medium": Effort(4, "self-consistency", "direct"),
    "high": Effort(16, "self-consistency", "self-consistency"),
    "max": Effort(64, "self-consistency", "self-consistency"),
    "auto": Effort(16, "self-consistency", "direct"),  # at most: it escalates from one sample
}

BRANCH_TOKENS = {
    "math": 1024, "choice": 768, "short": 512, "fact": 1024, "code": 1536, "plain": 2048,
}  # fmt: skip
"""Cap on one branch by task; what one plain answer may cost at most."""

EXPECTED_TOKENS = {
    "math": 220, "choice": 160, "short": 120, "fact": 30, "code": 300, "plain": 350,
}  # fmt: skip
"""What one plain answer of a small model takes as a rule; used until it has been measured."""

GREEDY_TASKS = ("math", "choice", "short", "fact", "code")
"""Tasks whose single answer is decoded greedily; prose is livelier with some temperature."""


def plan(
    question: Question,
    effort: str,
    *,
    strategy: str,
    samples: int | None,
    sampling: Sampling,
    temperature_given: bool,
    early_stop: bool,
    diverse: bool,
    max_tokens: int | None,
    thinking_budget: int | None,
    verifier: Verifier | None = None,
    kinds: str = "plain",
) -> Plan:
    """What to run: flags where given, else the table.

    Args:
        effort: a level; "auto" is one sample that may become sixteen.
        strategy: a name, or "auto" for the table's.
        samples: lifts the cap that the level gives; only `max_tokens` binds then.
        verifier: with one, the table's strategy is best-of-n, whatever the task.
        kinds: see Plan; where programs are evidence, one sample is one of them.
        temperature_given: the user chose a temperature, so a single branch uses it too.
    """
    level, task, votable = EFFORTS[effort], question.task, question.votable
    if strategy == "auto":
        many = samples is not None and samples > 1
        strategy = level.votable if votable else level.other
        strategy = "program" if strategy == "direct" and kinds != "plain" else strategy
        strategy = "self-consistency" if many else strategy
        strategy = "best-of-n" if verifier is not None else strategy
    branch = BRANCH_TOKENS[task]
    if thinking_budget is not None and thinking_budget > 0:
        branch += thinking_budget
    single = strategy == "program" and samples is None
    budget = None if samples is not None else level.multiplier * branch
    if max_tokens is not None and strategy == "direct":
        branch = budget = max_tokens
    elif max_tokens is not None:
        branch = min(branch, max_tokens)
        budget = max_tokens if budget is None else min(budget, max_tokens)
    keep = temperature_given or not (votable or task in GREEDY_TASKS)
    alone = 1 if question.bare is None else 2
    return Plan(
        strategy=strategy, effort=effort,
        samples=alone if single else samples if samples is not None else level.multiplier,
        branch_tokens=branch, budget=budget, greedy=sampling if keep else GREEDY, sampled=sampling,
        early_stop=early_stop, diverse=diverse,
        thinking_budget=-1 if thinking_budget is None else thinking_budget, verifier=verifier,
        kinds=kinds,
    )  # fmt: skip
