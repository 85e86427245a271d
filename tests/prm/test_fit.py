"""Training a head, on traces whose states hold the truth in a known direction, or do not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ttc_cli.core.errors import UsageError
from ttc_cli.prm.fit import fit
from ttc_cli.prm.traces import Trace
from ttc_cli.verifiers.head import FEATURES, Head

WIDTH = 24


def traces(signal: float, *, questions: int = 40, seed: int = 0) -> list[Trace]:
    rng = np.random.default_rng(seed)
    direction = np.random.default_rng(99).normal(size=WIDTH)
    out = []
    for q in range(questions):
        for _ in range(4):
            right = bool(rng.random() < 0.5)
            n = int(rng.integers(2, 6))
            states = rng.normal(size=(n, WIDTH)) + signal * (1 if right else -1) * direction
            features = rng.normal(size=(n, len(FEATURES)))
            out.append(
                Trace(
                    f"q{q}",
                    ("step",) * n,
                    states.astype(np.float32),
                    features.astype(np.float32),
                    (float(right),) * n,
                    right,
                    10,
                )
            )
    return out


@pytest.fixture(autouse=True, scope="module")
def small_grid() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ttc_cli.prm.fit.GRID", ((16, 0.1), (48, 1.0)))
        yield


@pytest.fixture(scope="module")
def head() -> Head:
    return fit(traces(0.3), "m" * 64)


def test_a_head_finds_what_the_states_hold(head: Head) -> None:
    assert head.facts["auc"] > 0.9
    assert max(head.facts["baselines"].values()) < 0.65
    fresh = traces(0.3, seed=5)
    states = np.array([t.states[-1] for t in fresh])
    scores = head.score(states, np.array([t.features[-1] for t in fresh]))
    right = np.array([t.right for t in fresh])
    assert ((scores > 0.5) == right).mean() > 0.8
    assert abs(scores.mean() - right.mean()) < 0.1


def test_ends_are_judged_by_a_head_of_their_own(tmp_path: Path) -> None:
    """On the way the truth lies in one direction of the states, at the end in its opposite."""
    mine = traces(0.5)
    for trace in mine:
        trace.states[-1] *= -1
    head = fit(mine, "m" * 64)
    head.save(tmp_path / "p.npz")
    head = Head.load(tmp_path / "p.npz")
    assert head.ends is not None
    assert head.facts["auc"] > 0.9
    assert head.facts["auc_under_way"] > 0.9
    state, number = mine[0].states[-1:], mine[0].features[-1:]
    right = mine[0].right
    assert (head.ends.score(state, number)[0] > 0.5) == right
    assert (head.score(state, number)[0] > 0.5) != right


def test_nothing_is_found_where_there_is_nothing() -> None:
    """Picking the best of the cells flatters a little; 0.65 is four standard errors off."""
    assert fit(traces(0.0), "m" * 64).facts["auc"] < 0.65


def test_questions_do_not_leak_between_folds() -> None:
    """Each question has a state of its own and one outcome: by heart one could know them all."""
    rng = np.random.default_rng(3)
    mine = []
    for trace in traces(0.0):
        key = np.random.default_rng(int(trace.question[1:])).normal(size=WIDTH) * 3
        right = bool(int(trace.question[1:]) % 2)
        states = (trace.states * 0 + key + rng.normal(size=trace.states.shape) * 0.01).astype("f4")
        labels = (float(right),) * len(states)
        mine.append(Trace(trace.question, trace.steps, states, trace.features, labels, right, 10))
    assert fit(mine, "m" * 64).facts["auc"] < 0.8


def test_numbers_that_nobody_drew_with_are_left_out() -> None:
    """Evaluated texts have no confidences: whole columns are unknown, and others in part."""
    mine = traces(0.3)
    for trace in mine:
        trace.features[:, 2:] = np.nan
        trace.features[0, 1] = np.nan
    head = fit(mine, "m" * 64)
    assert head.facts["auc"] > 0.9
    assert np.isfinite(head.mean).all()


def test_too_little_is_refused() -> None:
    with pytest.raises(UsageError):
        fit(traces(0.3, questions=5), "m" * 64)
    alike = [t for t in traces(0.3) if t.right]
    with pytest.raises(UsageError):
        fit(alike, "m" * 64)


def test_a_head_survives_its_file(head: Head, tmp_path: Path) -> None:
    path = tmp_path / "probes" / "mine.npz"
    head.save(path)
    again = Head.load(path)
    states = np.random.default_rng(1).normal(size=(5, WIDTH)).astype(np.float32)
    features = np.full((5, len(FEATURES)), np.nan, np.float32)
    assert (again.score(states, features) == head.score(states, features)).all()
    assert (again.model, again.facts) == (head.model, head.facts)
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.npz"
    with pytest.raises(UsageError, match="no probe is called 'p'"):
        Head.load(path)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(UsageError, match="is not a probe"):
        Head.load(path)
    np.savez(path, meta=np.array([{"a": 1}], dtype=object))  # a pickle inside
    with pytest.raises(UsageError, match="is not a probe"):
        Head.load(path)


def test_a_trace_survives_its_record() -> None:
    for trace in traces(0.3, questions=2):
        again = Trace.read(json.loads(json.dumps(trace.record())))
        assert np.allclose(again.states, trace.states, atol=0.01)
        assert (again.steps, again.labels, again.right) == (
            trace.steps,
            trace.labels,
            trace.right,
        )
