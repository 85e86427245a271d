"""Speeds and costs of runs, as they are kept."""

from __future__ import annotations

import json
from pathlib import Path

from ttc_cli.store.speeds import KEPT, Speeds, load, save


def test_the_usual_run_is_the_median_of_the_last() -> None:
    speeds = Speeds()
    assert speeds.usual("math direct low") is None
    for tokens in (100.0, 9000.0, 120.0):
        speeds.see_run("math direct low", tokens, 30.0)
    assert speeds.usual("math direct low") == (120.0, 30.0)
    for _ in range(KEPT):
        speeds.see_run("math direct low", 50.0, 20.0)
    assert speeds.usual("math direct low") == (50.0, 20.0)


def test_runs_survive_and_older_files_are_read(tmp_path: Path) -> None:
    file = tmp_path / "speeds.json"
    speeds = Speeds(prefill=100.0, widths={4: 60.0})
    speeds.see_run("math direct low", 100.0, 30.0)
    save(file, speeds)
    assert load(file) == speeds
    old = {name: value for name, value in json.loads(file.read_text()).items() if name != "runs"}
    file.write_text(json.dumps(old))
    assert load(file).prefill == 100.0
    assert load(file).runs == {}


def test_measured_widths_stand_in_before_a_run() -> None:
    speeds = Speeds(widths={1: 30.0, 4: 60.0})
    assert speeds.at(3) == 60.0
    speeds.see_width(3, 44.0)
    assert speeds.at(3) == 44.0
