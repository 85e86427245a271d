"""What a run teaches of speeds and lengths, from the engine's own counters: no work besides."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.programs import PLAIN, kind
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Stop
from ttc_cli.session.estimate import key
from ttc_cli.store.speeds import Speeds

if TYPE_CHECKING:
    from ttc_cli.engine.host import Counters

LEAST_PREFILL, LEAST_DECODES = 0.05, 8
"""Seconds of prefill, and decodes of a width, below which a speed is mostly noise."""
WHOLE = ("complete", "vote-decided", "confident")
LEFT_ALONE = (Stop.END, Stop.STRING, Stop.LENGTH, Stop.LOOP, Stop.CONTEXT)
"""Why a line stops that neither the run's limits nor other lines have stopped."""


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
