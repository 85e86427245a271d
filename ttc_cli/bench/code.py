"""Running a model's code against a reference test, as HumanEval's harness does.

After Chen et al. 2021 (arXiv 2107.03374) and openai/human-eval's `execution.py`: the program is
prompt, completion and test, with a call of `check` on the entry point at the end, and it passes if
it comes to its end within the time limit. This is a child process with limits, and no sandbox: the
code has the user's rights.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping

SECONDS = 3.0
"""Time limit of one program; HumanEval's own default."""
START_SECONDS = 2.0
"""On top, for the interpreter to start on a busy machine; the processor's time is not extended."""
MEMORY = 1 << 30
OUTPUT = 1 << 20
PASSED = "ttc-passed"
_FENCE = re.compile(r"```[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:```|\Z)", re.DOTALL)
_GUARD = """
import contextlib, os, resource, sys
for kind, most in (("CPU", {cpu}), ("AS", {memory}), ("FSIZE", {output}), ("CORE", 0)):
    with contextlib.suppress(ValueError, OSError):  # macOS knows no limit of address space
        resource.setrlimit(getattr(resource, "RLIMIT_" + kind), (most, most))
told = os.dup(1)
null = os.open(os.devnull, os.O_RDWR)
for stream in (0, 1, 2):
    os.dup2(null, stream)
sys.argv = ["program"]
source = open("program.py", encoding="utf-8").read()
exec(compile(source, "program.py", "exec"), {{"__name__": "program"}})
os.write(told, {passed!r}.encode())
"""


def program(prompt: str, reply: str, entry_point: str) -> str:
    """The code to test: the function that a reply completes or writes anew.

    Args:
        prompt: the head of the function, as HumanEval gives it.
        reply: a chat model's; its fenced block that defines the entry point counts, else its last
            one, else the reply itself.
    """
    blocks = [code for kind, code in _FENCE.findall(reply) if kind.lower() in _PYTHON]
    defines = re.compile(rf"^(?:async[ \t]+)?def[ \t]+{re.escape(entry_point)}\b", re.MULTILINE)
    code = next((b for b in reversed(blocks) if defines.search(b)), blocks[-1] if blocks else reply)
    if not defines.search(code):
        return prompt + code
    # The prompt's imports and helpers stand above the function that is asked for.
    head = defines.search(prompt)
    return (prompt[: head.start()] if head else "") + "\n" + code


_PYTHON = ("", "python", "python3", "py")


def check_code(code: str, tests: Mapping[str, str], *, seconds: float = SECONDS) -> bool:
    """Whether a program passes its tests, in a process of its own.

    Args:
        code: defines the entry point.
        tests: "test" defines `check(candidate)`; "entry_point" names what it is called with.
        seconds: of the processor, and of the clock once the interpreter runs.
    """
    source = f"{code}\n{tests['test']}\ncheck({tests['entry_point']})"
    with tempfile.TemporaryDirectory(prefix="ttc-check-", ignore_cleanup_errors=True) as folder:
        with open(os.path.join(folder, "program.py"), "w", encoding="utf-8") as file:  # noqa: PTH118, PTH123
            file.write(source)
        guard = _GUARD.format(
            cpu=max(1, round(seconds)), memory=MEMORY, output=OUTPUT, passed=PASSED
        )
        return _passes([sys.executable, "-I", "-c", guard], folder, seconds + START_SECONDS)


def _passes(command: list[str], folder: str, seconds: float) -> bool:
    child = subprocess.Popen(  # noqa: S603 - the caller asked for it with --unsafe-exec
        command,
        cwd=folder,
        env={"PATH": os.defpath, "HOME": folder, "TMPDIR": folder},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        out, _ = child.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        out = b""
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)  # with what it started
        child.wait()
        if child.stdout:
            child.stdout.close()
    return child.returncode == 0 and out == PASSED.encode()
