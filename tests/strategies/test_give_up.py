"""Giving up samples by the scores of their steps, which come while they are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from fakes import Fake, scores, solve

from ttc_cli.core.branch import Branch
from ttc_cli.core.errors import UsageError
from ttc_cli.core.outcome import Plan
from ttc_cli.core.sampling import Outputs, Stop
from ttc_cli.core.verify import Graded
from ttc_cli.verifiers.combine import Combined
from ttc_cli.verifiers.head import FEATURES, Head
from ttc_cli.verifiers.probe import Probe
from ttc_cli.voting.adaptive import StepScorePruner, lost

GOOD = "We add the three and the four.\n\nSo \\boxed{7}."
STRAY = "".join(f"We go astray for the {n}th time.\n\n" for n in range(8)) + "So \\boxed{9}."
STRATEGIES = ("best-of-n", "self-consistency")


@dataclass
class Watcher(Fake):
    """Scores each step as it comes: low on a way that goes astray."""

    outputs: Outputs = Outputs(hidden="steps")
    asked: int = 0

    def live(self, branch: Branch) -> Graded:
        self.asked += 1
        states = sum(len(step.marks) for step in branch.steps)
        steps = (0.1 if "astray" in branch.text else 0.9,) * states
        return Graded(steps[-1] if steps else None, steps=steps)


def watcher() -> Watcher:
    return Watcher(lambda text: Graded(0.9))


def mixed() -> Any:
    """Every other sample goes astray."""
    texts = iter([GOOD, STRAY] * 99)
    return lambda request: next(texts)


def plan(name: str, verifier: Any, samples: int = 8) -> Plan:
    return Plan(name, "high", samples, branch_tokens=200, early_stop=False, verifier=verifier)


def test_nothing_is_lost_before_half_way_or_before_one_has_ended() -> None:
    assert not lost((0.1,) * 9, (), 0.5)
    assert not lost((), (4,), 0.5)
    assert not lost((0.1,), (4,), 0.5)
    assert lost((0.9, 0.1), (4,), 0.5)
    assert not lost((0.1, 0.9), (4,), 0.5)  # it is the latest step that counts
    assert not lost((0.1, 0.1), (4, 6), 0.5)


@pytest.mark.parametrize("name", STRATEGIES)
def test_what_goes_astray_is_stopped_and_the_rest_answers(name: str) -> None:
    verifier = watcher()
    outcome, _, run = solve(name, mixed(), plan(name, Combined((verifier,))), give_up=0.3)
    assert outcome.answer == "7"
    stops = [branch.stop for branch in outcome.branches]
    assert stops.count(Stop.CULLED) == 4
    assert stops.count(Stop.END) == 4
    whole, _, without = solve(name, mixed(), plan(name, Combined((watcher(),))))
    assert [branch.stop for branch in whole.branches].count(Stop.CULLED) == 0
    assert run.ledger.usage.sampled < 0.6 * without.ledger.usage.sampled
    assert 8 <= verifier.asked <= 8 * 10  # once a step, not at every token


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_probe_scores_by_what_the_drawing_brought(name: str) -> None:
    """No text is evaluated a second time: only prompts are."""
    n = 8 + len(FEATURES)
    zero, one = np.zeros(n, np.float32), np.ones(n, np.float32)
    head = Head("scripted", zero, one, zero, bias=-3.0)
    verifier = Combined((Probe("probe:some", head),))
    outcome, _, run = solve(name, mixed(), plan(name, verifier), give_up=0.3)
    assert any(branch.stop is Stop.CULLED for branch in outcome.branches)
    assert run.ledger.usage.prefilled == 8 * 5  # the prompt's words


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("verifier", [None, scores({"7": 0.5}), Combined((scores({}),))])
def test_without_scores_while_writing_it_is_refused(name: str, verifier: Any) -> None:
    with pytest.raises(UsageError, match="while they are written"):
        solve(name, mixed(), plan(name, verifier), give_up=0.3)
    solve(name, mixed(), plan(name, verifier))


def test_another_sample_is_drawn_for_one_that_was_given_up() -> None:
    texts = iter([GOOD, *[STRAY] * 3, *[GOOD] * 9])
    chosen = Plan("self-consistency", "high", 8, branch_tokens=200, verifier=watcher())
    outcome, _, _ = solve("self-consistency", lambda r: next(texts), chosen, give_up=0.3)
    assert outcome.stopped == "vote-decided"
    assert outcome.answer == "7"
    assert outcome.votes[0].count > 1


def test_a_lost_policy_draws_nothing() -> None:
    rule = StepScorePruner(0.0, plan("best-of-n", None))
    assert rule.more([], []) == ()
    assert rule.cull([], []) == ()
