"""A scheduler on a fake cache, and what its jobs said."""

from __future__ import annotations

import random
import zlib
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Any

import kinds
from fake_memory import FakeMemory, Letters

from ttc_cli.core.branch import Prompt
from ttc_cli.core.engine import BranchRequest, Delta
from ttc_cli.core.sampling import Outputs, Sampling, StopRule
from ttc_cli.core.steps import StepRule
from ttc_cli.engine.llama.job import Job
from ttc_cli.engine.llama.scheduler import Scheduler
from ttc_cli.engine.tuning import Widths

LETTERS = Letters()
HOT = Sampling(1.0, min_p=0.0)


class Said(kinds.Said):
    """What a job gave, its hidden states as their first numbers."""

    def hear(self, delta: Delta) -> None:
        super().hear(replace(delta, hidden=tuple(float(state[0]) for state in delta.hidden)))

    @property
    def essence(self) -> tuple[object, ...]:
        return (
            (self.text, self.tokens, self.stop, self.sampled),
            (self.hidden, self.scores, self.logprobs),
        )


@dataclass
class Bench:
    """A scheduler on a fake cache, and everything it said."""

    memory: FakeMemory
    scheduler: Scheduler
    said: dict[object, Said] = field(default_factory=lambda: defaultdict(Said))

    def submit(
        self, request: BranchRequest, tokens: list[int], candidates: tuple[int, ...] = ()
    ) -> None:
        self.scheduler.submit(Job(request, list(tokens), len(tokens), candidates, None, LETTERS))

    def step(self) -> None:
        for job, delta in self.scheduler.step():
            assert delta.key == job.request.key
            self.said[delta.key].hear(delta)
        residents = self.scheduler.residents
        assert residents.tree.used == self.memory.used, "cells counted wrongly"
        held = [job.sequence for job in self.scheduler.active] + list(residents.idle)
        assert len(set(held)) == len(held), "two jobs in one sequence"
        assert {*held, *residents.free} == set(range(len(held) + len(residents.free)))

    def run(self) -> dict[object, Said]:
        for _ in range(20_000):
            if not self.scheduler.busy:
                return self.said
            self.step()
        raise AssertionError("the scheduler does not come to an end")

    def close(self) -> None:
        self.scheduler.close()
        assert not self.memory.used
        assert not self.memory.sequences
        assert self.scheduler.residents.tree.used == 0


def bench(cells: int = 1_000, *, context: int = 1_000, **options: Any) -> Bench:
    memory_options = {k: options.pop(k) for k in ("rewindable", "aborts", "rng") if k in options}
    memory = FakeMemory(cells, **memory_options)
    settings = {"sequences": 96, "width": Widths(), "chunk": 512, **options}
    scheduler = Scheduler(
        memory, rewindable=memory.rewindable, context=context, is_end=LETTERS.is_end, **settings
    )
    return Bench(memory, scheduler)


def request(key: object, max_tokens: int = 10, **options: Any) -> BranchRequest:
    settings = {"sampling": HOT, "seed": zlib.crc32(repr(key).encode()), **options}
    return BranchRequest(key, Prompt(()), StopRule(max_tokens, loops=False), **settings)


def some_prompt(rng: random.Random, longest: int) -> list[int]:
    """Prompts that share long prefixes: a few stems, cut somewhere, and a tail."""
    stem = [2 + (i * rng.choice([5, 7])) % 20 for i in range(longest)]
    tail = [rng.randrange(2, 22) for _ in range(rng.randrange(4))]
    return stem[: rng.randrange(1, longest)] + tail


def some_request(rng: random.Random, key: object, longest: int) -> BranchRequest:
    return BranchRequest(
        key,
        Prompt(()),
        StopRule(
            rng.randrange(14),
            strings=rng.choice([(), ("ab", "q")]),
            steps=rng.choice([None, StepRule(("\n",), min_chars=1)]),
            loops=rng.random() < 0.5,
        ),
        sampling=rng.choice([HOT, Sampling(), Sampling(0.0)]),
        seed=rng.randrange(50),
        outputs=Outputs(logprobs=rng.random() < 0.3, hidden=rng.choice(["", "", "end", "steps"])),
    )
