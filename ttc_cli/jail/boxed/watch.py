"""Runs a command that must not outlive its limit or its caller: `watch.py SECONDS PARENT COMMAND`.

It exits as the command does. At the limit, at a signal, or when its caller is gone, however that
came about, it ends the command and all that this has started.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time

SET_PDEATHSIG, SET_CHILD_SUBREAPER = 1, 36
LOOK_SECONDS = 0.5
CANNOT_RUN = 126
ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main() -> None:
    """Run it to its end, or to ours."""
    seconds, parent, command = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    _ask(SET_PDEATHSIG, signal.SIGTERM)
    _ask(SET_CHILD_SUBREAPER, 1)  # what it leaves behind becomes ours
    child = os.fork()
    if not child:
        _become(command)
    deadline = time.monotonic() + seconds

    def look(*_: object) -> None:
        if os.getppid() != parent or time.monotonic() >= deadline:
            _end(child)

    for number in ENDS:
        signal.signal(number, lambda *_: _end(child))
    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, LOOK_SECONDS, LOOK_SECONDS)
    _, status = os.waitpid(child, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    _end(child)
    code = os.waitstatus_to_exitcode(status)
    if code < 0 and -code != signal.SIGKILL:
        signal.signal(-code, signal.SIG_DFL)
    if code < 0:
        os.kill(os.getpid(), -code)
    os._exit(code)


def _ask(option: int, value: int) -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _become(command: list[str]) -> None:
    """Turn into the command, in a group of its own."""
    os.setpgid(0, 0)
    _ask(SET_PDEATHSIG, signal.SIGKILL)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"it cannot be run: {error.strerror}\n".encode())
    os._exit(CANNOT_RUN)


def _end(child: int) -> None:
    """Kill the command's group, and what it had started and left behind."""
    with contextlib.suppress(OSError):
        os.killpg(child, signal.SIGKILL)
    for _ in range(100):  # those that they started meanwhile
        left = [pid for pid in _children() if pid != child]
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        if not left:
            return


def _children() -> list[int]:
    """Processes whose parent we are; those of the dead become ours one after another."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return []  # not this system


if __name__ == "__main__":
    main()
