"""Locks itself in and serves, as CONFIG says, a JSON object: see `ttc_cli.jail.lock`.

Three processes: the keeper, outside, who waits and tells what was used; on Linux the first process
of the new namespaces, who builds the cell; and the inmate, in it, who serves. The inmate is one
process for good: it can neither start nor become another one.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import calls
import landlock
import namespaces
from kernel import c, die_with, fork, let_go
from namespaces import DATA, DEVICES, KILLED, PACKAGES, SHARED, TMP

READS_ALL = 1 << 1 | 1 << 2  # DAC_OVERRIDE, DAC_READ_SEARCH: Landlock says what root reads
SET_NO_NEW_PRIVS = 38
LOOK_SECONDS = 0.05
MOST_THREADS = 64  # a look may come late: it is made so often that few more can have begun


def main(given: str) -> None:
    """Serve as CONFIG["serve"] says, locked in as far as CONFIG["layer"] says."""
    config = json.loads(given) | {"root": hasattr(os, "getuid") and os.getuid() == 0}
    parent = os.getppid()
    die_with(parent)
    ready = _serving(config)
    sys.path.pop(0)
    try:
        inmate = namespaces.start(config) if config["layer"] == "namespaces" else fork()
        if not inmate:
            os.closerange(3, 1024)
            serve = ready()
            _lock(config)
    except OSError as error:
        _give_up(error)
    if inmate:
        _keep(inmate, config, parent)
    os.dup2(0, 2)  # nothing
    serve()
    os._exit(0)


def _serving(config: dict[str, Any]) -> Callable[[], Any]:
    """What makes ready what the inmate does; loaded now, for the cell does not hold it."""
    if config["serve"] == "tests":
        import inmate

        return lambda: inmate.ready()
    import runner

    return lambda: runner.ready(config["path"])


def _keep(inmate: int, config: dict[str, Any], parent: int) -> NoReturn:
    """Wait for the end, or make it; the last line on stderr tells what was used up.

    A parent that Landlock keeps from sending signals ends without one: so it is looked for.
    """
    deadline = time.monotonic() + config["clock"]

    def end(*_: object) -> None:
        os.kill(inmate, signal.SIGKILL)

    def look(*_: object) -> None:
        gone = os.getppid() not in (parent, 0)  # 0: beyond our namespace
        if gone or time.monotonic() >= deadline or _threads(inmate) > MOST_THREADS:
            end()

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, end)
    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, LOOK_SECONDS, LOOK_SECONDS)
    let_go(0, 1)
    _, status, used = os.wait4(inmate, 0)
    code = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024
    told = {
        "code": KILLED - code if code < 0 else code,
        "cpu": used.ru_utime + used.ru_stime,
        "peak": used.ru_maxrss * unit,
    }
    os.write(2, json.dumps(told).encode() + b"\n")
    os._exit(0)


def _threads(process: int) -> int:
    """How many threads it has; root's are bound by no limit, and a user's only with all others."""
    try:
        return os.stat(f"/proc/{process}/task").st_nlink - 2
    except OSError:
        return 0  # not Linux, or it is over


def _give_up(error: OSError) -> NoReturn:
    os.write(2, f"jail: {error}\n".encode())
    os._exit(1)


def _lock(config: dict[str, Any]) -> None:
    """Give up all that the inmate does not need, and then the right to ask for it."""
    layer = config["layer"]
    readable = [*SHARED, *DEVICES, *config["read"]]
    if layer == "namespaces":
        namespaces.enter(config)
        readable += [DATA, PACKAGES]
    else:
        readable += [*config["packages"], *config["data"]]
        os.chdir(config["folder"] or "/")
    home = TMP if layer == "namespaces" else os.getcwd()
    os.environ.update(HOME=home, TMPDIR=home)
    _limit(config)
    if layer in ("namespaces", "filter"):
        writable = [TMP, *DEVICES] if layer == "namespaces" else []
        kept = 0 if layer == "namespaces" else READS_ALL
        confined = confine(readable, writable, config["path"], kept)
        if layer == "filter" and not confined:
            raise OSError("this kernel has neither namespaces for us nor Landlock")


def confine(
    readable: Sequence[str], writable: Sequence[str], listed: Sequence[str] = (), kept: int = 0
) -> bool:
    """Leave this process these files and the calls of `syscalls`; False without Landlock.

    Args:
        listed: folders whose names it may see.
        kept: capabilities, of those that it has.
    """
    version = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; and their upper halves
    c("capget", version, sets)
    c("capset", version, (ctypes.c_uint32 * 6)(*(2 * [sets[0] & kept])))
    c("prctl", SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    confined = bool(landlock.restrict(readable, writable, listed))
    calls.install(writes=bool(writable))
    return confined


def _limit(config: dict[str, Any]) -> None:
    """Limits of the process; a second after the first it can do nothing about the end."""
    try:
        import resource
    except ImportError:  # Windows
        return
    many = config["processes"] if config["layer"] == "namespaces" else None  # else: of the user
    for kind, most, hard in (
        ("CPU", config["cpu"], config["cpu"] + 1), ("AS", config["memory"], None),
        ("FSIZE", config["file"], None), ("NOFILE", config["files"], None), ("NPROC", many, None),
        ("CORE", 0, None), ("MEMLOCK", 0, None), ("MSGQUEUE", 0, None),
    ):  # fmt: skip
        limit = getattr(resource, "RLIMIT_" + kind, None)
        try:
            if limit is not None and most is not None:
                resource.setrlimit(limit, (most, hard or most))
        except (ValueError, OSError):
            continue  # macOS knows no limit of address space
