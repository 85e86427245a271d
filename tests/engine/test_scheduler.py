"""The scheduler on a cache that forgives nothing: what it decides may never change a text."""

from __future__ import annotations

import random

import pytest
from scheduler_bench import LETTERS, bench, request, some_prompt, some_request

from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.sampling import Stop
from ttc_cli.engine.llama.context import Row
from ttc_cli.engine.llama.job import Job
from ttc_cli.engine.llama.residents import ENDED_ROWS, IDLE_ROWS
from ttc_cli.engine.tuning import Widths


@pytest.mark.parametrize("rewindable", [True, False])
def test_random_schedules_never_change_a_text(rewindable: bool) -> None:
    preempted = 0
    for number in range(200):
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
        asked: dict[int, tuple[BranchRequest, list[int], tuple[int, ...]]] = {}
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
    assert preempted > 40, "the schedules are meant to be tight"


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


@pytest.mark.parametrize(("rule", "rows"), [("ended", ENDED_ROWS), ("cut", IDLE_ROWS)])
def test_what_nobody_comes_for_gives_its_cells_back(rule: str, rows: int) -> None:
    """Every decoded row looks at every cell in use, so an idle one is not kept for ever."""
    b = bench(20_000, context=10_000)
    residents = b.scheduler.residents
    job = Job(request("gone", 0), [2, 3, 4, 5], 4, (), None, LETTERS)
    job.stop = Stop.END if rule == "ended" else Stop.LENGTH
    assert residents.place(job, 0, alone=True)
    held = [Row(token, at, job.sequence, False) for at, token in enumerate(job.tokens)]
    b.memory.decode(held, hidden=False, abortable=False)
    residents.tree.extend(job.sequence, job.tokens)
    residents.release(job, keep=4)
    residents.decoded(rows)
    assert residents.tree.used == 4, "somebody may still come"
    residents.decoded(1)
    assert residents.tree.used == 0
