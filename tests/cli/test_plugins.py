"""Plugins: the worked example as it would be installed, and packages that are broken."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from harness import SUM, Ttc

from ttc_cli.engine.scripted import from_choices

EXAMPLE = Path(__file__).parents[2] / "docs" / "example-plugin"
LONG, SHORT = "Let us see. " * 20 + "It is \\boxed{8}.", "It is \\boxed{42}."


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, installed into a folder of its own, without a network."""
    target = tmp_path_factory.mktemp("site")
    source = shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("example") / "package")
    flags = ["--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", *flags, "--target", target, source],
        check=True,
        timeout=100,
    )
    return target


@pytest.fixture
def example(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(installed)
    return installed


def broken(folder: Path, name: str, group: str, code: str) -> None:
    """A package whose entry point does not do."""
    about = folder / f"{name}-2.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.0\n")
    (about / "entry_points.txt").write_text(f"[{group}]\n{name} = {name}_module\n")
    (folder / f"{name}_module.py").write_text(code)


def test_the_example_is_listed(ttc: Ttc, example: Path) -> None:
    rows = json.loads(ttc("plugins", "--json").out)
    mine = [row for row in rows if row["package"] == "ttc-example"]
    assert [(row["kind"], row["name"], row["version"], row["state"]) for row in mine] == [
        ("strategy", "first-finish", "0.1.0", "works"),
        ("verifier", "words", "0.1.0", "works"),
    ]
    assert "strategy\tfirst-finish\tttc-example\t0.1.0\tworks\n" in ttc("plugins").out


def test_the_examples_strategy_answers(ttc: Ttc, example: Path) -> None:
    script = from_choices((LONG, SHORT))
    ran = ttc("-S", "first-finish", "-n", "6", "-O", "wait=1", "--json", SUM, script=script)
    result = json.loads(ran.out)["ttc"]
    assert (result["strategy"], result["answer"]) == ("first-finish", "42")
    assert result["samples"]["culled"] > 0
    ran = ttc("-S", "first-finish", "-O", "wait=0", SUM)
    assert ran.code == 2
    assert "takes a whole number of at least 1" in ran.err
    assert "wait=1" in ttc("ask", "-S", "first-finish", "--help-options").out


def test_the_examples_verifier_judges(ttc: Ttc, example: Path) -> None:
    script = from_choices((LONG, SHORT))
    words = ("-S", "best-of-n", "-n", "6", "-V", "words:5", "-O", "choose=argmax")
    ran = ttc(*words, "--json", SUM, script=script)
    assert json.loads(ran.out)["ttc"]["answer"] == "42"
    ran = ttc("-V", "words:many", SUM)
    assert ran.code == 2
    assert "write words:N" in ran.err


def test_the_examples_own_tests_pass(example: Path) -> None:
    path = os.pathsep.join((str(example), str(EXAMPLE.parents[1])))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", EXAMPLE / "tests"],
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout.decode()


@pytest.mark.parametrize("group", ["ttc.strategies", "ttc.verifiers"])
@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise SystemExit(7)", "SystemExit: 7"),
        ("x = 1", "it has no "),
    ],
)
def test_a_broken_plugin_is_told_and_stops_nothing(
    ttc: Ttc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: str, code: str, why: str
) -> None:
    name = f"bad{abs(hash((group, code)))}"  # a module is imported once in a process
    broken(tmp_path / "site", name, group, code)
    monkeypatch.syspath_prepend(tmp_path / "site")
    ran = ttc("plugins")
    kind = {"ttc.strategies": "strategy", "ttc.verifiers": "verifier"}[group]
    assert ran.code == 0
    assert f"{kind}\t{name}\t{name}\t2.0\tbroken\n" in ran.out
    assert why in ran.err
    flag = {"strategy": "-S", "verifier": "-V"}[kind]
    ran = ttc(flag, name, SUM)
    assert ran.code == 2
    assert why in ran.err
    assert ran.err.count("\n") == 1
    assert ttc("-e", "low", SUM).code == 0
    assert ttc("-S", "nonsense", SUM).code == 2
    assert ttc("-V", "nonsense", SUM).code == 2
    assert ttc("ask", "--help-options").code == 0


def test_nothing_can_take_a_name_of_ours(
    ttc: Ttc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(tmp_path / "site", "direct", "ttc.strategies", "1 / 0")
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert ttc("-S", "direct", SUM).code == 0
    assert "\tdirect\t" in ttc("plugins").out
