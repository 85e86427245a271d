"""The generated files are what the command tree says now."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from harness import Ttc

from ttc_cli.cli.completion import NAMES, SCRIPTS
from ttc_cli.cli.reference import generated

ROOT = Path(__file__).parents[2]
TEXTS = generated()


@pytest.mark.parametrize("name", TEXTS)
def test_no_file_is_stale(name: str) -> None:
    path = ROOT / name
    text = path.read_text("utf-8") if path.exists() else ""
    assert text == TEXTS[name], (
        f"{name} is stale: run `python -m ttc_cli.cli.reference` and commit what it wrote"
    )


@pytest.mark.parametrize("shell", NAMES)
def test_the_command_prints_the_file(ttc: Ttc, shell: str) -> None:
    assert ttc("completion", shell).out == (SCRIPTS / NAMES[shell]).read_text("utf-8")


def test_another_shell_is_refused(ttc: Ttc) -> None:
    ran = ttc("completion", "tcsh")
    assert ran.code == 2
    assert "'fish'" in ran.err
    assert ran.err.count("\n") == 1


def test_the_reference_has_every_command_and_no_hidden_flag() -> None:
    page = TEXTS["docs/cli.md"]
    for heading in ("## ttc ask", "### ttc models pull", "### ttc config set"):
        assert f"\n{heading}\n" in page
    assert "`-e`, `--effort` `EFFORT`" in page
    assert "--reasoning-effort" not in "".join(TEXTS.values())


@pytest.mark.skipif(shutil.which("man") is None, reason="no man here")
def test_man_takes_the_page_without_a_warning() -> None:
    done = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", ROOT / "completions" / "ttc.1"],
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == b""
    assert b"EXIT STATUS" in re.sub(b".\x08", b"", done.stdout)  # bold is a letter struck twice
