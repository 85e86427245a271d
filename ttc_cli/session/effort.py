"""Effort levels: the one table of what each runs, what that will probably take, what a run teaches.

1x is one plain answer. Tokens and seconds at each effort are learnt from the runs before: the
median number of sampled tokens and the median speed of the last ones of the same form and effort.
Before there are any, one plain answer's length (of the task, as runs of every effort had it) times
the samples that the effort's stopping rule comes to as a rule, at the speed of the width it draws
at, seen or calibrated. All of it comes from the engine's own counters: no work besides.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ttc_cli.core.errors import ContextOverflow
from ttc_cli.core.events import WHOLE
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.programs import PLAIN, kind
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import GREEDY, Stop
from ttc_cli.core.verify import Verifier
from ttc_cli.drawing.replies import EXPECTED_TOKENS
from ttc_cli.session.loaded import Session
from ttc_cli.store.speeds import Speeds

if TYPE_CHECKING:
    from ttc_cli.engine.host import Counters, Host
    from ttc_cli.session.request import Request


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

CHECKED = 4
"""Drafts that `auto` may draw where they can be checked."""
GREEDY_TASKS = ("math", "choice", "short", "fact", "code")
"""Tasks whose single answer is decoded greedily; prose is livelier with some temperature."""


def plan(
    question: Question, request: Request, effort: str, *, verifier: Verifier | None = None,
    kinds: str = "plain", check: Verifier | None = None,
) -> Plan:  # fmt: skip
    """What to run: what the request says, else the table.

    Args:
        request: its samples lift the cap that the level gives; only its `max_tokens` bind then.
        effort: a level; "auto" is one sample that may become sixteen.
        verifier: with one, the table's strategy is best-of-n, whatever the task.
        check: see Plan; where there is one, all efforts but low may draw more drafts than one.
        kinds: see Plan; where programs are evidence, one sample is one of them.
    """
    level, task, votable = EFFORTS[effort], question.task, question.votable
    strategy, samples, thinking = request.strategy, request.samples, request.thinking_budget
    max_tokens = request.max_tokens
    most = CHECKED if check is not None and effort == "auto" else level.multiplier
    if strategy == "auto":
        many = samples is not None and samples > 1
        strategy = level.votable if votable else level.other
        strategy = "program" if strategy == "direct" and kinds != "plain" else strategy
        strategy = "self-consistency" if many or (check and effort != "low") else strategy
        strategy = "best-of-n" if verifier is not None else strategy
    branch = BRANCH_TOKENS[task] + max(0, thinking or 0)
    budget = None if samples is not None else level.multiplier * branch
    if max_tokens is not None and strategy == "direct":
        branch = budget = max_tokens
    elif max_tokens is not None:
        branch = min(branch, max_tokens)
        budget = max_tokens if budget is None else min(budget, max_tokens)
    alone = 1 if question.bare is None or strategy == "direct" else 2
    single = strategy == "direct" or (strategy == "program" and samples is None)
    keep = request.temperature is not None or not (votable or task in GREEDY_TASKS)
    return Plan(
        strategy=strategy, effort=effort,
        samples=alone if single else samples if samples is not None else most,
        branch_tokens=branch, budget=budget, greedy=request.sampling if keep else GREEDY,
        sampled=request.sampling, early_stop=request.early_stop, diverse=request.diverse,
        thinking_budget=-1 if thinking is None else thinking, verifier=verifier, kinds=kinds,
        check=check,
    )  # fmt: skip


EXPECTED_SAMPLES = {"low": 1.0, "medium": 3.1, "high": 7.6, "max": 20.0, "auto": 5.6}
"""Samples drawn where a vote may stop early (docs/stopping.md, docs/router.md); max is a guess."""
EXPECTED_MIXED = {
    "low": (1.4, 0.0), "medium": (2.0, 1.0), "high": (2.0, 2.1), "max": (2.0, 14.0),
    "auto": (2.0, 0.7),
}  # fmt: skip
"""Programs and plain replies of such a vote over both (docs/evidence.md); what max draws is a
guess."""
EXPECTED_WIDTH = {"low": 1, "medium": 3, "high": 4, "max": 6, "auto": 2}
"""Branches under way at once in such a run."""
EXPECTED_PROGRAM = 40  # tokens of a program


def key(question: Question, plan: Plan) -> str:
    """Runs that cost alike: form of the answer, strategy, effort, samples, kinds, verifier."""
    given = "" if plan.samples == EFFORTS[plan.effort].multiplier else f" {plan.samples}"
    fixed = "" if plan.early_stop else " fixed"
    judge = plan.verifier.name.partition(":")[0] if plan.verifier else ""
    kinds = "" if plan.kinds == "plain" else f" {plan.kinds}"
    effort = "low" if plan.strategy == "direct" else f"{plan.effort}{given}"  # one line at any
    return f"{question.task} {plan.strategy} {effort}{fixed}{kinds} {judge}".rstrip()


def estimate(
    session: Session, question: Question, plans: dict[str, Plan], chosen: str, auto: str,
    prompt: int, began: float, limit: float | None,
) -> dict[str, Any]:  # fmt: skip
    """Tokens and seconds of a run, and of each level: more effort never takes less.

    Args:
        plans: what each of `EFFORTS` would run. chosen: of them, what runs.
        auto: of them, what runs where no effort is named. prompt: its tokens.
        began: monotonic seconds of the run's start: what has passed counts. limit: on its seconds.

    Returns:
        "tokens", "seconds" (None before any run was timed), "plain_answer" (tokens of one plain
        answer), and "levels", the first two by level.
    """
    speeds, votable = session.speeds, question.votable
    plain = speeds.answer.get(question.task) or EXPECTED_TOKENS[question.task]
    asked = {
        name: (key(question, each), *_expected(each, plain, votable=votable))
        for name, each in plans.items()
    }
    known = [(speeds.tokens(kind, n), speeds.speed(kind, wide)) for kind, wide, n in asked.values()]
    prefill, ready = speeds.prefill_at(prompt), time.monotonic() - began
    found, below = {"": (0, 0.0)}, ""
    for (name, each), (tokens, speed) in zip(plans.items(), known, strict=True):
        tokens = min(tokens, each.budget or tokens)
        seconds = ready + prompt / prefill + tokens / speed if speed and prefill else 0.0
        least = found["low" if name == "auto" else below]
        found[name] = (max(int(tokens), least[0]), max(seconds, least[1]))
        below = name

    def figures(name: str) -> dict[str, Any]:
        tokens, seconds = found[name]
        told = round(min(seconds, limit or seconds), 1) if seconds else None
        return {"tokens": tokens, "seconds": told}

    levels = {name: figures(name) for name in ("low", "medium", "high")} | {"auto": figures(auto)}
    return {**figures(chosen), "plain_answer": plain, "levels": levels}


def cells(plan: Plan, prompt: int, room: int) -> int:
    """Room in the KV cache for the prompt once and for every branch that may be live at once."""
    live = min(plan.samples, 32)
    wanted = prompt + live * (plan.branch_tokens + 64) + 64
    return max(prompt + 64, min(wanted, room))


def left(engine: Host, request: Request, tokens: int) -> int:
    """Tokens that the context leaves to a branch after the prompt's."""
    context = engine.info.context
    if tokens + 1 > context:
        other = "give a larger --ctx-size" if request.ctx_size else "choose another model"
        why = f"the prompt takes {tokens} tokens and the context holds {context}"
        raise ContextOverflow(why, f"shorten it, or {other}")
    return context - tokens


def _expected(plan: Plan, plain: float, *, votable: bool) -> tuple[int, float]:
    """(branches at once, tokens in all) of a plan of `plain` tokens each before any like it ran."""
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


LEAST_PREFILL, LEAST_DECODES = 0.05, 8
"""Seconds of prefill, and decodes of a width, below which a speed is mostly noise."""
LEFT_ALONE = (Stop.END, Stop.STRING, Stop.LENGTH, Stop.LOOP, Stop.CONTEXT)
"""Why a line stops that neither the run's limits nor other lines have stopped."""


def learn(
    speeds: Speeds, question: Question, plan: Plan, outcome: Outcome, run: Run, spent: Counters,
    planned: float,
) -> None:  # fmt: skip
    """Mix a finished run's figures in.

    Args:
        spent: what the engine did meanwhile, for other runs too where they share it.
        planned: monotonic seconds at which the run was estimated.
    """
    if spent.prefill_seconds > LEAST_PREFILL:
        speeds.see_prefill(spent.prefilled, spent.prefilled / spent.prefill_seconds)
    for width, (tokens, seconds) in spent.by_width.items():
        if tokens >= LEAST_DECODES * width and seconds > 0:
            speeds.see_width(width, tokens / seconds)
    if lengths := whole_lengths(outcome):
        speeds.see_answer(question.task, sum(lengths) / len(lengths))
    sampled = run.ledger.usage.sampled
    decoded = sum(n for n, _ in spent.by_width.values())
    alone = abs(decoded - sampled) <= 8 + sampled / 20
    seconds = time.monotonic() - planned - spent.prefill_seconds
    if outcome.stopped in WHOLE and alone and not run.reused and sampled and seconds > 0:
        speeds.see_run(key(question, plan), sampled, sampled / seconds)


def whole_lengths(outcome: Outcome) -> list[int]:
    """Tokens of the lines that came to their own end."""
    return [tokens for stop, tokens in _lines(outcome) if stop.whole]


def plain_answer(outcome: Outcome, expected: float) -> float:
    """Tokens of one plain answer, by what the run drew: the mean of lines that nobody stopped.

    Where none came to its own end, what was expected, but no less than they came to: a line that
    was cut would have been longer.
    """
    lines = _lines(outcome)
    left_alone = [tokens for stop, tokens in lines if stop in LEFT_ALONE]
    if whole_lengths(outcome):
        return sum(left_alone) / len(left_alone)
    return max(expected, sum(tokens for _, tokens in lines) / max(1, len(lines)))


def _lines(outcome: Outcome) -> list[tuple[Stop, int]]:
    """(stop, tokens) of what was drawn from the prompt on: a revision goes on from another's text.

    A branch of a tree counts its last step alone.
    """
    # Draws that said the same are one step: a line holds it once.
    steps = {step.id: step.tokens // step.draws for step in outcome.tree}
    found: list[tuple[Stop, int]] = []
    for branch in outcome.branches:
        tokens = branch.tokens_sampled
        if steps:
            tokens = sum(steps[branch.id[:n]] for n in range(1, len(branch.id) + 1))
        alone = len(branch.id) == 1 and kind(branch) == PLAIN
        if branch.stop is not None and (steps or alone):
            found.append((branch.stop, tokens))
    return found
