"""Several verifiers at once: gates multiply, grades are averaged, failures are told."""

from __future__ import annotations

import pytest
from flow import finish
from stage import branch, combined, new_run, question

from ttc_cli.core.branch import Branch
from ttc_cli.core.errors import TtcError
from ttc_cli.core.events import Note, Score
from ttc_cli.core.sampling import Outputs
from ttc_cli.core.verify import Graded, Verifier
from ttc_cli.verifiers.combine import Combined


class Fixed:
    """A verifier that says what it was told to."""

    needs = ()

    def __init__(
        self, name: str, scores: list[float | None], *, gate: bool, outputs: Outputs = Outputs()
    ):
        self.name, self.scores, self.gate, self.outputs = name, scores, gate, outputs
        self.seen: list[tuple[int, ...]] = []

    def __call__(self, run, branches, question):  # type: ignore[no-untyped-def]
        yield from ()
        self.seen = [one.id for one in branches]
        scores = [self.scores[one.id[0]] for one in branches]
        return [Graded(score, "" if score else f"{self.name} objects") for score in scores]


def test_gates_multiply_and_grades_are_averaged() -> None:
    gate = Fixed("gate", [1.0, 0.0, None, 1.0, 0.5], gate=True)
    one = Fixed("one", [0.8, 0.8, 0.8, None, 0.8], gate=False, outputs=Outputs(confidence=True))
    two = Fixed("two", [0.4, 0.4, 0.4, 0.4, 0.4], gate=False, outputs=Outputs(certainty=True))
    parts: tuple[Verifier, ...] = (one, gate, two)
    both = Combined(parts)
    run = new_run()
    events, found = finish(both(run, [branch("x", i) for i in range(5)], question()))
    scores = [graded.score for graded in found]
    assert scores == [pytest.approx(0.6), 0.0, None, pytest.approx(0.4), pytest.approx(0.3)]
    assert found[1].note == "gate: gate objects"
    assert one.seen == two.seen == [(0,), (3,), (4,)]  # those that failed cost no more
    told = [(e.branch, e.verifier, e.score) for e in events if isinstance(e, Score)]
    assert ((2,), "gate", None) in told
    assert len(told) == 5 + 3 + 3
    notes = [event.message for event in events if isinstance(event, Note)]
    assert notes == [
        "gate gave no score to 1 of 5: gate objects", "one gave no score to 1 of 3: one objects",
    ]  # fmt: skip
    assert run.judged == 5
    again, _ = finish(both(run, [branch("x", i) for i in range(5)], question()))
    assert not [event for event in again if isinstance(event, Note)]  # once is enough
    assert both.outputs == Outputs(confidence=True, certainty=True)
    assert not both.gate
    assert both.name == "one+gate+two"


def test_only_a_verifier_that_scores_while_it_is_written_is_live() -> None:
    class Watcher:
        name, gate, want, needs = "watcher", False, Outputs(), ()

        def live(self, branch: Branch) -> Graded:
            return Graded(0.5, steps=(0.5,))

    judge = combined("judge").parts[0]
    assert Combined((judge,)).live is None
    live = Combined((judge, Watcher())).live  # type: ignore[arg-type]
    assert live is not None
    assert live(branch("7")) == Graded(0.5, steps=(0.5,))


def test_a_failed_gate_is_not_hidden_by_a_passed_one_nor_a_0_by_a_failure() -> None:
    fails, passes, none = ([score] for score in (0.0, 1.0, None))
    for scores, expected in (
        ((passes, none), None), ((fails, none), 0.0), ((none, fails), 0.0), ((passes, passes), 1.0),
    ):  # fmt: skip
        both = Combined(tuple(Fixed(f"g{i}", s, gate=True) for i, s in enumerate(scores)))
        assert finish(both(new_run(), [branch("x")], question()))[1][0].score == expected


def test_grades_that_all_failed_leave_no_score() -> None:
    both = Combined((Fixed("g", [1.0], gate=True), Fixed("h", [None], gate=False)))
    assert finish(both(new_run(), [branch("x")], question()))[1][0].score is None


def test_an_error_of_a_verifier_is_a_failure_and_not_the_end() -> None:
    class Broken(Fixed):
        def __call__(self, run, branches, question):  # type: ignore[no-untyped-def]
            yield from ()
            raise TtcError("its model is gone")

    parts = (Broken("b", [], gate=False), Fixed("f", [0.5], gate=False))
    events, (one,) = finish(Combined(parts)(new_run(), [branch("x")], question()))
    assert one == Graded(0.5, "b: its model is gone")
    assert any(isinstance(event, Note) and "its model is gone" in event.message for event in events)
