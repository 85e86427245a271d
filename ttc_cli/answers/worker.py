"""math-verify behind a deadline: a child process that is killed when it takes too long.

sympy can run for ever or eat all memory on a short input (9^9^9^9), and math-verify's own timeout
is SIGALRM, which fails in threads and on Windows. So it lives in a process of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from ttc_cli.core.errors import TtcError

DEADLINE = 3.0  # seconds a comparison
_CHILD = Path(__file__).with_name("_child.py")
_START = 60.0  # seconds for the child to import sympy, on a busy machine with a cold disk
_REMEMBERED = 4096  # verdicts
_LONGEST = 2000  # characters of one side; keeps a request far below a pipe's buffer


class Comparer(Protocol):
    """What `compare` asks of a worker: a verdict, or None when it came to none."""

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
        self.timeouts = self.starts = 0
        self._process: subprocess.Popen[str] | None = None
        self._ready = False
        self._lock = threading.Lock()
        self._verdicts: dict[tuple[str, str], bool | None] = {}

    @property
    def pid(self) -> int | None:
        """The child's process id, None while none runs."""
        return self._process.pid if self._process else None

    def compare(self, a: str, b: str) -> bool | None:
        """math-verify's verdict; None after the deadline, a crash, or on oversized input.

        Raises TtcError: the child cannot be started (math-verify is missing or broken).
        """
        if len(a) > _LONGEST or len(b) > _LONGEST:
            return None
        with self._lock:
            if len(self._verdicts) >= _REMEMBERED:
                self._verdicts.clear()
            if (a, b) not in self._verdicts:
                self._verdicts[a, b] = self._ask({"a": a, "b": b})
            return self._verdicts[a, b]

    def close(self) -> None:
        """Kill the child, if any. The next comparison starts a new one."""
        with self._lock:
            self._kill()

    def _ask(self, request: dict[str, str]) -> bool | None:
        self._spawn()
        if not self._ready and not self._exchange(None, _START).get("ready"):
            self._kill()
            raise TtcError("the process that compares formulas did not start", "see `ttc doctor`")
        self._ready = True
        late = self.timeouts
        reply = self._exchange(request, self.deadline)
        if not reply or self.timeouts > late:
            self._kill()
        equal = reply.get("equal")
        return equal if isinstance(equal, bool) else None

    def _exchange(self, request: dict[str, str] | None, seconds: float) -> dict[str, Any]:
        """Send a request and wait for a line of JSON; empty at the deadline or the child's end."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return {}

        def too_late() -> None:
            self.timeouts += 1
            process.kill()  # the pipe ends, and with it the wait

        timer = threading.Timer(seconds, too_late)
        timer.daemon = True
        timer.start()
        try:
            if request is not None:
                process.stdin.write(json.dumps(request) + "\n")
                process.stdin.flush()
            reply = json.loads(process.stdout.readline() or "{}")
            return reply if isinstance(reply, dict) else {}
        except (OSError, ValueError):
            return {}
        finally:
            timer.cancel()

    def _spawn(self) -> None:
        if self._process and self._process.poll() is None:
            return
        self._kill()
        self.starts += 1
        # -P keeps this folder off the child's path, where our modules would shadow others
        pipe, command = subprocess.PIPE, [sys.executable, "-P", str(_CHILD)]
        self._process = subprocess.Popen(  # noqa: S603 - our own file, no shell
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL,
            encoding="utf-8", errors="replace",
        )  # fmt: skip
        self._ready = False
        atexit.register(self.close)

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        atexit.unregister(self.close)
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # what was not written cannot be now
                if pipe:
                    pipe.close()


@cache
def shared_worker() -> Worker:
    """The worker of this process, for callers that bring none. Not started until it is asked."""
    return Worker()
