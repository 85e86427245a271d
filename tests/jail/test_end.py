"""Nothing that was started lives on when its caller is gone, however that came about."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

CALLERS = {
    "a command": "from ttc_cli.verifiers.command import judge\nimport threading\n"
    "judge(['sh', '-c', 'sleep 77.5 & setsid sleep 77.5 & sleep 77.5'], '', 60.0,"
    " threading.Event())\n",
    "a program": "from ttc_cli.jail import Limits, run_program\n"
    "run_program('import time\\ntime.sleep(77.5)', unsafe=True, limits=Limits(30))\n",
    "tests": "from ttc_cli.jail import Limits, require\nfrom ttc_cli.jail.examine import examine\n"
    "examine('import time\\ndef f():\\n    time.sleep(77.5)\\n', 'assert f()',"
    " layer=require(unsafe=True))\n",
}
HEARS = "import signal\nsignal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
"""Under nohup a caller would not hear of SIGHUP."""
MARKS = (b"77.5", b"jail/boxed")


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP])
def test_it_ends_with_its_caller(caller: str, number: signal.Signals) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", HEARS + CALLERS[caller]], start_new_session=True
    )
    try:
        want = 3 if caller == "a command" else 2
        _wait_for(lambda: len(_started(child.pid)) >= want)
        started = _started(child.pid)
        child.send_signal(number)
        child.wait(10)
        _wait_for(lambda: not started & _alive())
    finally:
        child.kill()
        child.wait()


def _started(caller: int) -> set[int]:
    """The descendants of a process that are ours to end."""
    found, new = set(), {caller}
    while new:
        new = {pid for pid, parent in _parents().items() if parent in new} - found
        found |= new
    return {pid for pid in found if any(mark in _words(pid) for mark in MARKS)}


def _alive() -> set[int]:
    return {pid for pid in _parents() if _words(pid)}


def _words(pid: int) -> bytes:
    """The command line of a process; empty of those that are over."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _parents() -> dict[int, int]:
    found = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - numbers, not paths
        if name.isdigit():
            try:
                stat = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            found[int(name)] = int(stat[1])
    return found


def _wait_for(true: Callable[[], bool]) -> None:
    """Ten seconds at most: their own limits would end them after fifteen."""
    for _ in range(200):
        if true():
            return
        time.sleep(0.05)
    pytest.fail("it did not come true")
