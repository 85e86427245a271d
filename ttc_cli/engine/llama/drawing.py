"""From logits to what happens next: each job is scored, finished, or given its next token."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ttc_cli.core.sampling import Stop
from ttc_cli.core.seeds import uniform
from ttc_cli.engine.llama import sampler
from ttc_cli.engine.llama.context import Floats
from ttc_cli.engine.llama.job import Job
from ttc_cli.engine.text import LOOP_CHECK_EVERY, loops

SECOND_DRAW = 0x5851F42D4C957F2D
"""Mixed into the seed where a grammar refused the first draw: with the same number again, the
tokens that follow the refused one in the vocabulary would never come up."""


class Drawing:
    """Acts on the logits at the ends of jobs.

    Args:
        context: tokens that one branch may hold.
        is_end: whether a token ends the model's turn.
    """

    def __init__(self, context: int, is_end: Callable[[int], bool]) -> None:
        self._context = context
        self._is_end = is_end

    def advance(self, jobs: list[Job], logits: Floats) -> None:
        """Score, finish, or draw the next token of jobs whose last logits are here.

        Args:
            logits: shape (jobs, vocabulary).
        """
        drawing: list[tuple[Job, Floats]] = []
        for job, row in zip(jobs, logits, strict=True):
            if job.ending is not None:
                job.finish(job.ending)
            elif job.candidates:
                job.scored(sampler.log_softmax_at(row, job.candidates))
            elif job.unread:
                job.read(*sampler.log_softmax_at(row, (job.unread[0],)))
            elif (stop := self._may_draw(job)) is not None:
                job.finish(stop)
            else:
                drawing.append((job, row))
        if not drawing:
            return
        matrix = logits if len(drawing) == len(jobs) else np.stack([row for _, row in drawing])
        tokens = sampler.draw(
            matrix,
            [job.request.sampling for job, _ in drawing],
            [uniform(job.request.seed, len(job.tokens)) for job, _ in drawing],
        )
        for (job, row), token in zip(drawing, tokens, strict=True):
            self._append(job, row, token)

    def _may_draw(self, job: Job) -> Stop | None:
        if job.sampled >= job.request.stop.max_tokens:
            return Stop.LENGTH
        if len(job.tokens) >= self._context:
            return Stop.CONTEXT
        ledger = job.request.ledger
        return None if ledger is None or ledger.take() else Stop.BUDGET

    def _append(self, job: Job, row: Floats, token: int) -> None:
        if job.grammar is not None:
            allowed = self._allowed(job, row, token)
            if allowed is None:
                job.finish(Stop.FAILED, "no token of this model can follow in the grammar")
                return
            token = allowed
        outputs = job.request.outputs
        stats = sampler.measure(row, token, outputs) if outputs.per_token else None
        stop = job.take(token, stats, ends=self._is_end(token))
        if stop is Stop.STEP:
            job.capture = bool(outputs.hidden)
            stop = None if outputs.hidden == "steps" else Stop.STEP
        if stop is None:
            stop = self._spent(job)
        if stop is None:
            return
        if outputs.hidden:
            job.ending, job.capture = stop, True  # one more decode reads the last token's state
        else:
            job.finish(stop)

    @staticmethod
    def _allowed(job: Job, row: Floats, token: int) -> int | None:
        """The token, or another draw among those that the grammar takes; None if there is none."""
        grammar = job.grammar
        assert grammar is not None
        if not grammar.allows(token):
            masked = grammar.mask(row)
            if not np.isfinite(masked.max()):
                return None
            u = uniform(job.request.seed ^ SECOND_DRAW, len(job.tokens))
            token = sampler.draw(masked[None, :], [job.request.sampling], [u])[0]
        grammar.accept(token)
        return token

    @staticmethod
    def _spent(job: Job) -> Stop | None:
        rule = job.request.stop
        if job.sampled >= rule.max_tokens:
            return Stop.LENGTH
        if rule.loops and job.sampled % LOOP_CHECK_EVERY == 0 and loops(job.tokens[job.n_given :]):
            return Stop.LOOP
        return None
