"""The engine's thread: races, interruptions, failures, and what llama.cpp needs guarding from."""

from __future__ import annotations

import _thread
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kinds import STORY, Said, ask, branch, finish, hear

from ttc_cli.core.branch import Branch, Prompt
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.errors import EngineFailed, MissingCapability, ModelError
from ttc_cli.core.events import end_of
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Outputs, Sampling, Stop, StopRule
from ttc_cli.engine.llama.engine import LlamaEngine

SLOW = Prompt((("The men saw a light under the water and then a hand. " * 150, False),))


@pytest.fixture
def engine(tiny: Path) -> Iterator[LlamaEngine]:
    made = LlamaEngine(tiny, cells=2048, threads=1)
    yield made
    made.close()


@pytest.fixture(scope="module")
def real(smollm: Path) -> Iterator[LlamaEngine]:
    made = LlamaEngine(smollm, cells=4096, threads=1)
    yield made
    made.close()


def in_prefill(engine: LlamaEngine) -> None:
    """Poll until a prefill is under way."""
    end = time.monotonic() + 20
    while not (engine.scheduler and engine.scheduler.prefilling):
        engine.poll(0.01)
        assert time.monotonic() < end


@pytest.mark.model
def test_a_prefill_stops_at_once_when_its_request_is_cancelled(real: LlamaEngine) -> None:
    real.submit(branch("long", 4, prompt=SLOW))
    in_prefill(real)
    start = time.monotonic()
    real.cancel("long")
    (said,) = ask(real, branch("short", 1))
    assert said.sampled == 1
    assert time.monotonic() - start < 1.5, "the rest of the chunk was computed"


def test_a_forked_tree_evaluates_every_prefix_once(engine: LlamaEngine) -> None:
    """Sixteen leaves: each node is taken up by the one token whose logits are asked for anew."""
    run, tokens = Run(engine), 6
    level = [Branch((), STORY)]
    for _ in range(4):
        seeds = [node.fork(i) for node in level for i in range(2)]
        rule = StopRule(tokens, loops=False)
        level = end_of(run.extend(seeds, stop=rule, sampling=Sampling(temperature=2)))
    grown = [node for node in level if node.stop is Stop.LENGTH]
    assert len(grown) > 8  # random weights end a line now and then
    nodes = 2 + 4 + 8  # that were gone on from, twice each
    assert run.ledger.usage.prefilled <= engine.count(STORY) + 2 * nodes
    assert run.ledger.usage.shared > nodes * tokens


@pytest.mark.model
def test_a_cancelled_neighbour_costs_a_prefill_nothing_but_time(real: LlamaEngine) -> None:
    middle = Prompt((("A ship came home. " * 30, False),))
    (expected,) = ask(real, branch("expected", 1, prompt=middle, outputs=Outputs(logprobs=True)))
    real.scheduler.residents.clear()
    real.submit(branch("stays", 1, prompt=middle, outputs=Outputs(logprobs=True)))
    real.submit(branch("goes", 4, prompt=SLOW))
    in_prefill(real)
    real.cancel("goes")
    said = finish(real, ["stays"])["stays"]
    assert said.tokens == expected.tokens
    assert said.logprobs == pytest.approx(expected.logprobs, abs=0.1)


@pytest.mark.model
def test_control_c_during_a_prefill_is_heard_and_the_engine_closes(smollm: Path) -> None:
    engine = LlamaEngine(smollm, cells=4096, threads=1)
    engine.submit(branch("long", 4, prompt=SLOW))
    in_prefill(engine)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever ran before
    threading.Timer(0.2, _thread.interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):
        finish(engine, ["long"])
    start = time.monotonic()
    engine.cancel("long")
    engine.close()
    assert time.monotonic() - start < 1


def test_tokens_of_two_threads_do_not_mix(tiny: Path) -> None:
    """Pieces are looked up by the caller's thread and the engine's; each has its own buffer."""
    engine = LlamaEngine(tiny, cells=512, threads=1)
    model = engine.model
    expected = [model.piece(token) for token in range(model.n_vocab)]
    model.pieces.clear()
    wrong = []

    def look() -> None:
        for _ in range(60):
            model.pieces.clear()
            wrong.extend(t for t in range(model.n_vocab) if model.piece(t) != expected[t])

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.close()
    assert not wrong


def test_a_failed_decode_reaches_the_caller_and_closing_still_works(engine: LlamaEngine) -> None:
    engine.submit(branch("a", 50))
    hear(engine, {})
    engine.scheduler.memory.decode = lambda *_, **__: -3
    with pytest.raises(EngineFailed, match="refused a decode"):
        finish(engine, ["a"])
    with pytest.raises(EngineFailed):
        engine.poll(0)
    engine.close()


@pytest.mark.parametrize("where", ["step", "submit"])
def test_an_error_on_the_thread_reaches_the_caller(engine: LlamaEngine, where: str) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    setattr(engine.scheduler, where, broken)
    engine.submit(branch("a"))
    with pytest.raises(EngineFailed, match="ZeroDivisionError"):
        finish(engine, ["a"])


def test_a_key_reused_during_a_step_hears_only_its_own(engine: LlamaEngine) -> None:
    (expected,) = ask(engine, branch("other", 6, seed=3))
    decode, entered, go = engine.scheduler.memory.decode, threading.Event(), threading.Event()

    def slow(*args: Any, **options: Any) -> int:
        entered.set()
        go.wait(10)
        return decode(*args, **options)

    engine.submit(branch("key", 50, seed=8))
    hear(engine, {})
    engine.scheduler.memory.decode = slow  # a decode of one token: nothing interrupts it
    engine.poll(0)
    assert entered.wait(10)
    engine.cancel("key")
    engine.submit(branch("key", 6, seed=3))
    go.set()
    said = finish(engine, ["key"])["key"]
    assert (said.sampled, said.tokens) == (6, expected.tokens)


def test_growing_the_cache_needs_it_to_be_idle(engine: LlamaEngine) -> None:
    assert engine.info.cells == 2048
    engine.submit(branch("a", 30))
    with pytest.raises(EngineFailed):
        engine.reserve(4096)
    finish(engine, ["a"])
    engine.reserve(512)
    assert engine.info.cells == 2048, "it never shrinks"
    engine.reserve(4096)
    assert engine.info.cells == 4096
    assert ask(engine, branch("a", 3))[0].sampled == 3


def test_a_bad_grammar_is_refused_and_leaves_nothing(engine: LlamaEngine) -> None:
    for grammar in ("root ::= (", "no root here", "root ::= missing"):
        with pytest.raises(MissingCapability):
            engine.submit(branch("a", grammar=grammar))
    assert ask(engine, branch("a"))


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ModelError, match=r"broken\.gguf"):
        LlamaEngine(path)


def test_a_closed_engine_answers_no_question_about_text(engine: LlamaEngine) -> None:
    engine.close()
    with pytest.raises(EngineFailed):
        engine.count(Prompt((("never seen before", False),)))


def test_a_branch_in_a_loop_is_stopped(engine: LlamaEngine) -> None:
    grammar = 'root ::= "ab" root'
    (said,) = ask(engine, BranchRequest("loop", STORY, StopRule(500), grammar=grammar))
    assert said.stop is Stop.LOOP
    assert said.sampled == 96


def test_threads_may_poll_and_cancel_while_closing(tiny: Path) -> None:
    """Whoever closes in the middle of things gets its way, quickly, every time."""
    for number in range(30):
        engine = LlamaEngine(tiny, cells=512, threads=1)
        for key in range(6):
            engine.submit(branch(key, 100, seed=key))
        said: dict[Any, Said] = {}
        for _ in range(number % 5):
            engine.poll(0.001)
        poller = threading.Thread(target=lambda e=engine: [e.poll(0.05) for _ in range(3)])
        poller.start()
        engine.cancel(number % 6)
        start = time.monotonic()
        engine.close()
        assert time.monotonic() - start < 2
        poller.join(5)
        assert not poller.is_alive()
        assert not said
