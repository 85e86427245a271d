"""A prompt's cells leave one engine as bytes and serve another as if it had evaluated them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kinds import ask

from ttc_cli.core.branch import Prompt
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.sampling import StopRule
from ttc_cli.engine.llama.engine import LlamaEngine

DOCUMENT = "The men saw a light under the water. " * 12
FIRST = Prompt(((DOCUMENT + "Who saw it?", False),))
SECOND = Prompt(((DOCUMENT + "What did they see then?", False),))
WORDS = (" the", " a", " of")

Make = Callable[..., LlamaEngine]


@pytest.fixture
def make(tiny: Path) -> Iterator[Make]:
    made: list[LlamaEngine] = []

    def one(path: Path = tiny, cells: int = 1024) -> LlamaEngine:
        made.append(LlamaEngine(path, cells=cells, threads=1, sha256="tiny"))
        return made[-1]

    yield one
    for engine in made:
        engine.close()


def scores(engine: LlamaEngine, prompt: Prompt, key: str = "k") -> tuple[float, ...]:
    (said,) = ask(engine, BranchRequest(key, prompt, StopRule(0), candidates=WORDS))
    return said.scores


def kept(engine: LlamaEngine) -> tuple[list[int], bytes]:
    """What is saved of the first prompt once an engine has evaluated it."""
    scores(engine, FIRST)
    saved = engine.states.save(tokens := engine.tokens.prompt(FIRST))
    assert saved is not None
    length, state = saved
    assert length == len(tokens)
    return tokens, state.tobytes()


def test_another_engine_goes_on_from_the_bytes(make: Make) -> None:
    tokens, state = kept(make())
    shared = next(
        n
        for n, (a, b) in enumerate(zip(tokens, make().tokens.prompt(SECOND), strict=False))
        if a != b
    )
    cold, warm = make(), make()
    assert warm.states.restore(tokens, state, shared)
    assert warm.states.resident(tokens) == shared
    (said,) = ask(warm, BranchRequest("k", SECOND, StopRule(0), candidates=WORDS))
    assert said.shared == shared
    assert said.prefilled == len(warm.tokens.prompt(SECOND)) - shared
    assert said.scores == pytest.approx(scores(cold, SECOND), abs=0.03)
    assert warm.counters.prefilled < 0.1 * cold.counters.prefilled
    assert warm.counters.restore_seconds > 0


def test_branches_fork_from_what_was_restored(make: Make) -> None:
    tokens, state = kept(make())
    cold, warm = make(cells=2000), make(cells=2000)
    assert warm.states.restore(tokens, state, len(tokens))

    def draw(engine: LlamaEngine) -> list[tuple[int, ...]]:
        requests = [BranchRequest(n, FIRST, StopRule(6), seed=n) for n in range(4)]
        return [said.tokens for said in ask(engine, *requests)]

    assert draw(warm) == draw(cold)
    assert warm.scheduler is not None
    assert warm.scheduler.residents.tree.used <= len(tokens) + 4 * 6


def test_saving_disturbs_nothing(make: Make) -> None:
    engine = make()
    before = scores(engine, FIRST)
    for _ in range(3):
        assert engine.states.save(engine.tokens.prompt(FIRST)) is not None
    assert scores(engine, FIRST) == pytest.approx(before, abs=0.03)
    assert engine.counters.prefilled == len(engine.tokens.prompt(FIRST))  # and a row for the logits


@pytest.mark.parametrize("harm", ["short", "long", "empty", "noise", "count"])
def test_bytes_that_are_no_state_are_refused(make: Make, harm: str) -> None:
    tokens, state = kept(make())
    engine = make()
    bad, said = {
        "short": (state[: len(state) // 2], tokens),
        "long": (state + b"more", tokens),
        "empty": (b"", tokens),
        "noise": (bytes(range(256)) * 40, tokens),
        "count": (state, tokens[:-3]),
    }[harm]
    assert not engine.states.restore(said, bad, len(said))
    assert engine.states.resident(tokens) == 0
    assert scores(engine, FIRST) == pytest.approx(scores(make(), FIRST), abs=0.03)


def test_no_room_is_no_error(make: Make) -> None:
    tokens, state = kept(make())
    engine = make(cells=256)
    assert not engine.states.restore(tokens, state, len(tokens))
    assert scores(engine, Prompt((("a light", False),)))


def test_nothing_is_restored_under_a_running_request(make: Make) -> None:
    tokens, state = kept(make())
    engine = make()
    engine.submit(BranchRequest("k", SECOND, StopRule(4)))
    assert not engine.states.restore(tokens, state, len(tokens))
    assert engine.states.save(tokens) is None
    engine.cancel("k")


def test_nothing_is_saved_of_what_was_never_evaluated(make: Make) -> None:
    assert make().states.save([5, 6, 7]) is None


def test_models_that_cannot_have_no_key(make: Make, recurrent: Path) -> None:
    assert "tiny" in make().states.key()
    assert make(recurrent).states.key() == ""
