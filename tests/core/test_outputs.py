from __future__ import annotations

from ttc_cli.core.sampling import Outputs


def test_two_wants_in_one_draw() -> None:
    assert Outputs(logprobs=True) | Outputs(certainty=True) == Outputs(
        logprobs=True, certainty=True
    )
    assert (Outputs(hidden="end") | Outputs(hidden="steps")).hidden == "steps"
    assert (Outputs(hidden="end") | Outputs()).hidden == "end"
