"""A first load of an unknown GGUF in a child process: llama.cpp may abort the process it is in.

The child also reads a few words and draws two tokens: what a damaged file breaks may show there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
from pathlib import Path

from ttc_cli.core.errors import ModelError
from ttc_cli.core.files import private_folder

CODE = """
import sys
from pathlib import Path
from ttc_cli.engine.llama.engine import LlamaEngine
from ttc_cli.core.branch import Prompt
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.sampling import StopRule
engine = LlamaEngine(Path(sys.argv[1]), cells=256, gpu_layers=0)
engine.submit(BranchRequest((0, 0), Prompt((("Hi there, 12", False),)), StopRule(2)))
while not any(delta.stop for delta in engine.poll(0.1)):
    pass
engine.close()
"""
SECONDS = 300.0  # for all of it: a large model on a slow disk takes a minute


def try_loading(path: Path, marks: Path, identity: str, *, keep: bool) -> None:
    """Load a file in a child once; files that did load are remembered in the folder `marks`.

    Args:
        keep: whether a load that went well may be remembered.

    Raises ModelError: the child crashed, or llama.cpp refused the file.
    """
    mark = marks / hashlib.sha256(identity.encode()).hexdigest()[:32]
    if mark.exists():
        return
    nothing, command = subprocess.DEVNULL, [sys.executable, "-c", CODE, os.fspath(path)]
    # llama.cpp's abort handler starts a debugger, which can take minutes
    env = {**os.environ, "GGML_NO_BACKTRACE": "1"}
    try:
        child = subprocess.run(  # noqa: S603 - our own interpreter, a path as its argument
            command, stdin=nothing, stdout=nothing, stderr=subprocess.PIPE,
            check=False, timeout=SECONDS, env=env,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ModelError(
            f"{path.name} was not loaded within {SECONDS:g} s", "choose a smaller model"
        ) from None
    if child.returncode != 0:
        raise ModelError(
            f"{path.name} cannot be loaded: {_reason(child.returncode, child.stderr)}",
            "choose another model, or see what `ttc models show` says of it",
        )
    with contextlib.suppress(OSError):
        if keep:
            private_folder(marks)
            mark.touch()


def _reason(code: int, stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    if code < 0:
        # from the mark on: what stands before it is a path of the machine that built llama.cpp
        told = [line[line.index(m) :] for m in ("GGML_ASSERT", "terminate") for line in lines
                if m in line]  # fmt: skip
        return "llama.cpp crashed on it" + (f" ({told[0].strip()})" if told else "")
    said = lines[-1] if lines else "no reason given"
    said = said.partition("ModelError: ")[2].partition("; ")[0] or said
    return said.partition(".gguf: ")[2] or said
