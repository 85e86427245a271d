"""What a finished run teaches of speeds and lengths, and what it does not."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from ttc_cli.core.branch import Branch, Prompt, Step
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.sampling import Stop
from ttc_cli.engine.host import Counters
from ttc_cli.session.effort import key, learn, whole_lengths
from ttc_cli.store.speeds import Speeds

PROMPT = Prompt((("What?", False),))
QUESTION = Question("What?", "math", None, lambda variant, think: PROMPT)
PLAN = Plan("direct", "low", 1, 1000)
KIND = key(QUESTION, PLAN)


def drawn(tokens: int, stop: Stop = Stop.END, number: int = 0) -> Branch:
    return Branch((number,), PROMPT, (Step("x"),), stop, tokens)


def taught(
    spent: Counters,
    *branches: Branch,
    stopped: str = "complete",
    reused: int = 0,
    seconds: float = 10.0,
    speeds: Speeds | None = None,
) -> Speeds:
    """The speeds after a run of so many seconds that sampled what its branches hold."""
    speeds = speeds or Speeds()
    ledger = Ledger(None)
    ledger.usage.sampled = sum(branch.tokens_sampled for branch in branches)
    run: Any = SimpleNamespace(ledger=ledger, reused=reused)
    outcome = Outcome(branches[0] if branches else None, branches=branches, stopped=stopped)
    learn(speeds, QUESTION, PLAN, outcome, run, spent, time.monotonic() - seconds)
    return speeds


def test_a_run_teaches_its_speeds_its_length_and_its_pace() -> None:
    spent = Counters(prefilled=512, prefill_seconds=2.0, by_width={1: (100, 4.0)})
    speeds = taught(spent, drawn(100))
    assert speeds.prefill == {512: 256.0}
    assert speeds.decode == {1: 25.0}
    assert speeds.answer == {"math": 100.0}
    ((tokens, pace),) = speeds.runs[KIND]
    assert tokens == 100
    assert pace == pytest.approx(100 / 8.0, rel=0.05), "the prompt's seconds do not count"


def test_what_is_mostly_noise_teaches_nothing() -> None:
    spent = Counters(prefilled=5, prefill_seconds=0.01, by_width={4: (12, 0.5), 2: (16, 0.0)})
    speeds = taught(spent)
    assert (speeds.prefill, speeds.decode, speeds.answer, speeds.runs) == ({}, {}, {}, {})


def test_only_replies_that_came_to_their_own_end_tell_how_long_one_is() -> None:
    cut = [drawn(900, stop, n) for n, stop in enumerate((Stop.LENGTH, Stop.BUDGET, Stop.TIME), 2)]
    branches = (drawn(100), drawn(200, number=1), *cut)
    assert whole_lengths(Outcome(branches[0], branches=branches)) == [100, 200]
    speeds = taught(Counters(by_width={1: (3000, 100.0)}), *branches, stopped="tokens")
    assert speeds.answer == {"math": 150.0}


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"stopped": "tokens"}, "it was cut: the whole would have taken longer"),
        ({"stopped": "interrupted"}, "it was cut"),
        ({"reused": 1}, "a sample that was kept costs no time"),
        ({"seconds": 0.0}, "no time passed"),
    ],
)
def test_a_run_that_is_no_measure_leaves_no_pace(how: dict[str, Any], why: str) -> None:
    spent = Counters(prefilled=512, prefill_seconds=2.0, by_width={1: (100, 4.0)})
    speeds = taught(spent, drawn(100), **how)
    assert speeds.runs == {}, why
    assert speeds.decode == {1: 25.0}, "the engine's own figures hold all the same"


def test_a_run_that_shared_its_engine_leaves_no_pace() -> None:
    shared = Counters(by_width={1: (100, 4.0), 2: (200, 4.0)})
    assert taught(shared, drawn(100)).runs == {}
    alone = Counters(by_width={1: (104, 4.0)})  # a token or so is drawn behind an end
    assert taught(alone, drawn(100)).runs != {}


def test_runs_are_mixed_in() -> None:
    speeds = taught(Counters(by_width={1: (100, 4.0)}), drawn(100))
    taught(Counters(by_width={1: (200, 4.0)}), drawn(200), speeds=speeds)
    assert 25.0 < speeds.decode[1] < 50.0
    assert 100.0 < speeds.answer["math"] < 200.0
    assert [tokens for tokens, _ in speeds.runs[KIND]] == [100, 200]
