"""A reply with a wrong sum goes on from the right one."""

from __future__ import annotations

import pytest
from fakes import solve

from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.outcome import Plan
from ttc_cli.views.traces import traces

WRONG = "He has 3 + 4 = 8 pens. Twice that is 8 * 2 = 16: \\boxed{16}"
HEAD = "He has 3 + 4 = "
REST = " pens. Twice that is 7 * 2 = 14: \\boxed{14}"


def scripted(request: BranchRequest) -> str:
    said = "".join(step.text for step in request.prefix)
    return REST if said == f"{HEAD}7" else WRONG


def planned(samples: int = 2, **more: object) -> Plan:
    return Plan("self-consistency", "high", samples, 200, early_stop=False, **more)  # type: ignore[arg-type]


def test_what_a_sum_comes_to_is_put_in_the_replys_mouth() -> None:
    outcome, events, run = solve("self-consistency", scripted, planned())
    assert (outcome.answer, outcome.votes[0].count) == ("14", 2)
    assert outcome.branch is not None
    assert outcome.branch.text == f"{HEAD}7{REST}"
    assert [branch.id for branch in outcome.branches] == [(0, 0), (1, 0)]
    told = traces(events)
    assert all(told[branch.id].text == branch.text for branch in outcome.branches)
    assert told[0,].text == WRONG
    written = sum(trace.tokens for trace in told.values())
    assert run.ledger.usage.sampled == written  # what was thrown away is paid for


def test_it_can_be_turned_off() -> None:
    outcome, _, _ = solve("self-consistency", scripted, planned(), mend=False)
    assert outcome.answer == "16"


def test_a_model_that_errs_for_ever_is_let_be() -> None:
    outcome, _, run = solve("self-consistency", lambda _: "so 3 + 4 = 8: \\boxed{8}", planned(1))
    assert outcome.answer == "8"
    assert run.ledger.usage.sampled < 200


@pytest.mark.parametrize(
    "text", ["3 + 4 = 7: \\boxed{7}", "It is \\boxed{7}.", "x + 4 = 8 \\boxed{4}"]
)
def test_other_replies_are_drawn_once(text: str) -> None:
    seen: list[BranchRequest] = []

    def script(request: BranchRequest) -> str:
        seen.append(request)
        return text

    outcome, _, _ = solve("self-consistency", script, planned())
    assert len(seen) == len(outcome.branches) == 2


def test_a_reply_that_is_cut_off_after_its_sum_was_put_right_stands_as_it_was() -> None:
    outcome, _, run = solve("self-consistency", scripted, planned(1, budget=30))
    assert outcome.answer == "16"
    assert run.ledger.usage.sampled <= 30
