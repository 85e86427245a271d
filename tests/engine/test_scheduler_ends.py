"""How jobs end: limits, preemption, cancellation, grammars and hidden states."""

from __future__ import annotations

from typing import Any

import numpy as np
from fake_memory import MARK, VOCABULARY, logits_after
from scheduler_bench import HOT, LETTERS, bench, request

from ttc_cli.core.branch import Prompt
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.sampling import Outputs, Sampling, Stop, StopRule
from ttc_cli.core.steps import StepRule
from ttc_cli.engine.llama.job import Job
from ttc_cli.engine.tuning import Widths


def test_hidden_states_survive_preemption() -> None:
    """A branch that is put back just before its state is read must still give it."""
    for cells in range(45, 75):
        b = bench(cells)
        for key in range(3):
            rule = StopRule(12, steps=StepRule(("\n",), min_chars=1), loops=False)
            wish = Outputs(hidden="steps")
            prompt = [2 + key + i % 12 for i in range(14)]
            b.submit(
                BranchRequest(key, Prompt(()), rule, sampling=HOT, seed=key, outputs=wish), prompt
            )
        for said in b.run().values():
            assert said.stop is not None
            marks = [i for i, t in enumerate(said.tokens) if t == MARK and 0 < i < 11]
            assert len(said.hidden) >= len(marks) > -1
            assert said.hidden


def test_the_state_of_a_given_text() -> None:
    b = bench()
    text = [5, 6, 7, 8]
    for key in ("a", "b"):
        b.submit(request(key, 0, outputs=Outputs(hidden="end")), text)
    b.submit(request("after", 3, outputs=Outputs(hidden="end")), text)
    said = b.run()
    assert said["a"].hidden == said["b"].hidden
    assert len(said["a"].hidden) == 1
    b.submit(request("again", 0, outputs=Outputs(hidden="end")), [*text, *said["after"].tokens])
    if said["after"].stop is Stop.LENGTH:
        assert b.run()["again"].hidden == said["after"].hidden


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


def test_a_cancelled_prefill_frees_its_cells() -> None:
    b = bench(chunk=10)
    b.submit(request("a"), [2] * 100)
    b.step()
    b.scheduler.cancel("a")
    assert not b.scheduler.busy
    b.scheduler.residents.clear()
    assert b.memory.used == 0


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
