"""Which sequences are resident: those of live jobs, and idle ones kept for whoever comes next."""

from __future__ import annotations

from collections import OrderedDict

from ttc_cli.core.sampling import Stop
from ttc_cli.engine.llama.context import Context, Floats
from ttc_cli.engine.llama.job import Job
from ttc_cli.engine.llama.kv import PrefixTree

KEPT_TAILS = 8
"""Logits kept for the ends of prompts, so that branches submitted later need no decode."""
IDLE_ROWS = 4096
"""Rows that others may decode before an idle sequence is dropped. Every row looks at every cell,
its own or not: 0.6 to 1.3 us a cell, where evaluating it again takes 2 to 7 ms (0.5B, two cores).
So a cell that waits longer than this costs more than one that is evaluated twice."""
ENDED_ROWS = 1024
"""The same for a branch that ended by itself: it is seldom continued, and never soon."""


class Residents:
    """Sequences of one KV cache, found by content, evicted least recently used first.

    Args:
        memory: the KV cache.
        rewindable: whether sequences can be shared at any earlier point.
        sequences: how many sequence ids may be used.
    """

    def __init__(self, memory: Context, *, rewindable: bool, sequences: int) -> None:
        self.memory = memory
        self.tree = PrefixTree(rewindable=rewindable)
        self.free = list(range(sequences - 1, -1, -1))
        self.idle: OrderedDict[int, int] = OrderedDict()  # sequence: the row it is kept until
        self._rows = 0
        self._tails: OrderedDict[tuple[int, ...], Floats] = OrderedDict()

    @property
    def room(self) -> int:
        """Cells nobody holds, not even an idle sequence."""
        return self.memory.cells - self.tree.used

    def match(self, job: Job) -> tuple[int, int]:
        """The longest usable resident prefix of a job: (sequence, length).

        All of it only where the logits at its end are kept; else the last token is decoded
        again, which gives them.
        """
        source, length = self.tree.match(job.tokens)
        if length < len(job.tokens):
            return source, length
        if tuple(job.tokens) in self._tails and job.ending is None and not job.capture:
            return source, length
        return (source, length - 1) if self.tree.rewindable else (-1, 0)

    def place(self, job: Job, slack: int, *, alone: bool) -> bool:
        """Give a job a sequence and its shared prefix, if there is room.

        Args:
            slack: cells to leave for the other jobs to grow.
            alone: no other job is live, so any room at all will do.
        """
        source, length = self.match(job)
        if source in self.idle:
            self.idle.move_to_end(source)
            self._rest(source)
        if not self.free:
            if not self.idle:
                return False
            self._evict()
            if source not in self.tree:
                source, length = self.match(job)
        job.sequence = self.free.pop()
        if length:
            self.memory.copy(source, job.sequence, length)
        self.tree.open(job.sequence, source, length)
        need = len(job.tokens) - length + slack
        if not self.make_room(need) and not (alone and self.make_room(1)):
            self.release(job, keep=0)
            return False
        job.placed(length)
        return True

    def release(self, job: Job, keep: int) -> None:
        """Take a job's sequence back. Up to `keep` tokens stay resident for a while."""
        sequence, job.sequence = job.sequence, -1
        if sequence < 0:
            return
        length = self.tree.length(sequence)
        if keep < length and self.tree.rewindable:
            self.memory.cut(sequence, keep)
            self.tree.cut(sequence, keep)
            length = keep
        if keep == 0 or length == 0 or self.tree.own(sequence) == 0:
            self._drop(sequence)
        else:
            self._rest(sequence, ENDED_ROWS if job.stop is Stop.END else IDLE_ROWS)

    def decoded(self, rows: int) -> None:
        """So many rows were decoded; drops the sequences that nobody came for in time."""
        self._rows += rows
        for sequence in [s for s, until in self.idle.items() if until < self._rows]:
            del self.idle[sequence]
            self._drop(sequence)

    def make_room(self, cells: int) -> bool:
        """Evict idle sequences until so many cells are free; False when that is not enough."""
        while self.room < cells:
            if not self.idle:
                return False
            self._evict()
        return True

    def adopt(self, tokens: list[int], state: bytes, keep: int) -> bool:
        """Make the first `keep` of `tokens` resident, from the state of all of them.

        Nobody may be live. False where there is no room, or the state is refused.
        """
        if not self.free or not self.make_room(len(tokens)):
            return False
        sequence = self.free[-1]
        if not self.memory.set_state(sequence, state, len(tokens)):
            return False
        self.free.pop()
        self.memory.cut(sequence, keep)
        self.tree.open(sequence)
        self.tree.extend(sequence, tokens[:keep])
        self._rest(sequence)
        return True

    def keep_tails(self, jobs: list[Job], logits: Floats) -> None:
        """Remember the logits at the ends of freshly evaluated prompts."""
        for job, row in zip(jobs, logits, strict=True):
            if not job.candidates and not job.sampled:
                self._tails[key := tuple(job.tokens)] = row.copy()
                self._tails.move_to_end(key)
                if not self.tree.rewindable:
                    self._anchor(job)
        while len(self._tails) > KEPT_TAILS:
            self._tails.popitem(last=False)

    def tail(self, job: Job) -> Floats:
        """The kept logits after a job's tokens; only for a job that `match` matched whole."""
        self._tails.move_to_end(key := tuple(job.tokens))
        return self._tails[key]

    def clear(self) -> None:
        """Drop every idle sequence."""
        while self.idle:
            self._evict()

    def _anchor(self, job: Job) -> None:
        """Keep a copy of a prompt's end: recurrent state can be shared nowhere else."""
        if self.free:
            sequence = self.free.pop()
            self.memory.copy(job.sequence, sequence, job.done)
            self.tree.open(sequence, job.sequence, job.done)
            self._rest(sequence)

    def _rest(self, sequence: int, rows: int = IDLE_ROWS) -> None:
        self.idle[sequence] = self._rows + rows

    def _evict(self) -> None:
        self._drop(self.idle.popitem(last=False)[0])

    def _drop(self, sequence: int) -> None:
        self.memory.cut(sequence)
        self.tree.close(sequence)
        self.free.append(sequence)
