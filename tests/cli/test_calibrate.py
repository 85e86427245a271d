"""`ttc calibrate`: what it prints, what it keeps, and that later runs go by it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from harness import Ttc

from ttc_cli.cli import calibrate as command
from ttc_cli.engine.host import Tuning
from ttc_cli.engine.tuning import MEASURED, SIZES, Reading
from ttc_cli.models.registry import ModelFile, identity, resolve
from ttc_cli.session import calibrate as session  # here, so that it has the real `load_llama`
from ttc_cli.session.loaded import tuned
from ttc_cli.settings import Settings, cache_dir, home
from ttc_cli.store.speeds import Speeds, load, path, save


class Quick:
    """A context that is measured at once: on half the rows a batch it is twice as fast."""

    def __init__(self, _model: Any, way: Tuning) -> None:
        self.slow = way.ubatch / 512

    def prefill(self, tokens: int) -> float:
        return tokens * self.slow / 100

    def decode(self, width: int, times: int) -> float:
        return times * (1 + width / 8) / 100

    def read(self) -> Reading:
        return Reading([-1.0] * 100, [7] * 100)

    def close(self) -> None:
        """There is nothing."""


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which nothing else runs."""
    monkeypatch.setattr(command, "_load", lambda: 0.0)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading and measurements take no time."""
    engine = SimpleNamespace(model=SimpleNamespace(bytes=1000), close=lambda: None)
    monkeypatch.setattr(session, "load_llama", lambda *_: engine)
    monkeypatch.setattr("ttc_cli.engine.llama.probe.Probe", Quick)
    monkeypatch.setattr(session, "available_threads", lambda: 2)


def kept(tiny: Path) -> Speeds:
    """What is kept of the model, in this test's home."""
    return load(_file(tiny))


def _file(tiny: Path) -> Path:
    model = resolve(str(tiny), home())
    assert isinstance(model, ModelFile)
    return path(cache_dir(), identity(model))


def test_a_real_model_is_measured_and_that_is_kept(ttc: Ttc, tiny: Path) -> None:
    ran = ttc("calibrate", "--threads", "1", cache="yes")
    assert (ran.code, ran.err) == (0, "")
    *findings, widths, chosen, memory = ran.out.splitlines()
    names = [line.split()[0] for line in findings]
    assert names[-len(MEASURED) :] == ["at"] * len(MEASURED)
    assert {"batch", "KV", "flash", "prompt"} <= set(names)
    assert "threads" not in names, "they were given"
    assert widths.startswith("good widths: 1")
    assert chosen.startswith("chosen: 1 threads, batch ")
    assert memory.startswith("memory: ")
    speeds = kept(tiny)
    assert sorted(speeds.widths) == list(MEASURED)
    assert sorted(speeds.prefill) == list(SIZES)
    assert all(speed > 0 for speed in [*speeds.widths.values(), *speeds.prefill.values()])
    assert speeds.tuning["threads"] == 0, "what was given for once is not what was found"


@pytest.mark.usefixtures("quick")
def test_json_is_one_object_and_progress_goes_to_stderr(ttc: Ttc, tiny: Path) -> None:
    ran = ttc("calibrate", "--json", cache="yes")
    told = json.loads(ran.out)
    assert told.keys() == {
        "model", "tokens_per_second", "good_widths", "prefill_tokens_per_second", "chosen",
        "memory", "answer_tokens", "tried", "kept",
    }  # fmt: skip
    assert told["chosen"] == {"threads": 2, "ubatch": 128, "flash": None, "kv": "f16"}
    assert told["tokens_per_second"] == {str(n): round(100 * n / (1 + n / 8), 1) for n in MEASURED}
    assert told["prefill_tokens_per_second"] == dict.fromkeys(map(str, SIZES), 400.0)
    assert {each["part"] for each in told["tried"]} == {"threads", "ubatch", "kv", "flash"}
    assert told["memory"].keys() == {"weights", "cell", "cells"}
    assert told["memory"]["weights"] == 1000
    assert (told["kept"], told["answer_tokens"]) == (True, {})
    assert ran.err.count("\n") == len(told["tried"]) + len(SIZES) + len(MEASURED)
    assert tuned(Settings(), kept(tiny)) == Tuning(2, 128, None, "f16"), "later runs go by it"


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("variable", "value", "part"),
    [("TTC_KV_TYPE", "f16", "kv"), ("TTC_FLASH_ATTENTION", "no", "flash")],
)
def test_what_the_settings_fix_is_not_searched(
    ttc: Ttc, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, part: str
) -> None:
    monkeypatch.setenv(variable, value)
    tried = json.loads(ttc("calibrate", "--json").out)["tried"]
    assert part not in {each["part"] for each in tried}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("cache", "log"), [("no", "yes"), ("yes", "no")])
def test_nothing_is_kept_where_nothing_may_be(
    ttc: Ttc, tiny: Path, monkeypatch: pytest.MonkeyPatch, cache: str, log: str
) -> None:
    monkeypatch.setenv("TTC_LOG", log)
    ran = ttc("calibrate", cache=cache)
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "not kept: log or cache is off")
    assert kept(tiny) == Speeds()


@pytest.mark.usefixtures("quick")
def test_lengths_that_runs_told_stay_and_speeds_are_new(ttc: Ttc, tiny: Path) -> None:
    ttc("tell me", cache="yes")
    save(_file(tiny), Speeds({64: 9.0}, decode={1: 3.0}, answer={"math": 90.0}, load=1.5))
    told = ttc("calibrate", cache="yes").out.splitlines()[-1]
    assert told.startswith("tokens of an answer: math 90, plain "), "the log told of the other"
    after = kept(tiny)
    assert (after.answer["math"], after.load, after.decode) == (90.0, 1.5, {})
    assert after.at(1) == pytest.approx(100 / (1 + 1 / 8))


@pytest.mark.usefixtures("quick")
def test_a_disk_that_refuses_is_told(ttc: Ttc, machine: Path) -> None:
    (machine / "home").mkdir()
    (machine / "home" / "cache").write_text("in the way")
    ran = ttc("calibrate", cache="yes")
    folder = machine / "home" / "cache" / "speeds"
    assert ran.out.splitlines()[-1] == f"not kept: {folder} cannot be written to"
    assert json.loads(ttc("calibrate", "--json", cache="yes").out)["kept"] is False


@pytest.mark.usefixtures("quick")
def test_a_busy_machine_is_told(ttc: Ttc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_load", lambda: 1.5)
    assert ttc("calibrate").err == ("the machine is busy (load 1.5): the figures will be low\n")


def test_what_cannot_be_measured_is_refused(ttc: Ttc, tmp_path: Path) -> None:
    ran = ttc("calibrate", "-m", "http://127.0.0.1:9/v1")
    assert (ran.code, ran.out) == (2, "")
    assert "a server schedules itself" in ran.err
    ran = ttc("calibrate", "-m", str(tmp_path / "none.gguf"))
    assert (ran.code, ran.out, ran.err.count("\n")) == (4, "", 1)
    (tmp_path / "not.gguf").write_bytes(b"GGUF, but no more than that")
    ran = ttc("calibrate", "-m", str(tmp_path / "not.gguf"))
    assert (ran.code, ran.out, ran.err.count("\n")) == (4, "", 1)
