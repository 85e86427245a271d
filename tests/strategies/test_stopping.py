"""Stopping rules against brute force, and the drawing policy on a tiny synthetic pool."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from ttc_cli.core.branch import Prompt
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.errors import UsageError
from ttc_cli.core.events import end_of
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.options import deal
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Stop, uniform
from ttc_cli.engine.scripted import Line, Script, ScriptedEngine, split
from ttc_cli.strategies import self_consistency
from ttc_cli.strategies.self_consistency import Options
from ttc_cli.voting import stopping
from ttc_cli.voting.stopping import Standing, familiarity, further, gain

PROMPT = Prompt((("What is 3 + 4?", True),))


def standings(most: int) -> list[tuple[Standing, int]]:
    """Random small standings, each with samples left."""
    rng = random.Random(4)
    out = []
    for _ in range(150):
        counts = [rng.randrange(1, 4) for _ in range(rng.randrange(5))]
        out.append((Standing(tuple(counts), rng.randrange(3)), rng.randrange(1, most + 1)))
    return out


def test_familiarity_is_the_posterior_predictive_of_the_restaurant() -> None:
    """From the probability of whole sequences, table by table."""

    def probability(sequence: list[int], alpha: float) -> float:
        product, counts = 1.0, dict[int, int]()
        for n, table in enumerate(sequence):
            product *= (counts.get(table) or alpha) / (n + alpha)
            counts[table] = counts.get(table, 0) + 1
        return product

    for seen in ([0], [0, 0], [0, 1], [0, 1, 0, 2], [0, 0, 0, 0, 1], [0, 1, 2, 3, 4, 5]):
        before = sum(probability(seen, a) for a in stopping.CONCENTRATIONS)
        new = sum(probability([*seen, 99], a) for a in stopping.CONCENTRATIONS)
        assert familiarity(len(seen), len(set(seen))) == pytest.approx(1 - new / before)
    assert familiarity(0, 0) == 0.0
    assert familiarity(4, 1) > familiarity(4, 2) > familiarity(4, 4)


def brute_gain(standing: Standing, left: int) -> float:
    """Every sequence of the next samples, one by one."""

    def share(counts: tuple[int, ...], blank: int) -> float:
        n, classes = sum(counts) + blank, len(counts) + (blank > 0)
        return familiarity(n, classes) * max(counts, default=0) / n if n else 0.0

    def after(counts: tuple[int, ...], blank: int, left: int) -> float:
        if not left:
            return share(counts, blank)
        n, classes = sum(counts) + blank, len(counts) + (blank > 0)
        known = familiarity(n, classes)
        total = (1 - known) * after((*counts, 1), blank, left - 1)
        if blank:
            total += known * blank / n * after(counts, blank + 1, left - 1)
        for i, size in enumerate(counts):
            grown = (*counts[:i], size + 1, *counts[i + 1 :])
            total += known * size / n * after(grown, blank, left - 1)
        return total

    return after(standing.counts, standing.blank, left) - share(standing.counts, standing.blank)


def test_gain_is_what_all_sequences_give() -> None:
    for standing, left in standings(5):
        assert gain(standing, left) == pytest.approx(brute_gain(standing, left), abs=1e-12)


def test_gain_ignores_order_and_grows_with_what_is_left() -> None:
    for standing, left in standings(12):
        shuffled = Standing(tuple(reversed(standing.counts)), standing.blank)
        assert gain(shuffled, left) == gain(standing, left)
        assert gain(standing, left + 1) >= gain(standing, left) - 1e-12
        assert gain(standing, left) >= 0.0
    assert gain(Standing((3, 3)), 0) == 0.0


def test_the_rule_never_goes_on_when_nothing_can_change() -> None:
    for counts in itertools.product(range(1, 9), range(6), range(4)):
        seen = tuple(c for c in counts if c)
        for left in range(max(seen) - max((0, *sorted(seen)[:-1]))):
            assert gain(Standing(seen), left) == 0.0
            assert further(Standing(seen), left, 0.0) == 0


def test_further_is_the_shortest_way_to_a_stop() -> None:
    for standing, left in standings(10):
        votes = further(standing, left, 0.01)
        assert 0 <= votes <= left
        for fewer in range(votes):
            assert gain(standing.and_for_the_leader(fewer), left - fewer) > 0.01
        if votes < min(left, stopping.WAVE):
            assert gain(standing.and_for_the_leader(votes), left - votes) <= 0.01


def test_a_larger_loss_stops_no_later_and_agreement_stops_soon() -> None:
    for standing, left in standings(10):
        waits = [further(standing, left, loss) for loss in (0.0, 0.005, 0.01, 0.03, 0.1)]
        assert waits == sorted(waits, reverse=True)
    assert further(Standing((3,)), 13, 0.01) == 0
    assert further(Standing((2, 2)), 12, 0.01) > 0
    assert further(Standing(), 1, 0.01) == 1


def test_many_samples_and_many_classes_stay_quick() -> None:
    stopping._after.cache_clear()
    for counts in ((9, 9, 9, 8, 7), (1,) * 30, (5, 4, 3, 2, 1, 1, 1), tuple(range(1, 11))):
        further(Standing(counts, 2), 40, 0.01)
    assert stopping._after.cache_info().currsize < 60_000


@pytest.mark.parametrize("wrong", [{"width": "0"}, {"loss": "-1"}])
def test_wrong_options_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        deal([("self-consistency", Options)], wrong)


def script(agree: float) -> Script:
    """7 with probability `agree`, else one of many other answers, after some words."""

    def line(request: BranchRequest) -> Line:
        answer = 7 if uniform(request.seed, 0) < agree else int(uniform(request.seed, 1) * 50) + 10
        words = "well, " * (10 + int(uniform(request.seed, 2) * 30))
        return Line(split(f"{words}so \\boxed{{{answer}}}."))

    return line


def play(
    agree: float, seed: int, *, early_stop: bool = True, **options: Any
) -> tuple[Outcome, int]:
    run = Run(ScriptedEngine(script(agree)), ledger=Ledger(None), seed=seed)
    question = Question("What is 3 + 4?", "math", "number", lambda v, t: PROMPT)
    plan = Plan("self-consistency", "high", 16, branch_tokens=80, early_stop=early_stop)
    flow = self_consistency.solve(run, question, plan, Options(**options))
    return end_of(flow), run.ledger.usage.sampled


FORMS: dict[str, dict[str, Any]] = {
    "fixed": {"early_stop": False},
    "value": {},
}


def test_a_tiny_pool_keeps_its_accuracy_for_fewer_tokens() -> None:
    totals = dict.fromkeys(FORMS, 0)
    right = dict.fromkeys(totals, 0)
    for seed in range(60):
        agree = (0.2, 0.5, 0.9)[seed % 3]
        for name, options in FORMS.items():
            outcome, tokens = play(agree, seed, **options)
            totals[name] += tokens
            right[name] += outcome.answer == "7"
    assert totals["value"] < 0.75 * totals["fixed"]
    assert right["value"] >= right["fixed"] - 4  # of 60


def test_little_is_overdrawn_unless_asked() -> None:
    """Where all agree, at most one sample that was begun with the others is culled."""
    outcome, _ = play(1.0, 1)
    assert outcome.stopped == "vote-decided"
    assert sum(b.stop is Stop.CULLED for b in outcome.branches) <= 1
    wide, _ = play(1.0, 1, width=8)
    assert Stop.CULLED in {b.stop for b in wide.branches}
    assert outcome.answer == wide.answer == "7"


def test_the_plain_form_counts_plain_votes() -> None:
    outcome, _ = play(0.5, 2, early_stop=False)
    assert all(vote.weight == vote.count for vote in outcome.votes)
    assert len(outcome.branches) == 16


@pytest.mark.parametrize(
    ("counts", "left", "many"),
    [((), 4, 2), ((3, 1), 12, 2), ((2, 1), 13, 4), ((1, 1), 14, 7), ((1, 1, 1), 13, 7)],
)
def test_the_more_a_vote_is_split_the_more_are_begun_together(
    counts: tuple[int, ...], left: int, many: int
) -> None:
    standing = stopping.Standing(counts)
    assert stopping.together(standing, left, 0.01) == many
    assert stopping.further(standing, left, 0.01) <= many
    assert stopping.together(stopping.Standing((9, 1)), 4, 0.01) == 0
