"""Speeds and costs of runs, as they are kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ttc_cli.store.speeds import KEPT, Speeds, load, save

WAY = {"threads": 1, "ubatch": 256, "flash": None, "kv": "q8_0"}


def test_the_usual_run_is_the_median_of_the_last_and_of_what_was_thought() -> None:
    speeds = Speeds(widths={1: 40.0})
    assert speeds.tokens("math direct low", 200.0) == 200.0
    assert speeds.speed("math direct low", 1) == 40.0
    speeds.see_run("math direct low", 100.0, 30.0)
    assert speeds.tokens("math direct low", 200.0) == 150.0
    for tokens in (9000.0, 120.0):
        speeds.see_run("math direct low", tokens, 30.0)
    assert speeds.tokens("math direct low", 200.0) == 160.0
    for _ in range(KEPT):
        speeds.see_run("math direct low", 50.0, 20.0)
    assert speeds.tokens("math direct low", 200.0) == 50.0
    assert speeds.speed("math direct low", 1) == 20.0


def test_one_run_on_a_busy_machine_spoils_little_and_a_new_pace_is_followed() -> None:
    speeds = Speeds()
    for _ in range(5):
        speeds.see_width(1, 40.0)
    speeds.see_width(1, 0.4)
    assert speeds.at(1) == pytest.approx(34.0)
    speeds.see_width(1, float("nan"))
    assert speeds.at(1) == pytest.approx(34.0)
    for _ in range(30):
        speeds.see_width(1, 10.0)
    assert speeds.at(1) == pytest.approx(10.0, rel=0.05)


def test_everything_survives(tmp_path: Path) -> None:
    file = tmp_path / "speeds.json"
    speeds = Speeds({128: 100.0}, load=1.0, widths={4: 60.0}, tuning=WAY, answer={"math": 90.0})
    speeds.see_run("math direct low", 100.0, 30.0)
    speeds.see_width(2, 50.0)
    save(file, speeds)
    assert load(file) == speeds


@pytest.mark.parametrize(
    "wrong",
    [
        {"of": "another"},
        {"widths": {"4": float("inf")}},
        {"widths": {"four": 4.0}},
        {"load": -1.0},
        {"tuning": WAY | {"threads": 100_000}},
        {"tuning": WAY | {"ubatch": 0}},
        {"tuning": WAY | {"kv": "q1"}},
        {"tuning": {"threads": 1}},
    ],
)
def test_what_is_wrong_or_foreign_is_ignored_in_one_line(
    wrong: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "speeds.json"
    save(file, Speeds({128: 100.0}, widths={4: 60.0}, tuning=WAY))
    file.write_text(json.dumps(json.loads(file.read_text()) | wrong))
    found = load(file)
    assert str(file) in found.problem
    assert "\n" not in found.problem
    found.problem = ""
    assert found == Speeds()


def test_a_file_that_is_no_json_is_ignored_and_one_that_is_not_there_is_no_problem(
    tmp_path: Path,
) -> None:
    file = tmp_path / "speeds.json"
    assert load(file) == Speeds()
    for text in ("{", "[]", "null", '{"prefill": []}'):
        file.write_text(text)
        assert "ignored" in load(file).problem


def test_speeds_between_two_known_are_on_the_line() -> None:
    speeds = Speeds({128: 100.0, 512: 200.0}, widths={1: 30.0, 4: 60.0})
    assert [speeds.at(n) for n in (1, 2, 4, 9)] == [30.0, 40.0, 60.0, 60.0]
    assert [speeds.prefill_at(n) for n in (5, 128, 320, 9000)] == [100.0, 100.0, 150.0, 200.0]
    speeds.see_width(3, 44.0)
    assert speeds.at(3) == 44.0
    assert Speeds().at(1) == Speeds().prefill_at(1) == 0.0


def test_a_calibration_takes_the_place_of_speeds_but_not_of_lengths() -> None:
    speeds = Speeds({64: 9.0}, decode={1: 3.0, 2: 5.0}, answer={"math": 90.0})
    speeds.see_run("math direct low", 100.0, 3.0)
    speeds.calibrated(WAY, {32: 80.0, 512: 200.0}, {1: 30.0})
    assert speeds.at(1) == speeds.speed("math direct low", 1) == 30.0
    assert speeds.prefill_at(32) == 80.0
    assert speeds.tokens("math direct low", 300.0) == 200.0
    assert speeds.answer == {"math": 90.0}
    assert speeds.tuning == WAY
