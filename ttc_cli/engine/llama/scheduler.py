"""What the next decode holds: continuous batching over shared prefixes.

A step is one decode. Decodes of branches and prefill chunks are separate calls: a decode of 64
or more rows takes another attention kernel that computes every row against all branches' cells,
and hidden states are read from decodes of single tokens only.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ttc_cli.core.engine import Delta, Key
from ttc_cli.core.errors import EngineFailed
from ttc_cli.core.sampling import Stop
from ttc_cli.engine.host import Counters
from ttc_cli.engine.llama.context import MAX_OUTPUTS, Context, Row
from ttc_cli.engine.llama.job import Drawing, Job
from ttc_cli.engine.llama.kv import common_prefix
from ttc_cli.engine.llama.residents import Residents

SHARE_WORTH_WAITING = 16
"""A request waits for another's prefill when that saves it at least so many tokens."""
MIXED_CHUNK = 256
"""Prompt tokens in one chunk while branches are decoding, so that they do not stall long."""


class Scheduler:
    """Holds the live jobs and turns them into decodes, one a step.

    Args:
        memory: the KV cache and its decode call.
        rewindable: whether sequences can be shared at any earlier point.
        context: tokens that one branch may hold.
        sequences: sequence ids that may be used.
        width: given how many branches could decode, how many should (see Widths).
        chunk: most prompt tokens in one decode.
        is_end: whether a token ends the model's turn.
    """

    def __init__(
        self,
        memory: Context,
        *,
        rewindable: bool,
        context: int,
        sequences: int,
        width: Callable[[int], int],
        chunk: int,
        is_end: Callable[[int], bool],
    ) -> None:
        self.memory = memory
        self.residents = Residents(memory, rewindable=rewindable, sequences=sequences)
        self.waiting: list[Job] = []
        self.active: list[Job] = []
        self.counters = Counters()
        self.prefilling: tuple[Job, ...] = ()
        self._drawing = Drawing(context, is_end)
        self._width, self._chunk = width, chunk
        self._prefill_next = True

    # -- what the engine calls ------------------------------------------------------------

    def submit(self, job: Job) -> None:
        """Queue a job."""
        self.waiting.append(job)

    def cancel(self, key: Key) -> None:
        """Forget a job at once; unknown keys are ignored."""
        for job in [job for job in (*self.waiting, *self.active) if job.request.key == key]:
            (self.waiting if job in self.waiting else self.active).remove(job)
            job.finish(Stop.CANCELLED)
            self.residents.release(job, keep=job.n_prompt)

    @property
    def busy(self) -> bool:
        """Whether a step would do anything."""
        return bool(self.waiting or self.active)

    def step(self) -> list[tuple[Job, Delta]]:
        """One decode (or none, when kept logits suffice). DeltaFields in order of admission.

        Raises EngineFailed: llama.cpp refused a decode for good.
        """
        began = time.perf_counter()
        self._admit()
        ready = [job for job in self.active if job.pending == 0]
        for job in ready:
            self._drawing.advance([job], self.residents.tail(job)[None, :])
        if not ready:
            self._decode_some()
        news = [(job, d) for job in self.active if (d := job.delta()) is not None]
        for job in [job for job in self.active if job.stop is not None]:
            self.active.remove(job)
            self.residents.release(job, keep=len(job.tokens))
        self.counters.steps += 1
        self.counters.step_seconds += time.perf_counter() - began
        return news

    def close(self) -> None:
        """Drop every job and every resident sequence."""
        for job in [*self.waiting, *self.active]:
            job.finish(Stop.CANCELLED)
            self.residents.release(job, keep=0)
        self.waiting, self.active = [], []
        self.residents.clear()

    # -- admission ------------------------------------------------------------------------

    def _admit(self) -> None:
        limit = self._width(len(self.active) + len(self.waiting))
        for job in self.waiting:
            if len(self.active) >= limit:
                break
            if self._worth_waiting(job):
                continue
            if not self.residents.place(job, 16 * len(self.active), alone=not self.active):
                break
            self.active.append(job)
        self.waiting = [job for job in self.waiting if job.sequence < 0]

    def _worth_waiting(self, job: Job) -> bool:
        """Whether a prefill under way will soon give this job a longer prefix."""
        now = self.residents.match(job)[1]
        for other in self.active:
            if other.pending > 1:
                later = common_prefix(other.tokens, job.tokens)
                if not self.residents.tree.rewindable and later < len(other.tokens):
                    continue
                if min(later, len(job.tokens) - 1) - now >= SHARE_WORTH_WAITING:
                    return True
        return False

    # -- decoding -------------------------------------------------------------------------

    def _decode_some(self) -> None:
        prefilling = [job for job in self.active if job.pending > 1]
        decoding = [job for job in self.active if job.pending == 1]
        if prefilling and (self._prefill_next or not decoding):
            self._prefill_next = False
            self._prefill(prefilling, MIXED_CHUNK if decoding else self._chunk)
        elif decoding:
            self._prefill_next = True
            width = min(self._width(len(decoding)), MAX_OUTPUTS)
            self._run([(job, 1) for job in decoding[:width]], prefill=False)

    def _prefill(self, jobs: list[Job], budget: int) -> None:
        plan: list[tuple[Job, int]] = []
        for job in jobs[:MAX_OUTPUTS]:
            # A hidden state is read from a decode of single tokens: leave it the last one.
            n = min(job.pending - job.capture, budget)
            if n:
                plan.append((job, n))
                budget -= n
        self._run(plan, prefill=True)

    def _run(self, plan: list[tuple[Job, int]], *, prefill: bool) -> None:
        """Decode the next n tokens of each job and act on the logits at their ends."""
        plan = self._fit(plan)
        if not plan:
            return
        hidden = not prefill and any(job.capture for job, _ in plan)
        if not self._decode(plan, prefill=prefill, hidden=hidden):
            return
        for job, n in plan:
            self.residents.tree.extend(job.sequence, job.tokens[job.done : job.done + n])
            job.evaluated(n)
        ended = [job for job, _ in plan if job.pending == 0]
        if not ended:
            return
        logits = self.memory.logits(len(ended))
        for i, job in enumerate(ended):
            if hidden and job.capture:
                job.saw_hidden(self.memory.hidden(i))
        if prefill:
            self.residents.keep_tails(ended, logits)
        self._drawing.advance(ended, logits)

    def _decode(self, plan: list[tuple[Job, int]], *, prefill: bool, hidden: bool) -> bool:
        """One call of llama.cpp; False when it was interrupted and nothing was gained."""
        rows = [
            Row(job.tokens[at], at, job.sequence, at == len(job.tokens) - 1)
            for job, n in plan
            for at in range(job.done, job.done + n)
        ]
        if prefill:
            self.prefilling = tuple(job for job, _ in plan)
        began = time.perf_counter()
        code = self.memory.decode(rows, hidden=hidden, abortable=prefill)
        seconds = time.perf_counter() - began
        self.prefilling = ()
        if code == 2:
            self._undo([job for job, _ in plan])
            return False
        if code != 0:
            raise EngineFailed(
                f"llama.cpp refused a decode of {len(rows)} tokens (code {code})",
                "see llama.cpp's log; a smaller --ctx-size may help",
            )
        counters, n = self.counters, len(rows)
        counters.rows += n
        if prefill:
            counters.prefill_seconds += seconds
            counters.prefilled += n
        else:
            counters.decode_seconds += seconds
            tokens, total = counters.by_width.get(n, (0, 0.0))
            counters.by_width[n] = (tokens + n, total + seconds)
            self.residents.decoded(n)
        return True

    def _undo(self, jobs: list[Job]) -> None:
        """Back to before an interrupted decode. Recurrent state may be half new: start over."""
        for job in reversed(jobs):
            if self.residents.tree.rewindable:
                self.memory.cut(job.sequence, job.done)
            else:
                self._preempt(job)

    def _preempt(self, job: Job) -> None:
        """Let a job wait again, first in line; what it held is free."""
        self.active.remove(job)
        self.residents.release(job, keep=0)
        job.done = 0
        self.waiting.insert(0, job)

    def _fit(self, plan: list[tuple[Job, int]]) -> list[tuple[Job, int]]:
        """Make room for the plan: evict what is idle, then preempt the youngest."""
        while not self.residents.make_room(sum(n for _, n in plan)):
            youngest = self.active[-1]
            if len(self.active) == 1:
                spare = self.residents.room
                if spare == 0:
                    youngest.finish(Stop.CONTEXT)
                    return []
                return [(youngest, min(spare, plan[0][1]))]
            self._preempt(youngest)
            self.counters.preempted += 1
            plan = [(job, n) for job, n in plan if job is not youngest]
            if not plan:
                return []
        return plan
