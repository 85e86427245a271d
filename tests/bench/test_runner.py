"""What a bench draws, writes and scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bench_stage as stage
import pytest

from ttc_cli.bench.questions import load
from ttc_cli.bench.run import choose
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.errors import UsageError
from ttc_cli.jail import available

PLAIN, ADAPTIVE, DIRECT = (
    "name=plain,samples=8,early_stop=false",
    "name=adaptive,samples=8",
    "name=direct,strategy=direct,effort=low",
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return stage.sums(tmp_path / "sums.jsonl", 12)


def test_common_samples_are_drawn_once(data: Path, tmp_path: Path) -> None:
    engine = stage.Stage()
    stage.bench(data, tmp_path / "out", stage.configs(ADAPTIVE, PLAIN), engine=engine)
    plain = [r for r in engine.requests if not r.prefix and r.sampling.temperature > 0]
    assert len(plain) == 12 * 8  # all of them those of the plain vote
    assert len({(r.prompt, r.seed) for r in plain}) == len(plain)


def test_a_later_configuration_draws_only_what_is_new(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    stage.bench(data, out, stage.configs("name=four,samples=4,early_stop=false"))
    engine = stage.Stage()
    stage.bench(data, out, stage.configs(PLAIN), engine=engine, resume=True)
    assert len(engine.requests) == 12 * 4


@pytest.mark.parametrize("width", [1, 3, 32])
def test_results_do_not_depend_on_the_width(data: Path, tmp_path: Path, width: int) -> None:
    chosen = stage.configs(PLAIN, ADAPTIVE, DIRECT)
    stage.bench(data, tmp_path / "a", chosen, width=width)
    stage.bench(data, tmp_path / "b", chosen[::-1], engine=stage.Stage(width=5), width=7)
    assert stage.rows_of(tmp_path / "a") == stage.rows_of(tmp_path / "b")


def test_the_batch_stays_full(data: Path, tmp_path: Path) -> None:
    class Watching(stage.Stage):
        steps = tokens = 0

        def poll(self, timeout: float) -> Any:
            deltas = super().poll(timeout)
            self.steps += 1
            self.tokens += len(deltas)
            return deltas

    engine = Watching()
    stage.bench(
        stage.sums(data, 60), tmp_path / "out", stage.configs(PLAIN), engine=engine, width=16
    )
    assert engine.most == 16
    assert engine.tokens / engine.steps > 15  # the end, where no more is to be drawn, included


def test_a_row_holds_all_that_was_said(data: Path, tmp_path: Path) -> None:
    stage.bench(data, tmp_path / "out", stage.configs(PLAIN))
    rows = stage.rows_of(tmp_path / "out", seconds=True)
    assert len(rows) == 12
    for row in rows:
        assert len(row["branches"]) == 8
        assert row["tokens"]["sampled"] >= sum(b["tokens"] for b in row["branches"])
        assert row["correct"] == (row["answer"] == row["reference"])
        assert row["seconds"] >= 0
        for branch in row["branches"]:
            assert branch["correct"] == (branch["answer"] == row["reference"])
            assert branch["text"]
            assert branch["confidence"] >= 5
            assert len(branch["samples"]) == 1
        right = {b["class"] for b in row["branches"] if b["correct"]}
        assert len(right) <= 1
    assert len({row["seed"] for row in rows}) == 12


def test_a_question_that_does_not_fit_counts_as_wrong(data: Path, tmp_path: Path) -> None:
    engine = stage.Stage(context=4)
    stage.bench(data, tmp_path / "out", stage.configs(PLAIN), engine=engine)
    rows = stage.rows_of(tmp_path / "out")
    assert len(rows) == 12
    assert all("context holds 4" in row["error"] and row["correct"] is False for row in rows)


def test_it_stops_when_asked_and_says_what_is_left(data: Path, tmp_path: Path) -> None:
    from ttc_cli.bench.folder import fingerprint
    from ttc_cli.bench.run import Spec, run

    polls = iter(range(10_000))
    about = {"name": data.name, "sha256": fingerprint(data)}
    spec = Spec(about, load(data), stage.configs(PLAIN), tmp_path / "out", quiet=True, width=4)
    did = run(stage.session(tmp_path), spec, stopped=lambda: next(polls) > 600)
    assert did.answers == len(stage.rows_of(tmp_path / "out"))
    assert 0 < did.left < 12
    stage.bench(data, tmp_path / "out", stage.configs(PLAIN), resume=True)
    stage.bench(data, tmp_path / "whole", stage.configs(PLAIN))
    assert stage.rows_of(tmp_path / "out") == stage.rows_of(tmp_path / "whole")


def test_choosing_questions(data: Path) -> None:
    items = load(data)
    assert [i.id for i in choose(items, limit=3, shuffle=False, seed=1)] == ["q1", "q2", "q3"]
    one = choose(items, limit=5, shuffle=True, seed=1)
    assert one == choose(items, limit=5, shuffle=True, seed=1)
    assert one != choose(items, limit=5, shuffle=True, seed=2)


JUDGED = "name=judged,strategy=best-of-n,samples=4,verifier=regex:^[0-9]+$,verifier=judge"


def test_rows_hold_what_verifiers_said(data: Path, tmp_path: Path) -> None:
    stage.bench(data, tmp_path / "out", stage.configs(JUDGED, PLAIN))
    rows = stage.rows_of(tmp_path / "out")
    assert {r["config"] for r in rows if r.get("verify_seconds", -1) >= 0} == {"judged"}
    judged = [branch for r in rows if r["config"] == "judged" for branch in r["branches"]]
    scored = [branch["scores"] for branch in judged if "scores" in branch]
    assert {tuple(scores) for scores in scored} >= {
        ("regex:^[0-9]+$", "judge", "regex:^[0-9]+$+judge")
    }
    assert {scores["regex:^[0-9]+$"] for scores in scored} == {0.0, 1.0}  # some have no answer
    assert not [b for r in rows if r["config"] == "plain" for b in r["branches"] if "scores" in b]


def test_a_judged_pool_is_the_one_that_votes(data: Path, tmp_path: Path) -> None:
    engine = stage.Stage()
    stage.bench(data, tmp_path / "out", stage.configs(PLAIN, JUDGED), engine=engine)
    drawn = [r for r in engine.requests if not r.candidates and not r.prefix]
    assert len(drawn) == 12 * 8  # best-of-n found its samples drawn


@pytest.mark.parametrize(
    ("text", "says"),
    [("verifier=juge", "did you mean 'judge'"), ("verifers=judge", "did you mean 'verifier'")],
)
def test_verifiers_are_looked_up_at_once(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        stage.configs(text)


@pytest.mark.skipif(available() is not None, reason="programs cannot be locked in here")
def test_programs_are_run_for_their_values(data: Path, tmp_path: Path) -> None:
    def script(request: BranchRequest) -> Any:
        begun = request.prefix[-1].text if request.prefix else ""
        if "def solution" not in begun:
            return stage.solver(request)
        sums = begun.split("What is ")[1].split("?")[0]
        return f"    return {sums}\n"

    chosen = stage.configs("name=only,strategy=program,programs=only,effort=low")
    stage.bench(data, tmp_path / "out", chosen, engine=stage.Stage(script=script))
    rows = stage.rows_of(tmp_path / "out")
    assert len(rows) == 12
    assert all(row["correct"] for row in rows)
