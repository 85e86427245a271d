from __future__ import annotations

from dataclasses import replace

from flows import PROMPT

from ttc_cli.core.engine import Request
from ttc_cli.core.sampling import StopRule, Want


def test_two_wants_in_one_draw() -> None:
    assert Want(logprobs=True) | Want(certainty=True) == Want(logprobs=True, certainty=True)
    assert (Want(confidence=True, top_k=5) | Want(confidence=True, top_k=9)).top_k == 5
    assert (Want() | Want(confidence=True, top_k=9)).top_k == 9
    assert (Want(hidden="end") | Want(hidden="steps")).hidden == "steps"
    assert (Want(hidden="end") | Want()).hidden == "end"


def test_samples_drawn_before_there_was_self_certainty_keep_their_names() -> None:
    request = Request(0, PROMPT, StopRule(9), want=Want(confidence=True))
    # A digest is made of the want as it prints.
    assert (
        repr(Want()) == "Want(logprobs=False, confidence=False, entropy=False, hidden='', top_k=20)"
    )
    request = Request(0, PROMPT, StopRule(9))
    certain = replace(request, want=Want(certainty=True))
    assert certain.digest("model") != request.digest("model")
