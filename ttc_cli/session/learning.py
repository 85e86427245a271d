"""What a run teaches of speeds and lengths, from the engine's own counters: no work besides."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.session.estimate import key
from ttc_cli.store.speeds import Speeds

if TYPE_CHECKING:
    from ttc_cli.engine.host import Counters

LEAST_PREFILL, LEAST_DECODES = 0.05, 8
"""Seconds of prefill, and decodes of a width, below which a speed is mostly noise."""
WHOLE = ("complete", "vote-decided", "confident")


def learn(
    speeds: Speeds,
    question: Question,
    plan: Plan,
    outcome: Outcome,
    run: Run,
    spent: Counters,
    planned: float,
) -> None:
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
    """Tokens of the branches that came to their own end."""
    return [b.tokens_sampled for b in outcome.branches if b.stop is not None and b.stop.whole]
