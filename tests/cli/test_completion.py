"""Completion in the shells themselves, and the values they ask for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest
from harness import SUM, Ttc

ROOT = Path(__file__).parents[2]
FILES = ROOT / "ttc_cli" / "cli" / "shells"
Complete = Callable[[str], list[str]]


@pytest.fixture
def program(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `ttc` on the PATH, with a template and a profile to complete."""
    folder = machine / "bin"
    folder.mkdir()
    script = folder / "ttc"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ttc_cli "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    templates = machine / "home" / "templates"
    templates.mkdir(parents=True)
    (templates / "greet.toml").write_text('prompt = "Greet {input}"')
    (machine / "home" / "config.toml").write_text("[profile.fast]\nsamples = 1\n")
    return folder


def _fish(line: str) -> list[str]:
    asked = f"source {FILES / 'ttc.fish'}; complete -C '{line}'"
    done = subprocess.run(
        ["fish", "--no-config", "-c", asked], capture_output=True, check=True, timeout=60
    )
    assert done.stderr == b""
    return [row.split("\t")[0] for row in done.stdout.decode().splitlines()]


BASH = r"""
source "$1"
show() { _ttc "$@"; printf '%s\n' "${COMPREPLY[@]}" > replies; COMPREPLY=(); }
complete -F show ttc
PS1='ready> '
"""


def _typed(shell: pexpect.spawn[str], line: str) -> list[str]:
    """What completion offers when a tab is pressed after the line."""
    Path("replies").write_text("")
    shell.send(line + "\t")
    text, before = "", "-"
    for _ in range(300):  # until there is something, and no more comes
        text, before = Path("replies").read_text(), text
        if text.split() and text == before:
            break
        shell.expect([pexpect.TIMEOUT, ".+"], timeout=0.1)
    shell.send("\x03")
    shell.expect("ready> ")
    return sorted(set(text.split()))


def _bash(line: str) -> list[str]:
    Path("rc").write_text(BASH.replace('"$1"', f'"{FILES / "ttc.bash"}"'))
    shell = pexpect.spawn("bash", ["--rcfile", "rc", "--noprofile", "-i"], encoding="utf-8")
    shell.expect("ready> ")
    found = _typed(shell, line)
    shell.close(force=True)
    return found


ZSH = r"""
PS1='ready> '
fpath=(FOLDER $fpath)
autoload -U compinit && compinit -u -D
compadd() { # what would be offered, through zsh's own matching
    local -a kept
    builtin compadd -O kept "$@"
    print -l -- $kept >> replies
    builtin compadd "$@"
}
"""


def _zsh(line: str) -> list[str]:
    Path(".zshrc").write_text(ZSH.replace("FOLDER", str(FILES)))
    shell = pexpect.spawn("zsh", ["-i"], env={**os.environ, "ZDOTDIR": "."}, encoding="utf-8")
    shell.expect("ready> ")
    found = _typed(shell, line)
    shell.close(force=True)
    return found


@pytest.fixture(params=["bash", "zsh", "fish"])
def complete(request: pytest.FixtureRequest, program: Path) -> Complete:
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not here")
    found: Complete = {"bash": _bash, "zsh": _zsh, "fish": _fish}[request.param]
    return found


@pytest.mark.terminal
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ttc mod", {"models"}),
        ("ttc models sh", {"show"}),
        ("ttc ask --eff", {"--effort"}),
        ("ttc --max-s", {"--max-seconds"}),
        ("ttc ask -e h", {"high"}),
        ("ttc -S self", {"self-consistency"}),
        ("ttc -V self", {"self-certainty"}),
        ("ttc -V te", {"tests:"}),
        ("ttc -m smol", {"smollm2-135m"}),
        ("ttc models show smol", {"smollm2-135m"}),
        ("ttc -t gr", {"greet"}),
        ("ttc templates show gr", {"greet"}),
        ("ttc --profile f", {"fast"}),
        ("ttc config set max_s", {"max_seconds"}),
        ("ttc completion po", {"powershell"}),
        ("ttc config set effort h", {"high"}),
        ("ttc config set yes t", {"true"}),
        ("ttc config set profile.fast.strategy self", {"self-consistency"}),
        ("ttc logs rate 1234 g", {"good"}),
        ("ttc logs export --format d", {"dpo"}),
        ("ttc models alias quick smol", {"smollm2-135m"}),
        ("ttc serve --po", {"--port"}),
        ("ttc serve --max-s", {"--max-seconds"}),
        ("ttc serve -m smol", {"smollm2-135m"}),
        ("ttc serve -m smollm2-135m -e h", {"high"}),
        ("ttc models --js", {"--json"}),
    ],
)
def test_what_is_offered(complete: Complete, line: str, expected: set[str]) -> None:
    assert set(complete(line)) == expected


@pytest.mark.terminal
def test_files_are_offered(complete: Complete) -> None:
    Path("notes.txt").touch()
    assert "notes.txt" in complete("ttc -f not")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ttc ask --effort=h", ["--effort=high"]),
        ("ttc plan a trip --eff", []),
        ("ttc what is it --eff", ["--effort"]),
        ('ttc "models a" --eff', ["--effort"]),
        ("ttc ask -- --eff", []),
        ("ttc ask a=b", []),
        ("ttc config ", ["show", "get", "set", "unset", "path", "edit"]),
        ("ttc models alias quick ", [":gguf", "smollm2-135m"]),
        ("ttc -f ", [":files"]),
        ("ttc --seed ", ["random"]),
        ("ttc --temperature ", []),
    ],
)
def test_what_may_follow(child: Ttc, line: str, expected: list[str]) -> None:
    found = [row.split("\t")[0] for row in child("_complete", line).out.splitlines()]
    assert set(expected) <= set(found) if ":gguf" in expected else found == expected


def test_runs_are_offered_newest_first(ttc: Ttc, child: Ttc) -> None:
    assert child("_complete", "ttc again ").out == ""
    ttc("-e", "low", SUM)
    ttc("-e", "low", "--seed", "4", SUM)
    listed = child("_complete", "ttc again ").out.split()
    assert len(listed) == 2
    assert ttc("again", listed[0], "--json").code == 0


def test_completion_never_fails(child: Ttc, machine: Path) -> None:
    (machine / "home").mkdir(exist_ok=True)
    (machine / "home" / "config.toml").write_text("not toml at all")
    for line in (
        "ttc --profile ",
        "ttc config set nonsense ",
        "ttc config set a.b ",
        "ttc config set '' ",
        "ttc",
        "",
    ):
        told = child("_complete", line)
        assert (told.code, told.out, told.err) == (0, "", "")


LINES = (
    "ttc -m ", "ttc -S ", "ttc -t ", "ttc again ", "ttc --profile ", "ttc config set ",
    "ttc config set effort ", "ttc ask --", "ttc ",
)  # fmt: skip


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("from ttc_cli.cli.values import print_completions as p\n"
         f"for line in {LINES}: p(line)", "typer rich numpy llama_cpp huggingface_hub jinja2"),
        ("import ttc_cli.settings", "tomllib tomli_w platformdirs jinja2 difflib json"),
        ("import ttc_cli.answers as a; a.extract, a.classes, a.Worker",
         "sympy numpy math_verify pint text_to_num"),
        ("from ttc_cli.routing.policy import route; route('what is 2 + 2')",
         "numpy sklearn llama_cpp"),
    ],
)  # fmt: skip
def test_what_is_quick_imports_nothing_heavy(code: str, heavy: str) -> None:
    """What makes a tab, a help and a plan quick."""
    told = f"print(sorted({{*{heavy.split()}}} & sys.modules.keys()), file=sys.stderr)"
    command = [sys.executable, "-c", f"import sys\n{code}\n{told}"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert done.stderr == b"[]\n"
