"""math-verify behind a deadline: a child process that is killed when it takes too long.

sympy can run for ever or eat all memory on a short input (9^9^9^9), and math-verify's own timeout
is SIGALRM, which fails in threads and on Windows. So it lives in a process of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from functools import cache
from pathlib import Path
from typing import Protocol

from ttc_cli.core.errors import TtcError

DEADLINE = 3.0  # seconds a comparison
_START = 60.0  # seconds for the child to import sympy, on a busy machine with a cold disk
_REMEMBERED = 4096  # verdicts
_LONGEST = 2000  # characters of one side; keeps a request far below a pipe's buffer


class Comparer(Protocol):
    """What `equivalence` asks of a worker: a verdict, or None when it came to none."""

    def compare(self, a: str, b: str) -> bool | None:
        """Whether two pieces of LaTeX are the same mathematics; None: undecided."""


class Worker:
    """One child process, started at the first comparison, restarted after each kill.

    Safe to call from several threads (one comparison at a time). Verdicts are remembered, those
    that never came included: a pool is regrouped many times. `timeouts` counts comparisons that
    ended at the deadline, `starts` the processes so far.
    """

    def __init__(self, deadline: float = DEADLINE) -> None:
        self.deadline = deadline
        self.timeouts = 0
        self.starts = 0
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader: threading.Thread | None = None
        self._ready = False
        self._lock = threading.Lock()
        self._last = 0
        self._verdicts: dict[tuple[str, str], bool | None] = {}

    @property
    def pid(self) -> int | None:
        """The child's process id, None while none runs."""
        return self._process.pid if self._process else None

    def warm(self) -> None:
        """Start the child now and return at once, so that the first comparison finds it ready."""
        with self._lock:
            self._spawn()

    def compare(self, a: str, b: str) -> bool | None:
        """math-verify's verdict; None after the deadline, a crash, or on oversized input.

        Raises:
            TtcError: the child cannot be started (math-verify is missing or broken).
        """
        if len(a) > _LONGEST or len(b) > _LONGEST:
            return None
        with self._lock:
            if (a, b) not in self._verdicts:
                if len(self._verdicts) >= _REMEMBERED:
                    self._verdicts.clear()
                self._verdicts[a, b] = self._ask(a, b)
            return self._verdicts[a, b]

    def close(self) -> None:
        """Kill the child, if any. The next comparison starts a new one."""
        with self._lock:
            self._kill()

    def _ask(self, a: str, b: str) -> bool | None:
        self._spawn()
        self._await_ready()
        self._last += 1
        if self._send({"id": self._last, "a": a, "b": b}):
            return self._verdict(time.monotonic() + self.deadline)
        self._kill()
        return None

    def _spawn(self) -> None:
        if self._process and self._process.poll() is None:
            return
        self._kill()
        self.starts += 1
        # -P keeps this folder off the child's path, where our modules would shadow others
        command = [sys.executable, "-P", str(Path(__file__).with_name("_child.py"))]
        process = subprocess.Popen(  # noqa: S603 - our own file, no shell
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            errors="replace",
        )
        self._process, self._lines, self._ready = process, queue.Queue(), False
        self._reader = threading.Thread(
            target=_pump, args=(process, self._lines), name="maths-worker", daemon=True
        )
        self._reader.start()
        atexit.register(self.close)

    def _await_ready(self) -> None:
        until = time.monotonic() + _START
        while not self._ready:
            reply = self._next(until)
            if reply is None:
                self._kill()
                raise TtcError(
                    "the process that compares formulas did not start", "see `ttc doctor`"
                )
            self._ready = reply.get("ready") is True

    def _verdict(self, until: float) -> bool | None:
        while True:
            reply = self._next(until)
            if reply is None:
                self.timeouts += time.monotonic() >= until
                self._kill()
                return None
            if reply.get("id") == self._last:
                equal = reply.get("equal")
                return equal if isinstance(equal, bool) else None

    def _next(self, until: float) -> dict[str, object] | None:
        """The next well-formed reply; None at the deadline or when the child has ended."""
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                return None
            if line is None:
                return None
            try:
                reply = json.loads(line)
            except ValueError:
                continue  # not ours; the reply proper may follow
            if isinstance(reply, dict):
                return reply

    def _send(self, request: dict[str, object]) -> bool:
        process = self._process
        if process is None or process.stdin is None:
            return False
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
        except OSError:
            return False
        return True

    def _kill(self) -> None:
        process, reader = self._process, self._reader
        self._process = self._reader = None
        if process is None:
            return
        atexit.unregister(self.close)
        process.kill()
        process.wait()
        if reader:
            reader.join()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with contextlib.suppress(OSError):  # what was not written cannot be now
                    pipe.close()


def _pump(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    """Move lines from the pipe to a queue, which, unlike a pipe, has a deadline everywhere."""
    if process.stdout:
        for line in process.stdout:
            lines.put(line)
    lines.put(None)


@cache
def shared_worker() -> Worker:
    """The worker of this process, for callers that bring none. Not started until it is asked."""
    return Worker()
