"""`ttc` in this process on a scripted engine, and as a child process on real models."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from harness import BOTH, REPLIES, Ran, Speaker, Ttc

from ttc_cli import __main__
from ttc_cli.engine.scripted import Script, from_choices
from ttc_cli.session.loaded import Session

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder and a home of its own for each test, and no settings of whoever runs it."""
    for name in list(os.environ):
        if name.startswith("TTC_") or name in ("NO_COLOR", "FORCE_COLOR"):
            monkeypatch.delenv(name)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TTC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TERM", "xterm-256color")
    with open(os.devnull, encoding="utf-8") as nothing:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdin", nothing)
        yield tmp_path


@pytest.fixture
def ttc(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Ttc]:
    """A function that runs `ttc` here: `ttc("ask", "hi", script=..., stdin=b"...")`."""

    def run(
        *words: str,
        script: Script | None = None,
        stdin: bytes | None = None,
        context: int = 4096,
        thinks: bool = False,
        cache: str = "no",
    ) -> Ran:
        def load(*_: Any) -> Speaker:
            return Speaker(script or from_choices(REPLIES[:1]), context=context, thinks=thinks)

        monkeypatch.setattr("ttc_cli.session.loaded.load_llama", load)
        monkeypatch.setenv("TTC_MODEL", str(tiny))
        monkeypatch.setenv("TTC_CACHE", cache)
        if stdin is not None:
            Path("stdin.bytes").write_bytes(stdin)
            opened = open("stdin.bytes", encoding="utf-8")  # noqa: PTH123, SIM115 - closed below
            files.append(opened)
            monkeypatch.setattr(sys, "stdin", opened)
        capsys.readouterr()
        code = __main__.run(list(words))
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    files: list[IO[str]] = []
    yield run
    for file in files:
        file.close()


@pytest.fixture
def ask(ttc: Ttc, monkeypatch: pytest.MonkeyPatch) -> Ttc:
    """`ttc` with the cache on; `model=False` makes it an error to start loading the model."""
    begin = Session.begin

    def never(_: Session) -> Any:
        raise AssertionError("the model is loaded")

    def run(*words: str, model: bool = True, **more: Any) -> Ran:
        monkeypatch.setattr(Session, "begin", begin if model else never)
        return ttc(*words, **{"script": BOTH, "cache": "yes", **more})

    return run


@pytest.fixture
def child(machine: Path) -> Ttc:
    """A function that runs `ttc` as a child process: whatever subprocess.run takes, it takes."""

    def run(*words: str, **more: Any) -> Ran:
        more = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "timeout": 100, **more}
        if "input" in more:
            del more["stdin"]
        done = subprocess.run(
            [sys.executable, "-m", "ttc_cli", *words], stderr=subprocess.PIPE, check=False, **more
        )
        return Ran(done.returncode, (done.stdout or b"").decode(), done.stderr.decode())

    return run
