"""What `ttc doctor` looks at: each check says what it found and what to do about it.

Code that may crash runs in a child process: llama.cpp may, and not with us in it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, Literal

from ttc_cli.core.errors import EngineFailed

State = Literal["ok", "warning", "broken"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Args:
        check: what was looked at.
        state: "broken" means that ttc cannot answer, or keeps failing; "warning" that it is
            slower or less than it could be.
        found: one line. advice: what to do about it; "" when there is nothing to do.
    """

    check: str
    state: State
    found: str
    advice: str = ""


def ask(code: str, *arguments: str, seconds: float) -> dict[str, Any]:
    """The JSON object that is the last line which the code prints; EngineFailed without one."""
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-c", code, *arguments], stdin=subprocess.DEVNULL,
            capture_output=True, check=False, timeout=seconds,
            # llama.cpp's abort handler starts a debugger, which can take minutes
            env={**os.environ, "GGML_NO_BACKTRACE": "1"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise EngineFailed(f"no answer in {seconds:g} s") from None
    if done.returncode < 0:
        raise EngineFailed(f"it crashed (signal {-done.returncode})")
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    try:
        value = json.loads(done.stdout.decode("utf-8", "replace").strip().splitlines()[-1])
    except (ValueError, IndexError):
        value = None
    if done.returncode or not isinstance(value, dict):
        raise EngineFailed(lines[-1] if lines else f"it failed (exit code {done.returncode})")
    return value
