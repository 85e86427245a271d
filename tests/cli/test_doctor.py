"""`ttc doctor`: what it finds, and that nothing it finds takes it along."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import gguf
import pytest
from harness import Ttc
from tiny_llama import write_llama

from ttc_cli.engine import machine
from ttc_cli.session.checkup import build, model

CPUINFO = "processor\t: 0\nflags\t\t: fpu sse avx f16c fma avx2 avx512f\n\nprocessor\t: 1\n"


def findings(text: str) -> dict[str, dict[str, Any]]:
    return {row["check"]: row for row in json.loads(text)["findings"]}


def test_a_healthy_machine(child: Ttc, tiny: Path) -> None:
    ran = child("doctor", "--quick", "--json", "-m", str(tiny))
    rows = findings(ran.out)
    broken = [row for row in rows.values() if row["state"] == "broken"]
    assert (ran.code, broken) == (0, [])
    assert rows["loading"]["state"] == "ok"
    assert "speed" not in rows
    assert json.loads(ran.out)["machine"]["processors"] >= 1


def test_for_people_a_line_a_check_and_what_to_do(child: Ttc, machine: Path) -> None:
    ran = child("doctor", "--quick", "-m", "smollm2-135m")  # not pulled: the home is empty
    assert ran.code == 1
    assert "✗ model: smollm2-135m is not on this machine" in ran.out
    assert "\n  → run `ttc models pull smollm2-135m`\n" in ran.out
    assert "✓ versions: ttc " in ran.out
    assert ran.err == ""


def test_the_speed_is_measured(child: Ttc, tiny: Path) -> None:
    rows = findings(child("doctor", "--json", "-m", str(tiny)).out)
    assert "tokens a second for one branch" in rows["speed"]["found"]
    assert not rows["speed"]["found"].startswith("0.0")


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import os; os.abort()", "it crashed (signal 6)"),
        ("raise OSError('libllama.so: cannot open')", "OSError: libllama.so: cannot open"),
    ],
)
def test_a_llama_cpp_that_dies_on_import(
    child: Ttc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, why: str
) -> None:
    package = tmp_path / "site" / "llama_cpp"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(code)
    root = Path(__file__).parents[2]
    monkeypatch.setenv("PYTHONPATH", f"{package.parent}:{root}")
    ran = child("doctor", "--quick", "--json")
    rows = findings(ran.out)
    assert ran.code == 1
    assert why in rows["llama.cpp"]["found"]
    assert "pip install" in rows["llama.cpp"]["advice"]
    assert "logs" in rows  # it went on


def test_a_model_that_crashes_llama_cpp(
    child: Ttc, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def add(self: gguf.GGUFWriter, _: int) -> None:
        self.add_uint32("llama.block_count", 600)  # asserted, not checked

    monkeypatch.setattr(gguf.GGUFWriter, "add_block_count", add)
    deep = write_llama(tmp_path / "deep.gguf")
    ran = child("doctor", "--quick", "--json", "-m", str(deep))
    assert ran.code == 1
    assert "it crashed (signal 6)" in findings(ran.out)["loading"]["found"]


def test_wrong_settings_a_place_that_is_none_and_a_damaged_log(
    child: Ttc, machine: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = machine / "home"
    (home / "logs").mkdir(parents=True)
    (home / "config.toml").write_text('effort = "hihg"')
    with sqlite3.connect(home / "logs" / "runs.db") as base:
        base.execute("CREATE TABLE runs (id)")
    base.close()
    whole = (home / "logs" / "runs.db").read_bytes()
    (home / "logs" / "runs.db").write_bytes(whole[:60] + b"\xff" * 2000 + whole[2060:])
    ran = child("doctor", "--quick", "--json", "-m", str(tiny))
    rows = findings(ran.out)
    assert ran.code == 1
    assert f"{home / 'config.toml'}:1: effort must be" in rows["settings"]["found"]
    assert rows["runs.db"]["state"] == "broken"
    assert "move it away" in rows["runs.db"]["advice"]
    (machine / "file").touch()
    monkeypatch.setenv("TTC_HOME", str(machine / "file" / "home"))
    rows = findings(child("doctor", "--quick", "--json", "-m", str(tiny)).out)
    assert rows["cache"]["state"] == "broken"
    assert "cannot be written to" in rows["cache"]["found"]


def test_instructions_that_the_build_does_not_use() -> None:
    here = machine.cpu_features(CPUINFO)
    assert here == {"AVX", "F16C", "FMA", "AVX2", "AVX512"}
    used = "CPU : AVX = 1 | AVX2 = 1 | F16C = 1 | FMA = 1 | AVX512 = 1 | "
    assert build.instructions(used, here).state == "ok"
    found = build.instructions(used.replace("AVX512 = 1", "AVX512 = 0"), here)
    assert found.state == "warning"
    assert "AVX512," in found.found
    assert "GGML_NATIVE=on" in found.advice
    arm = machine.cpu_features("Features\t: fp asimd asimddp\n")
    assert build.instructions("CPU : NEON = 1 | ", arm).found.startswith("it has DOTPROD")
    assert build.instructions(used, frozenset()).state == "ok"


@pytest.mark.parametrize(
    ("chosen", "available", "quota", "state"),
    [
        (None, 4, None, "ok"),
        (8, 4, None, "warning"),
        (None, 8, 2.0, "warning"),
        (2, 8, 2.0, "ok"),
        (1, 8, None, "warning"),
        (3, 4, None, "ok"),
    ],
)
def test_threads(chosen: int | None, available: int, quota: float | None, state: str) -> None:
    assert build.threads(chosen, available, quota).state == state


def test_quotas_are_read() -> None:
    assert machine.processor_quota("150000 100000\n") == 1.5
    assert machine.processor_quota("max 100000\n") is None
    assert machine.processor_quota("") is None


def test_a_gpu_that_is_not_used() -> None:
    assert build.gpu(True, "CUDA").state == build.gpu(False, "").state == "ok"
    found = build.gpu(False, "Vulkan")
    assert found.state == "warning"
    assert "-DGGML_VULKAN=on" in found.advice


def test_memory_and_speed_are_judged() -> None:
    gb = 10**9
    assert model.memory(4 * gb, gb, 4096, 8 * gb, 7 * gb).state == "ok"
    assert model.memory(4 * gb, gb, 4096, 8 * gb, 2 * gb).state == "warning"
    assert model.memory(9 * gb, gb, 4096, 8 * gb, 7 * gb).state == "broken"
    assert model.memory(9 * gb, gb, 4096, None, None).state == "ok"
    assert model.speed(2.0, 9.0, calibrated=True).state == "warning"
    assert model.speed(20.0, 90.0, calibrated=True).advice == ""
    assert "no token came" in model.speed(0.0, 0.0, calibrated=True).found
    assert "ttc calibrate" in model.speed(20.0, 90.0, calibrated=False).advice
