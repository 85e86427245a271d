"""What every engine says besides its text: scores, numbers a token, hidden states."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from kinds import STORY, Kind, ask, branch, finish, hear

from ttc_cli.core.branch import Step
from ttc_cli.core.engine import BranchRequest, Engine
from ttc_cli.core.errors import MissingCapability
from ttc_cli.core.sampling import Outputs, Stop, StopRule
from ttc_cli.core.steps import StepRule

SENTENCE = " one night in a cold sea they saw a light under the water and then a hand"


def score(key: Any, text: str) -> BranchRequest:
    return BranchRequest(
        key, STORY, StopRule(0), prefix=(Step(text),), candidates=(" the", " a", " x", "漢")
    )


def test_scores_do_not_depend_on_the_batch(kind: Kind, shared: Engine) -> None:
    texts = [SENTENCE[:n] for n in range(5, len(SENTENCE), 8 if kind.fast else 20)]
    alone = [ask(shared, score(("alone", text), text))[0].scores for text in texts]
    for i in range(8):
        shared.submit(branch(("other", i), 40, seed=i))
    said: dict[Any, Any] = {}
    hear(shared, said)
    for text in texts:
        shared.submit(score(("batch", text), text))
        hear(shared, said)
    finish(shared, [("batch", text) for text in texts], said)
    for i in range(8):
        shared.cancel(("other", i))
    for text, expected in zip(texts, alone, strict=True):
        assert said["batch", text].stop is Stop.SCORED
        assert said["batch", text].sampled == 0
        # kernels round by the shape of a batch, and the further from likely, the more it shows:
        # 0.48 nats at -10 were seen of a quantised model
        near = pytest.approx(expected, abs=kind.tolerance, rel=kind.tolerance / 2)
        assert said["batch", text].scores == near


def test_the_likelihood_of_a_text_is_that_of_its_words_in_turn(kind: Kind, shared: Engine) -> None:
    if "likelihood" not in shared.info.capabilities:
        pytest.skip("it reads no text")

    def read(begun: str, text: str) -> float:
        request = BranchRequest((begun, text), STORY, StopRule(0), prefix=(Step(begun),), read=text)
        (said,) = ask(shared, request)
        assert said.stop is Stop.SCORED
        assert said.sampled == 0
        assert not said.text
        return said.scores[0]

    words = (" they", " saw", " a", " light")
    apart = sum(read(" one night" + "".join(words[:n]), word) for n, word in enumerate(words))
    assert read(" one night", "".join(words)) == pytest.approx(apart, abs=4 * kind.tolerance)


def test_a_text_that_is_read_has_the_state_behind_it(kind: Kind, shared: Engine) -> None:
    if not {"likelihood", "hidden"} <= shared.info.capabilities:
        pytest.skip("it gives none")
    begun, text = Step(" one night"), " they saw a light"
    asked = BranchRequest("read", STORY, StopRule(0), prefix=(begun,), read=text)
    (plain,) = ask(shared, asked)
    (said,) = ask(shared, replace(asked, outputs=Outputs(hidden="end")))
    assert (said.stop, said.sampled, plain.hidden) == (Stop.SCORED, 0, ())
    assert said.scores == pytest.approx(plain.scores, abs=4 * kind.tolerance)
    (state,) = said.hidden
    if not kind.real:
        return  # made up of all that was asked
    outputs = Outputs(hidden="end")
    (whole,) = ask(shared, branch("whole", 0, prefix=(begun, Step(text)), outputs=outputs))
    assert close(whole.hidden[0], state, kind)


def test_numbers_come_one_a_token(shared: Engine) -> None:
    whole = "distribution" in shared.info.capabilities
    outputs = Outputs(logprobs=True, confidence=True, certainty=whole)
    for said in ask(shared, *(branch(i, 6, seed=i, outputs=outputs) for i in range(3))):
        assert len(said.logprobs) == len(said.confidences) == said.sampled
        assert len(said.certainties) == whole * said.sampled
        assert all(p <= 0 for p in said.logprobs)
        assert all(e >= 0 for e in said.certainties)
    (plain,) = ask(shared, branch("plain"))
    assert not plain.logprobs + plain.confidences + plain.certainties + plain.hidden


def test_hidden_states_are_those_of_the_text(kind: Kind, shared: Engine) -> None:
    if "hidden" not in shared.info.capabilities:
        pytest.skip("it gives none")
    for seed in range(3):
        (said,) = ask(shared, branch("said", 6, seed=seed, outputs=Outputs(hidden="end")))
        assert len(said.hidden) == 1
        turn = said.stop is Stop.END
        assert close(_state(shared, said.tokens, said.text, turn=turn), said.hidden[0], kind)


def test_hidden_states_at_steps(kind: Kind, shared: Engine) -> None:
    if "hidden" not in shared.info.capabilities:
        pytest.skip("it gives none")
    steps = StepRule(("\n\n", "e", " ", "a"), min_chars=1)
    for seed in range(4 if kind.fast else 1):
        rule = {"steps": steps, "seed": seed, "outputs": Outputs(hidden="steps")}
        (said,) = ask(shared, branch("said", 12, **rule))
        assert said.stop in (Stop.LENGTH, Stop.END), "marks do not stop it"
        if not kind.real or said.stop is Stop.END:
            assert said.hidden
            continue
        ends = sorted({*kind.marks(shared, said, steps), len(said.tokens)})
        assert len(said.hidden) == len(ends)
        for end, state in zip(ends, said.hidden, strict=True):
            assert close(_state(shared, said.tokens[:end], ""), state, kind)


def _state(engine: Engine, tokens: tuple[int, ...], text: str, *, turn: bool = False) -> Any:
    prefix = (Step(text, tokens),)
    outputs = Outputs(hidden="turn" if turn else "end")
    (said,) = ask(engine, branch("state", 0, prefix=prefix, outputs=outputs))
    assert (said.stop, said.sampled) == (Stop.LENGTH, 0)
    return said.hidden[0]


def close(a: Any, b: Any, kind: Kind) -> bool:
    assert len(a) == len(b)
    most = max(kind.tolerance, 1e-5) * max(1.0, *(abs(float(x)) for x in a))
    return all(abs(float(x - y)) <= most for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("outputs", [Outputs(hidden="end"), Outputs(certainty=True)])
def test_what_an_engine_lacks_is_refused(shared: Engine, outputs: Outputs) -> None:
    need = "hidden" if outputs.hidden else "distribution"
    if need in shared.info.capabilities:
        pytest.skip("it lacks nothing")
    with pytest.raises(MissingCapability, match=need):
        shared.submit(branch("asks for it", outputs=outputs))
