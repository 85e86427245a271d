"""The evidence model: what samples say for their answers, and how likely answers are right."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
from fakes import ask

from ttc_cli.core.branch import Branch, Prompt, Step
from ttc_cli.core.outcome import Outcome, Plan
from ttc_cli.core.programs import GREEDY_PROGRAM, PLAIN, PROGRAM, Ran
from ttc_cli.core.sampling import Stop
from ttc_cli.core.verify import Graded
from ttc_cli.voting.ballot import Ballot, confidence
from ttc_cli.voting.evidence import (
    BOUNDS,
    LIKELIHOOD,
    SCORE,
    TABLES,
    UNMEASURED,
    Evidence,
    Kind,
    evidence,
    measured,
)

PROMPT = Prompt((("What is 3 + 4?", True),))
NAME = "Qwen2.5 Coder 0.5B Instruct"
PLAN = Plan("self-consistency", "high", 16, 200)
ALL = list(TABLES.values())


class Probe:
    """Scores a branch by a number kept with it; none where there is none."""

    def live(self, branch: Branch) -> Graded:
        return Graded(branch.meta.get("score"))


def sample(number: int, answer: str, of: str = PLAIN, unsure: float = 9.0, score: float = 0.0,
           ) -> Branch:  # fmt: skip
    meta: dict[str, object] = {"kind": of}
    if of != PLAIN:
        meta["ran"] = Ran(answer)
    if score:
        meta["score"] = score
    step = Step(f"\\boxed{{{answer}}}", confidences=(unsure,) * 20)
    return Branch((number,), PROMPT, (step,), Stop.END, meta=meta)


@pytest.mark.parametrize("model", ALL)
def test_surer_samples_and_more_of_them_weigh_more(model: Evidence) -> None:
    known = replace(model, probe=Probe())
    for of in (GREEDY_PROGRAM, PROGRAM, PLAIN):
        sure = [sample(i, "7", of, 12.0, 0.9) for i in range(3)]
        unsure = [sample(i, "7", of, 3.0, 0.2) for i in range(3)]
        assert known.weight(sure[:1]) >= known.weight(unsure[:1]) >= 0
        assert known.weight(sure) > known.weight(sure[:1])
        unknown = Branch((0,), PROMPT, meta={"kind": of})
        assert known.weight([unknown]) == known.kinds[of].usual
        assert known.posterior([sure[:1]]) > known.posterior([unsure[:1]])


def test_kinds_that_agree_say_more_than_one_kind_twice() -> None:
    one, other = sample(0, "7", GREEDY_PROGRAM), sample(1, "7")
    again = sample(2, "7", PROGRAM)
    assert UNMEASURED.weight([one, other]) == pytest.approx(
        UNMEASURED.weight([one]) + UNMEASURED.weight([other])
    )
    larger = TABLES["qwen2.5-coder-1.5b"]
    two = larger.weight([again, again])
    assert larger.weight([again]) < two < 2 * larger.weight([again])


@pytest.mark.parametrize("model", ALL)
def test_a_program_says_less_that_leaves_a_number_out_or_does_the_same_again(
    model: Evidence,
) -> None:
    def program(number: int, of: str = PROGRAM, **how: object) -> Branch:
        branch = sample(number, "7", of)
        return replace(branch, meta={**branch.meta, "ran": Ran("7", **how)})  # type: ignore[arg-type]

    one, other = program(0, GREEDY_PROGRAM, sums="3 4 Add"), program(1, sums="2 3 Sub")
    same, less = program(1, sums="3 4 Add"), program(1, sums="2 3 Sub", left_out=("4",))
    assert model.weight([one, same]) <= model.weight([one, other])
    assert model.weight([one, same]) == model.weight([same, one])
    assert model.posterior([[one, less]]) <= model.posterior([[one, other]])
    assert model.weight([one]) < model.weight([one, same]) < model.weight([one, other])
    assert model.posterior([[less]]) < model.posterior([[other]])


@pytest.mark.parametrize("name", [LIKELIHOOD, SCORE])
@pytest.mark.parametrize("model", ALL)
def test_answers_that_are_likely_by_themselves_gain(model: Evidence, name: str) -> None:
    def told(value: float | None) -> float:
        branch = sample(0, "7", GREEDY_PROGRAM)
        known = {} if value is None else {name: value}
        return model.weight([replace(branch, meta={**branch.meta, **known})])

    usual, (least, most) = model.likely[[*BOUNDS].index(name)][1], BOUNDS[name]
    assert told(-50.0) == told(least) < told(usual) == told(None) < told(usual + 1)
    assert told(100.0) == told(min(most, 100.0))


def test_what_is_left_of_the_probability_is_for_none_of_them() -> None:
    assert UNMEASURED.posterior([]) == []
    classes: list[list[Branch]] = []
    for n in range(1, 6):
        classes.append([sample(10 * n + i, str(n)) for i in range(n)])
        found = UNMEASURED.posterior(classes)
        assert found == sorted(found)
        assert found[0] > 0
        assert math.fsum(found) < 1
    alone = UNMEASURED.posterior(classes[4:])[0]
    assert alone > found[4]  # others disagree


def test_a_probe_that_is_certain_breaks_nothing() -> None:
    known = replace(ALL[-1], probe=Probe())
    for score in (1.0, 1e-12):
        assert 0 < known.posterior([[sample(0, "7", score=score)]])[0] < 1


def test_a_vote_does_not_depend_on_the_order_of_samples() -> None:
    drawn = [sample(0, "7"), sample(1, "8", GREEDY_PROGRAM), sample(2, "7", unsure=4.0)]
    seen = set()
    for order in itertools.permutations(drawn):
        ballot = Ballot(ask(), UNMEASURED)
        ballot.take(order)
        seen.add((ballot.votes[0].answer, round(ballot.lead or 0, 9), ballot.agreement))
    assert len(seen) == 1


def test_agreement_is_a_count_whatever_the_weights() -> None:
    kinds = {PLAIN: Kind(1.0, (0.0, 1.0, 0.0), (0.0, -2.0, 0.0))}
    ballot = Ballot(ask(), replace(UNMEASURED, kinds=kinds))
    ballot.take([sample(0, "7", unsure=1.0), sample(1, "7", unsure=1.0), sample(2, "8")])
    assert ballot.votes[0].answer == "8"
    assert ballot.agreement == pytest.approx(1 / 3)


def test_of_another_model_long_thoughts_count_as_votes() -> None:
    def thought(number: int, answer: str, tokens: int) -> Branch:
        step = Step(f"\\boxed{{{answer}}}", confidences=(4.0,) * tokens)
        return Branch((number,), PROMPT, (step,), Stop.END)

    ballot = Ballot(ask(), UNMEASURED)
    ballot.take([thought(0, "7", 2000), thought(1, "7", 3000), thought(2, "8", 400)])
    assert ballot.votes[0].answer == "7"


def test_confidence_is_told_of_measured_models_and_computed_answers_alone() -> None:
    branch = sample(0, "7")
    alone = Outcome(branch, "7", branches=(branch,))
    sure = confidence(NAME, ask(), PLAN, alone)
    assert sure is not None
    assert 0 < sure < 1
    assert confidence("some other model", ask(), PLAN, alone) is None
    assert confidence(NAME, ask("fact"), PLAN, alone) is None
    assert confidence(NAME, ask(), PLAN, Outcome(None)) is None
    versions = Outcome(branch, "7", branches=(branch, sample(1, "7")))  # of one reply: no vote
    assert confidence(NAME, ask(), PLAN, versions) is None


def test_models_are_known_by_their_catalogue_name() -> None:
    assert measured(NAME) == "qwen2.5-coder-0.5b"
    assert measured("http://host/v1#qwen2.5-coder-1.5b-instruct") == "qwen2.5-coder-1.5b"
    assert measured("Qwen2.5 7B") is None
    asked = ask()
    other = replace(UNMEASURED, question=asked.text)
    assert evidence("Qwen2.5 7B", asked, PLAN) == other
    known = replace(TABLES[measured(NAME) or ""], question=asked.text)
    assert evidence(NAME, asked, PLAN) == known
    probe = Probe()
    assert evidence(NAME, asked, replace(PLAN, probe=probe)).probe is probe
