from __future__ import annotations

from dataclasses import replace

from flows import PROMPT

from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.sampling import Outputs, StopRule


def test_two_wants_in_one_draw() -> None:
    assert Outputs(logprobs=True) | Outputs(certainty=True) == Outputs(
        logprobs=True, certainty=True
    )
    assert (Outputs(confidence=True, top_k=5) | Outputs(confidence=True, top_k=9)).top_k == 5
    assert (Outputs() | Outputs(confidence=True, top_k=9)).top_k == 9
    assert (Outputs(hidden="end") | Outputs(hidden="steps")).hidden == "steps"
    assert (Outputs(hidden="end") | Outputs()).hidden == "end"


def test_samples_drawn_before_there_was_self_certainty_keep_their_names() -> None:
    request = BranchRequest(0, PROMPT, StopRule(9), outputs=Outputs(confidence=True))
    # A digest is made of the outputs as they print.
    assert (
        repr(Outputs())
        == "Outputs(logprobs=False, confidence=False, entropy=False, hidden='', top_k=20)"
    )
    request = BranchRequest(0, PROMPT, StopRule(9))
    certain = replace(request, outputs=Outputs(certainty=True))
    assert certain.digest("model") != request.digest("model")
