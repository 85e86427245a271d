"""The search for the best way to make contexts, on machines that are made up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flow import finish

from ttc_cli.core.errors import ModelError
from ttc_cli.engine.host import Tuning
from ttc_cli.engine.llama.binding import Model
from ttc_cli.engine.llama.probe import Probe
from ttc_cli.engine.tuning import Best, Measured, Reading, compare, fewer_threads, search

PARTS = frozenset({"threads", "ubatch", "kv", "flash"})
START = Tuning(threads=4)
GOOD = Reading([-1.0] * 100, [7] * 100)


@dataclass
class Machine:
    """Seconds of work by a rule; counts what is open."""

    slowness: Callable[[Tuning], float] = lambda way: 1 / way.threads
    q8: Reading = GOOD
    refused: tuple[str, ...] = ()
    open: int = 0
    tried: list[Tuning] = field(default_factory=list)

    def __call__(self, way: Tuning) -> Any:
        self.tried.append(way)
        if way.kv in self.refused:
            raise ModelError("no context could be made")
        self.open += 1
        return MadeUp(self, way)

    def find(self, parts: frozenset[str] = PARTS, *, short: bool = False) -> Any:
        found, best = finish(search(self, START, parts=parts, short=short))
        assert self.open == 0
        return best, found


@dataclass
class MadeUp:
    machine: Machine
    way: Tuning

    def prefill(self, tokens: int) -> float:
        return tokens * self.machine.slowness(self.way) / 100

    def decode(self, width: int, times: int) -> float:
        return times * (1 + width / 8) * self.machine.slowness(self.way) / 100

    def read(self) -> Reading:
        return self.machine.q8 if self.way.kv == "q8_0" else GOOD

    def close(self) -> None:
        self.machine.open -= 1


def test_the_defaults_stay_where_nothing_is_clearly_faster() -> None:
    machine = Machine(lambda way: 1 / way.threads - 0.004 * (way.kv == "q8_0"))
    best, found = machine.find()
    assert best.tuning == START
    assert best.prefills[512] == pytest.approx(400)
    assert best.widths[1] == pytest.approx(400 * 8 / 9)
    assert [f.value for f in found if f.part == "threads"] == ["4", "3"]  # 3 was hopeless
    assert [f.part for f in found][-13:] == ["prefill"] * 3 + ["width"] * 10


def test_what_is_faster_is_taken() -> None:
    def slowness(way: Tuning) -> float:
        return abs(way.threads - 2) + 1 + way.ubatch / 512 + (way.flash is not False)

    best, _ = Machine(slowness).find()
    assert best.tuning == Tuning(threads=2, ubatch=128, flash=False)


def test_a_gain_that_was_only_a_busy_start_is_not_taken() -> None:
    machine = Machine()
    machine.slowness = lambda way: 9.0 if len(machine.tried) == 1 else 1.0
    best, _ = machine.find(frozenset({"threads"}))
    assert best.tuning == START


def test_small_cells_are_taken_when_faster_and_true() -> None:
    faster = Machine(lambda way: 0.5 if way.kv == "q8_0" else 1.0)
    best, found = faster.find(frozenset({"kv", "flash"}))
    assert best.tuning.kv == "q8_0"
    assert not [f for f in found if f.part == "flash"]  # they need it
    faster.q8 = Reading([-1.0] * 100, [7] * 97 + [8] * 3)
    assert faster.find(frozenset({"kv"}))[0].tuning.kv == "f16"
    faster.q8 = Reading([-1.04] * 100, [7] * 100)
    assert faster.find(frozenset({"kv"}))[0].tuning.kv == "f16"


def test_small_cells_are_taken_when_memory_is_short() -> None:
    slower = Machine(lambda way: 1.2 if way.kv == "q8_0" else 1.0)
    assert slower.find(frozenset({"kv"}))[0].tuning.kv == "f16"
    assert slower.find(frozenset({"kv"}), short=True)[0].tuning.kv == "q8_0"
    slower.q8 = Reading([-2.0] * 100, [7] * 100)
    assert slower.find(frozenset({"kv"}), short=True)[0].tuning.kv == "f16"


def test_a_way_that_is_not_possible_is_told_and_passed_over() -> None:
    best, found = Machine(refused=("q8_0",)).find(frozenset({"kv"}), short=True)
    assert best.tuning == START
    assert [f.impossible for f in found if f.value == "q8_0"] == ["no context could be made"]
    with pytest.raises(ModelError, match="no context"):
        Machine(refused=("f16",)).find(frozenset({"kv"}))


def test_numbers_of_threads() -> None:
    assert fewer_threads(1) == []
    assert fewer_threads(2) == [1]
    assert fewer_threads(8) == [7, 6, 4, 2, 1]


def test_the_difference_of_two_readings() -> None:
    assert compare(Reading([-1.0, -3.0], [1, 2]), Reading([-1.5, -2.5], [1, 3])) == (0.5, 0.5)


def _measured(path: Path, parts: frozenset[str]) -> tuple[Best, list[Measured]]:
    model = Model(path)
    searching = search(lambda way: Probe(model, way), Tuning(2), parts=parts, short=False)
    try:
        found, best = finish(searching)
        return best, found
    finally:
        model.close()


def test_a_recurrent_model_is_measured(recurrent: Path) -> None:
    assert _measured(recurrent, frozenset())[0].widths[32] > 0


def test_a_real_model_is_measured(tiny: Path) -> None:
    best, found = _measured(tiny, PARTS)
    assert all(speed > 0 for speed in [*best.widths.values(), *best.prefills.values()])
    assert max(best.widths) == 32
    assert {f.part for f in found} == {"threads", "ubatch", "kv", "flash", "prefill", "width"}


@pytest.mark.model
def test_a_reading_is_the_same_whatever_else_the_context_did(smollm: Path) -> None:
    model = Model(smollm)
    probe, other = Probe(model, Tuning(2)), Probe(model, Tuning(2, kv="q8_0"))
    try:
        before = probe.read()
        probe.decode(3, 2)
        assert compare(probe.read(), before) == (pytest.approx(0, abs=1e-4), 1.0)
        assert len(before.logprobs) > 150
        assert -4 < sum(before.logprobs) / len(before.logprobs) < -0.5  # it reads, and not noise
        difference, agreement = compare(other.read(), before)
        assert 0 < difference < 0.3
        assert agreement > 0.85
    finally:
        probe.close()
        other.close()
        model.close()
