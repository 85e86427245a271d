"""What agreement is a share of, and when a vote is decided."""

from __future__ import annotations

import pytest
from fakes import ask

from ttc_cli.core.branch import Branch, Prompt, Step
from ttc_cli.core.outcome import Outcome, Votes
from ttc_cli.core.sampling import Stop
from ttc_cli.voting.ballot import Ballot
from ttc_cli.voting.fields import by_field

PROMPT = Prompt((("What is 3 + 4?", True),))


def branches(*said: tuple[str, Stop]) -> list[Branch]:
    return [Branch((i,), PROMPT, (Step(text),), stop=stop) for i, (text, stop) in enumerate(said)]


def ballot_of(*said: tuple[str, Stop]) -> Ballot:
    ballot = Ballot(ask())
    ballot.take(branches(*said))
    return ballot


SEVEN, BLANK = "\\boxed{7}", "I cannot tell."


@pytest.mark.parametrize(
    ("said", "agreement", "answered", "settled"),
    [
        ([(SEVEN, Stop.END)] * 3, 1.0, (3, 3), True),
        ([(SEVEN, Stop.END), (BLANK, Stop.END), (BLANK, Stop.END)], 1 / 3, (1, 3), False),
        ([(SEVEN, Stop.END)] * 2 + [("so \\boxed{8}", Stop.LENGTH)], 2 / 3, (2, 3), True),
        ([(SEVEN, Stop.END), ("\\boxed{8}", Stop.END)], 1 / 2, (2, 2), False),
        ([(SEVEN, Stop.END), ("\\boxed{8}", Stop.FAILED)], 1 / 2, (1, 2), False),
        ([(SEVEN, Stop.END), ("so", Stop.CULLED)], 1.0, (1, 1), True),
    ],
)
def test_agreement_counts_every_sample(
    said: list[tuple[str, Stop]], agreement: float, answered: tuple[int, int], settled: bool
) -> None:
    ballot = ballot_of(*said)
    assert ballot.agreement == pytest.approx(agreement)
    assert ballot.answered == answered
    assert ballot.settled is settled
    event = ballot.event()
    assert (event.answered, event.counted) == answered


def test_votes_name_the_rules_that_found_them() -> None:
    ballot = ballot_of((SEVEN, Stop.END), ("The answer is 7.", Stop.END), (SEVEN, Stop.END))
    assert [(vote.count, vote.rules) for vote in ballot.votes] == [(3, ("boxed", "phrase"))]


class Anything:
    """A form that takes every object."""

    def grammar(self, said: str = "") -> str:
        return ""

    def valid(self, text: str) -> str | None:
        return text

    def closing(self, text: str) -> str | None:
        return None


def test_fields_do_not_count_votes_that_weigh_nothing() -> None:
    votes = (Votes('{"a": 1}', 1, 0.9), Votes('{"a": 2}', 3, 0.0))
    outcome = Outcome(
        branches(("{}", Stop.END))[0], '{"a": 1}', votes, 1.0,
        branches=tuple(branches(*[("{}", Stop.END)] * 4)),
    )  # fmt: skip
    found = by_field(outcome, Anything())
    assert (found.answer, found.agreement) == ('{"a": 1}', 1.0)
