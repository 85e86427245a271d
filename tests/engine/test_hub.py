from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from kinds import STORY

from ttc_cli.core.branch import Branch
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.errors import EngineFailed
from ttc_cli.core.events import Event, Flow, Note, Tick
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import StopRule, uniform
from ttc_cli.engine.hub import Hub, drive
from ttc_cli.engine.scripted import Line, ScriptedEngine

RULE = StopRule(25)


class Watched(ScriptedEngine):
    """Remembers how many branches each step could advance."""

    def __init__(self, **options: Any) -> None:
        super().__init__(babble, width=64, **options)
        self.live: list[int] = []

    def poll(self, timeout: float) -> Any:
        self.live.append(len(self._talks))
        return super().poll(timeout)


def babble(request: BranchRequest) -> Line:
    n = int(uniform(request.seed, 0) * 20)
    return Line(tuple(f" {int(uniform(request.seed, i) * 100)}" for i in range(n)))


def question(engine: Any, number: int, ledgers: dict[int, Ledger] | None = None) -> Flow[list[str]]:
    """A strategy of two rounds: three branches, then one more of the longest."""
    run = Run(engine, seed=number, clock=lambda: 0.0)
    if ledgers is not None:
        ledgers[number] = run.ledger
    done = yield from run.extend([Branch((i,), STORY) for i in range(3)], stop=RULE)
    longest = max(done, key=lambda b: len(b.text))
    yield Note(f"the longest is {longest.id}")
    more = yield from run.extend([longest.fork(0).forced(" So")], stop=RULE)
    return sorted(branch.text for branch in (*done, *more))


def flows(hub: Hub, numbers: Iterable[int]) -> Iterator[Flow[list[str]]]:
    return (question(hub.port(), number) for number in numbers)


def collect(
    hub: Hub, numbers: Iterable[int], most: int
) -> tuple[list[tuple[int, Event]], dict[int, list[str]]]:
    events, results = [], {}
    for number, event, result in drive(flows(hub, numbers), most=lambda: most):
        if event is None:
            assert result is not None
            results[number] = result
        elif not isinstance(event, Tick):
            events.append((number, event))
    return events, results


@pytest.mark.parametrize("most", [1, 3, 50])
def test_runs_give_what_they_give_alone(most: int) -> None:
    events, results = collect(Hub(Watched()), range(12), most)
    assert sorted(results) == list(range(12))
    for number in range(12):
        alone, result = collect(Hub(Watched()), [number], 1)
        assert [e for n, e in events if n == number] == [e for _, e in alone]
        assert results[number] == result[0]


def test_the_order_of_events_is_fixed() -> None:
    logs = [collect(Hub(Watched()), range(9), 4)[0] for _ in range(2)]
    assert logs[0] == logs[1]


def test_runs_fill_one_batch() -> None:
    engine = Watched()
    collect(Hub(engine), range(8), 8)
    alone = Watched()
    for number in range(8):
        for _ in question(alone, number):
            pass
    assert max(engine.live) == 24
    assert len(engine.live) < len(alone.live) / 4, "a step advances every run"


def test_closing_closes_every_run() -> None:
    for at in range(0, 120, 3):
        engine = Watched()
        driven = drive(flows(Hub(engine), range(6)), most=lambda: 3)
        for _ in range(at + 1):
            next(driven, None)
        driven.close()  # type: ignore[attr-defined]
        assert not engine.running


def test_closing_counts_what_was_wasted() -> None:
    hub, ledgers = Hub(Watched()), dict[int, Ledger]()
    driven = drive((question(hub.port(), i, ledgers) for i in range(3)), most=lambda: 3)
    for _ in range(30):
        next(driven)
    driven.close()  # type: ignore[attr-defined]
    assert ledgers
    for ledger in ledgers.values():
        assert ledger.usage.wasted <= ledger.usage.sampled


def test_a_port_that_leaves_cancels_what_it_asked_for() -> None:
    engine = Watched()
    hub = Hub(engine)
    stays, leaves = hub.port(), hub.port()
    for port in (stays, leaves):
        port.submit(BranchRequest("same key", STORY, RULE))
    leaves.close()
    leaves.close()
    assert len(engine.running) == 1
    assert [delta.key for delta in stays.poll(0)] == ["same key"]


def test_a_run_that_leaves_does_not_hold_up_the_others() -> None:
    hub = Hub(Watched())
    slow, quick = question(hub.port(), 0), question(hub.port(), 1)
    next(slow)
    next(quick)
    slow.close()
    for number, event, result in drive([quick], most=lambda: 1):
        assert number == 0
        assert event or result


def test_a_dead_engine_ends_the_drive_and_closes_all() -> None:
    class Dying(Watched):
        def poll(self, timeout: float) -> Any:
            if len(self.live) == 5:
                raise EngineFailed("gone")
            return super().poll(timeout)

    engine = Dying()
    with pytest.raises(EngineFailed):
        collect(Hub(engine), range(4), 4)
    assert not engine.running


def test_no_flows_no_events() -> None:
    assert list(drive([], most=lambda: 4)) == []
