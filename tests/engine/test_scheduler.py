"""The scheduler on a cache that forgives nothing: what it decides may never change a text."""

from __future__ import annotations

import random
import zlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from fake_memory import MARK, VOCABULARY, FakeMemory, Letters, logits_after

from ttc_cli.core.branch import Prompt
from ttc_cli.core.engine import Delta, Request
from ttc_cli.core.errors import EngineFailed
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.sampling import Sampling, Stop, StopRule, Want
from ttc_cli.engine.calibration import Widths
from ttc_cli.engine.llama.job import Job
from ttc_cli.engine.llama.scheduler import Scheduler

LETTERS = Letters()
HOT = Sampling(1.0, min_p=0.0)


@dataclass
class Said:
    """What a job gave, put together from its deltas."""

    text: str = ""
    tokens: tuple[int, ...] = ()
    hidden: tuple[float, ...] = ()
    scores: tuple[float, ...] = ()
    logprobs: tuple[float, ...] = ()
    sampled: int = 0
    prefilled: int = 0
    shared: int = 0
    stop: Stop | None = None

    def hear(self, delta: Delta) -> None:
        assert self.stop is None, "a delta after the last one"
        self.text += delta.text
        self.hidden += tuple(float(h[0]) for h in delta.hidden)
        self.logprobs += delta.logprobs
        self.scores += delta.scores
        self.sampled += delta.sampled
        self.prefilled += delta.prefilled
        self.shared += delta.shared
        self.tokens, self.stop = delta.tokens or self.tokens, delta.stop

    @property
    def essence(self) -> tuple[object, ...]:
        return (
            self.text, self.tokens, self.hidden, self.scores, self.logprobs, self.sampled, self.stop,
        )


@dataclass
class Bench:
    """A scheduler on a fake cache, and everything it said."""

    memory: FakeMemory
    scheduler: Scheduler
    said: dict[object, Said] = field(default_factory=lambda: defaultdict(Said))

    def submit(self, request: Request, tokens: list[int], candidates: tuple[int, ...] = ()) -> None:
        self.scheduler.submit(Job(request, list(tokens), len(tokens), candidates, None, LETTERS))

    def step(self) -> None:
        for job, delta in self.scheduler.step():
            assert delta.key == job.request.key
            self.said[delta.key].hear(delta)
        residents = self.scheduler.residents
        assert residents.tree.used == self.memory.used, "cells counted wrongly"
        held = [job.sequence for job in self.scheduler.active] + list(residents._idle)
        assert len(set(held)) == len(held), "two jobs in one sequence"
        assert {*held, *residents._free} == set(range(len(held) + len(residents._free)))

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


def request(key: object, max_tokens: int = 10, **options: Any) -> Request:
    settings = {"sampling": HOT, "seed": zlib.crc32(repr(key).encode()), **options}
    return Request(key, Prompt(()), StopRule(max_tokens, loops=False), **settings)


def some_prompt(rng: random.Random, longest: int) -> list[int]:
    """Prompts that share long prefixes: a few stems, cut somewhere, and a tail."""
    stem = [2 + (i * rng.choice([5, 7])) % 20 for i in range(longest)]
    return stem[: rng.randrange(1, longest)] + [rng.randrange(2, 22) for _ in range(rng.randrange(4))]


def some_request(rng: random.Random, key: object, longest: int) -> Request:
    return Request(
        key,
        Prompt(()),
        StopRule(
            rng.randrange(14),
            strings=rng.choice([(), ("ab", "q")]),
            steps=rng.choice([(), ("\n",)]),
            loops=rng.random() < 0.5,
        ),
        sampling=rng.choice([HOT, Sampling(), Sampling(0.0)]),
        seed=rng.randrange(50),
        want=Want(logprobs=rng.random() < 0.3, hidden=rng.choice(["", "", "end", "steps"])),
    )


@pytest.mark.parametrize("rewindable", [True, False])
def test_random_schedules_never_change_a_text(rewindable: bool) -> None:
    preempted = 0
    for number in range(500):
        rng = random.Random(number)
        longest = rng.choice([10, 40])
        cells = longest + rng.randrange(5, 60)
        limits = {"context": rng.choice([cells, 1_000]), "cells": cells, "rewindable": rewindable}
        busy = bench(
            **limits,
            sequences=rng.randrange(4, 12),
            width=Widths(most=rng.randrange(1, 9)),
            chunk=rng.randrange(1, 30),
            aborts=rng.choice([0, 6]),
            rng=rng,
        )
        asked: dict[int, tuple[Request, list[int], tuple[int, ...]]] = {}
        cancelled = set()
        for key in range(rng.randrange(1, 14)):
            tokens = some_prompt(rng, longest)[: cells - 1]
            candidates = (3, 4) if rng.random() < 0.1 else ()
            asked[key] = (some_request(rng, key, longest), tokens, candidates)
            busy.submit(*asked[key])
            for _ in range(rng.choice([0, 0, 1, 5])):
                busy.step()
            if rng.random() < 0.2:
                gone = rng.randrange(key + 1)
                if busy.said[gone].stop is None:
                    cancelled.add(gone)
                busy.scheduler.cancel(gone)
                busy.scheduler.cancel(gone)
        busy.run()
        for key, job in asked.items():
            if key in cancelled:
                assert busy.said[key].stop is None
                continue
            alone = bench(**limits)
            alone.submit(*job)
            assert busy.said[key].essence == alone.run()[key].essence, f"schedule {number}"
        preempted += busy.scheduler.counters.preempted
        busy.close()
    assert preempted > 100, "the schedules are meant to be tight"


@pytest.mark.parametrize("rewindable", [True, False])
def test_a_prompt_of_many_branches_is_evaluated_once(rewindable: bool) -> None:
    b = bench(rewindable=rewindable)
    prompt = [2 + i % 20 for i in range(300)]
    for key in range(32):
        b.submit(request(key, 5), prompt)
    said = b.run()
    decoded = sum(max(0, s.sampled - 1) for s in said.values())
    assert sum(s.prefilled for s in said.values()) == 300
    assert sum(s.shared for s in said.values()) == 31 * 300
    assert b.memory.evaluated == 300 + decoded


def test_prompts_that_share_a_start_evaluate_it_once() -> None:
    b = bench()
    start = [2 + i % 20 for i in range(100)]
    tails = [[3, 3, 3], [4, 4], [3, 3, 5], [6]]
    for key, tail in enumerate(tails):
        b.submit(request(key, 0), start + tail)
    assert sum(s.prefilled for s in b.run().values()) <= 100 + sum(map(len, tails))


def test_what_is_resident_is_shared_with_later_questions() -> None:
    b = bench()
    prompt = [2 + i % 20 for i in range(100)]
    b.submit(request("a", 0), prompt)
    b.run()
    b.submit(request("b", 0), [*prompt, 5, 6, 7])
    b.submit(request("c", 0), prompt[:50])
    said = b.run()
    assert (said["b"].prefilled, said["b"].shared) == (3, 100)
    assert (said["c"].prefilled, said["c"].shared) == (1, 49), "the last one, for its logits"


@pytest.mark.parametrize("rewindable", [True, False])
def test_a_reply_goes_on_where_it_stopped(rewindable: bool) -> None:
    b = bench(rewindable=rewindable)
    prompt = [2 + i % 20 for i in range(60)]
    b.submit(request("whole", 12, seed=4), prompt)
    whole = b.run()["whole"]
    b.submit(request("first", 5, seed=4), prompt)
    first = b.run()["first"]
    b.submit(request("rest", 7, seed=4), [*prompt, *first.tokens])
    rest = b.run()["rest"]
    assert first.text + rest.text == whole.text
    assert rest.prefilled <= 1


def test_hidden_states_survive_preemption() -> None:
    """A branch that is put back just before its state is read must still give it."""
    for cells in range(45, 75):
        b = bench(cells)
        for key in range(3):
            rule = StopRule(12, steps=("\n",), loops=False)
            wish = Want(hidden="steps")
            prompt = [2 + key + i % 12 for i in range(14)]
            b.submit(Request(key, Prompt(()), rule, sampling=HOT, seed=key, want=wish), prompt)
        for said in b.run().values():
            assert said.stop is not None
            marks = [i for i, t in enumerate(said.tokens) if t == MARK and 0 < i < 11]
            assert len(said.hidden) >= len(marks) > -1
            assert said.hidden


def test_the_state_of_a_given_text() -> None:
    b = bench()
    text = [5, 6, 7, 8]
    for key in ("a", "b"):
        b.submit(request(key, 0, want=Want(hidden="end")), text)
    b.submit(request("after", 3, want=Want(hidden="end")), text)
    said = b.run()
    assert said["a"].hidden == said["b"].hidden
    assert len(said["a"].hidden) == 1
    b.submit(request("again", 0, want=Want(hidden="end")), [*text, *said["after"].tokens])
    if said["after"].stop is Stop.LENGTH:
        assert b.run()["again"].hidden == said["after"].hidden


def test_max_tokens_and_the_ledger_are_exact() -> None:
    b = bench()
    ledger = Ledger(25)
    for key in range(6):
        b.submit(request(key, 7, ledger=ledger), [2, 3, key + 2])
    said = b.run()
    assert ledger.spent == sum(s.sampled for s in said.values()) == 25
    assert max(s.sampled for s in said.values()) <= 7
    assert {s.stop for s in said.values()} <= {Stop.LENGTH, Stop.BUDGET, Stop.END}


def test_a_width_of_hundreds_stays_below_the_slow_kernel() -> None:
    b = bench(8_000, width=Widths(most=500))
    for key in range(90):
        b.submit(request(key, 3), [2 + key % 20, 2 + key // 20, 5])
    assert len(b.run()) == 90


def test_the_whole_cache_full_of_one_branch_is_its_end() -> None:
    b = bench(30)
    b.submit(request("a", 500, sampling=Sampling(0.0)), [2] * 10)
    said = b.run()["a"]
    assert said.stop in (Stop.CONTEXT, Stop.END)
    assert b.memory.used <= 30


def test_grown_branches_take_each_others_place() -> None:
    b = bench(60)
    for key in range(30):
        b.submit(request(key, 45), [2 + key % 20] * 10)
    said = b.run()
    assert b.scheduler.counters.preempted
    assert {s.stop for s in said.values()} <= {Stop.LENGTH, Stop.END}


def test_a_cancelled_prefill_frees_its_cells() -> None:
    b = bench(chunk=10)
    b.submit(request("a"), [2] * 100)
    b.step()
    b.scheduler.cancel("a")
    assert not b.scheduler.busy
    b.scheduler.residents.clear()
    assert b.memory.used == 0


def test_a_refused_decode_is_the_engines_end() -> None:
    b = bench()
    b.submit(request("a"), [2, 3, 4])
    b.memory.decode = lambda *_, **__: -3  # type: ignore[method-assign]
    with pytest.raises(EngineFailed):
        b.scheduler.step()
    b.scheduler.close()


def test_a_dead_end_of_a_grammar_fails_its_branch_alone() -> None:
    class Nothing:
        def allows(self, token: int) -> bool:
            return False

        def mask(self, logits: Any) -> Any:
            return logits * 0 - float("inf")

        def accept(self, token: int) -> None:
            raise AssertionError("llama.cpp would abort the process")

        def close(self) -> None:
            pass

    b = bench()
    b.scheduler.submit(Job(request("a"), [2, 3], 2, (), Nothing(), LETTERS))
    b.submit(request("b", 3), [2, 3])
    said = b.run()
    assert said["a"].stop is Stop.FAILED
    assert said["b"].stop in (Stop.LENGTH, Stop.END)


def test_grammar_draws_follow_the_masked_distribution() -> None:
    """Chi-square over 3 tokens, 2 degrees of freedom: above 28 once in a million times."""

    class Some:
        allowed = (21, 22, 23)

        def allows(self, token: int) -> bool:
            return token in self.allowed

        def mask(self, logits: Any) -> Any:
            out = logits * 0 - float("inf")
            out[list(self.allowed)] = logits[list(self.allowed)]
            return out

        def accept(self, token: int) -> None:
            assert token in self.allowed

        def close(self) -> None:
            pass

    b = bench(8_000)
    n = 3_000
    counts = np.zeros(VOCABULARY)
    for key in range(n):
        job = Job(request(key, 1), [2, 3], 2, (), Some(), LETTERS)
        b.scheduler.submit(job)
    for said in b.run().values():
        counts[said.tokens[0]] += 1
    logits = logits_after(hash((hash((0, 2)), 3)))[list(Some.allowed)].astype(float)
    expected = np.exp(logits) / np.exp(logits).sum() * n
    assert ((counts[list(Some.allowed)] - expected) ** 2 / expected).sum() < 28
