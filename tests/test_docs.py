"""Documentation that cannot go stale: its commands exist, and those marked to be run do run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from documented import Block, blocks, commands
from typer import Exit, TyperException
from typer.main import get_command

from ttc_cli.__main__ import with_command
from ttc_cli.cli.app import app

BLOCKS = list(blocks())
DOCUMENTED = [(block.where, words) for block in BLOCKS for words in commands(block)]


def parse(words: list[str]) -> None:
    """Parse as `ttc` would; nothing is run.

    Raises:
        TyperException: no such command or flag, or a value of the wrong type.
    """
    command: Any = get_command(app)
    context, rest = None, with_command(words or ["ask"])  # `... | ttc`
    while True:
        name = command.name or "ttc"
        context = command.make_context(name, list(rest), parent=context)
        if not hasattr(command, "resolve_command"):
            return
        rest = [*context._protected_args, *context.args]
        _, command, rest = command.resolve_command(context, rest)


def test_there_are_commands_to_look_at() -> None:
    assert len(DOCUMENTED) > 20
    assert any(block.run for block in BLOCKS)


@pytest.mark.parametrize(("where", "words"), DOCUMENTED)
def test_what_is_documented_exists(where: str, words: list[str]) -> None:
    try:
        with suppress(Exit):  # --help, --version
            parse(words)
    except TyperException as error:
        pytest.fail(f"{where}: ttc {' '.join(words)}: {error.format_message()}")


@pytest.mark.parametrize("words", [["ask", "--no-such-flag", "x"], ["models", "bake"], ["-n", "x"]])
def test_what_does_not_exist_would_be_found(words: list[str]) -> None:
    with pytest.raises(TyperException):
        parse(words)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("block", [b for b in BLOCKS if b.run], ids=lambda block: block.where)
def test_what_is_to_be_run_runs(block: Block, tiny: Path, tmp_path: Path) -> None:
    for tool in ("bash", "jq"):
        if tool in f"bash {block.script}" and shutil.which(tool) is None:
            pytest.skip(f"{tool} is not here")
    script = tmp_path / "bin" / "ttc"
    script.parent.mkdir()
    # what a model of random weights says is cut off (6) or no answer (3), of map 1, and told
    ends = '"$@"; case $? in 0|3|6) ;; 1) [ "$1" = map ];; *) exit 1;; esac'
    script.write_text(f'#!/bin/sh\n"{sys.executable}" -m ttc_cli {ends}\n')
    script.chmod(0o755)
    for name in ("notes.txt", "report.txt", "data.csv"):
        (tmp_path / name).write_text("May 3: 12 sold\nMay 4: 15 sold\n")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TTC_")}
    environ |= {
        "PATH": f"{script.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "TTC_HOME": str(tmp_path / "home"),
        "TTC_MODEL": str(tiny),
        "TTC_MAX_TOKENS": "16",
    }
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", block.script],
        cwd=tmp_path,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr.decode()
