"""A child process that cannot outstay its welcome: time, output, and everything it started."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP", "SYSTEMROOT")
"""Of the environment: no token or password is in these."""
LOOK_SECONDS = 0.02
MOST_OUTPUT = 1 << 20  # bytes on stdout or stderr; more, and the process is stopped
GRACE_SECONDS = 1.0
LATE = "it was not done in time"


@dataclass(frozen=True, slots=True)
class Ran:
    """How a process ended: `code` is negative for a signal; `stopped` says why it was stopped."""

    code: int
    out: str
    err: str
    stopped: str = ""


def environment() -> dict[str, str]:
    """Ours without what a child does not need to know."""
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ}


def run(
    command: Sequence[str],
    *,
    stdin: bytes = b"",
    seconds: float,
    cancel: threading.Event | None = None,
    env: Mapping[str, str] | None = None,
) -> Ran:
    """Run a command to its end, or to ours, in a session of its own.

    It is asked to stop before it is made to, so that it can clean up after itself.

    Args:
        seconds: of the clock.
        cancel: stops it from outside.
        env: its environment; by default `environment()`.

    Raises OSError: it cannot be started.
    """
    with contextlib.ExitStack() as stack:
        given, out, err = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(3))
        given.write(stdin)
        given.seek(0)
        child = subprocess.Popen(  # noqa: S603 - running it is what the user asked for
            list(command), stdin=given, stdout=out, stderr=err,
            env=dict(environment() if env is None else env), start_new_session=True,
        )  # fmt: skip
        try:
            stopped = _watch(child, time.monotonic() + seconds, cancel, (out, err))
        finally:
            _end(child)
        return Ran(child.returncode, _text(out), _text(err), stopped)


def _watch(
    child: subprocess.Popen[bytes],
    deadline: float,
    cancel: threading.Event | None,
    files: Sequence[IO[bytes]],
) -> str:
    while not _ended(child, LOOK_SECONDS):
        if any(os.fstat(file.fileno()).st_size > MOST_OUTPUT for file in files):
            return f"it wrote more than {MOST_OUTPUT >> 20} MiB"
        if time.monotonic() >= deadline:
            return LATE
        if cancel and cancel.is_set():
            return "no time was left"
    return ""


def _ended(child: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for its end so long; Linux tells at once, elsewhere it is asked again and again."""
    with contextlib.suppress(OSError, AttributeError):
        handle = os.pidfd_open(child.pid)
        try:
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            poll.poll(1000 * seconds)
        finally:
            os.close(handle)
        return child.poll() is not None
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(seconds)
    return child.returncode is not None


def _end(child: subprocess.Popen[bytes]) -> None:
    """Stop it and what it started; harmless when nothing is left."""
    if child.poll() is None:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(GRACE_SECONDS)
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    elif child.poll() is None:  # Windows: what it started outlives it
        child.kill()
    child.wait()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(MOST_OUTPUT).decode("utf-8", "replace")
