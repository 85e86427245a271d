"""Killed at any moment, a bench goes on and ends as if nothing had happened."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import bench_stage as stage
import pytest

from ttc_cli.core.errors import TtcError, UsageError

CONFIGS = (
    "name=plain,samples=6,early_stop=false",
    "name=adaptive,samples=6",
    "name=capped,effort=medium,max_tokens=60",
)
KILLS = 3


def test_killed_often_it_ends_with_the_same_rows(tmp_path: Path) -> None:
    data = stage.sums(tmp_path / "sums.jsonl", 30)
    stage.bench(data, tmp_path / "whole", stage.configs(*CONFIGS), width=8)
    broken, rng, killed, began = tmp_path / "broken", random.Random(5), 0, time.monotonic()
    command = [sys.executable, stage.__file__, str(data), str(broken), *CONFIGS]
    while True:
        process = subprocess.Popen(command)
        if killed < KILLS:
            wait_for_growth(process, broken, rng.randint(1, 4))
        if killed < KILLS and process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
            process.wait()
            tear(broken, rng)
            continue
        assert process.wait() == 0
        break
    assert killed == KILLS, f"it was done after {killed} kills in {time.monotonic() - began:.0f} s"
    assert stage.rows_of(broken) == stage.rows_of(tmp_path / "whole")


def wait_for_growth(process: subprocess.Popen[bytes], folder: Path, lines: int) -> None:
    """Until some more samples are on record, so that every kill finds the bench at work."""
    file = folder / "samples.jsonl"
    before = file.read_bytes().count(b"\n") if file.exists() else 0
    while process.poll() is None:
        if file.exists() and file.read_bytes().count(b"\n") >= before + lines:
            return
        time.sleep(0.002)


def tear(folder: Path, rng: random.Random) -> None:
    """As if a kill had come in the middle of a line."""
    for name in ("samples.jsonl", "results.jsonl"):
        if rng.random() < 0.5:
            with (folder / name).open("ab") as file:
                file.write(b'{"key":"torn", "te')


def test_what_was_drawn_is_not_drawn_again(tmp_path: Path) -> None:
    data, out = stage.sums(tmp_path / "sums.jsonl", 5), tmp_path / "out"
    stage.bench(data, out, stage.configs(CONFIGS[0]))
    whole = stage.rows_of(out)
    (out / "results.jsonl").unlink()
    engine = stage.Stage()
    stage.bench(data, out, stage.configs(CONFIGS[0]), engine=engine, resume=True)
    assert engine.requests == []
    assert stage.rows_of(out) == whole


def test_a_folder_with_results_needs_resume(tmp_path: Path) -> None:
    data, out = stage.sums(tmp_path / "sums.jsonl", 2), tmp_path / "out"
    stage.bench(data, out, stage.configs(CONFIGS[0]))
    with pytest.raises(UsageError, match="holds a run"):
        stage.bench(data, out, stage.configs(CONFIGS[0]))


@pytest.mark.parametrize(("seed", "n", "what"), [(1, 2, "another seed"), (0, 3, "another data")])
def test_another_run_does_not_mix_in(tmp_path: Path, seed: int, n: int, what: str) -> None:
    out, data = tmp_path / "out", stage.sums(tmp_path / "sums.jsonl", 2)
    stage.bench(data, out, stage.configs(CONFIGS[0]))
    stage.sums(data, n)
    with pytest.raises(UsageError, match=what):
        stage.bench(data, out, stage.configs(CONFIGS[0]), resume=True, seed=seed)


def test_a_name_keeps_its_meaning(tmp_path: Path) -> None:
    data, out = stage.sums(tmp_path / "sums.jsonl", 2), tmp_path / "out"
    stage.bench(data, out, stage.configs("name=a,samples=2"))
    with pytest.raises(UsageError, match="another configuration called 'a'"):
        stage.bench(data, out, stage.configs("name=a,samples=3"), resume=True)


def test_a_run_with_verifiers_goes_on(tmp_path: Path) -> None:
    data, out = stage.sums(tmp_path / "sums.jsonl", 2), tmp_path / "out"
    chosen = stage.configs("name=a,strategy=best-of-n,samples=2,verifier=confidence")
    stage.bench(data, out, chosen)
    (out / "results.jsonl").unlink()
    stage.bench(data, out, chosen, resume=True)
    assert len(stage.rows_of(out)) == 2


def test_one_process_writes_at_a_time(tmp_path: Path) -> None:
    data, out = stage.sums(tmp_path / "sums.jsonl", 4), tmp_path / "out"
    chosen = stage.configs(CONFIGS[0])

    class Meddling(stage.Stage):
        def submit(self, request: object) -> None:
            with pytest.raises(TtcError, match="another bench"):
                stage.bench(data, out, chosen, resume=True)
            super().submit(request)  # type: ignore[arg-type]

    stage.bench(data, out, chosen, engine=Meddling())
    assert len(stage.rows_of(out)) == 4
