"""What all processes of the jail ask of the kernel, and Python has no function for."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Any

SET_PDEATHSIG, SET_DUMPABLE = 1, 4


def c(name: str, *args: Any) -> int:
    """Call a function of the C library; OSError when it fails."""
    libc = ctypes.CDLL(None, use_errno=True)
    wide = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    result = int(getattr(libc, name)(*wide))
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
    return result


def fork() -> int:
    """Fork where there is such a thing; 0 in the child, who dies with us."""
    if not hasattr(os, "fork"):
        return 0
    ours = os.getpid()
    child = os.fork()
    if not child:
        die_with(ours)
    return child


def die_with(parent: int) -> None:
    """Be killed when this parent ends, however it does; at once when it has."""
    if sys.platform.startswith("linux"):
        c("prctl", SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() not in (parent, 0):  # 0: beyond our namespace
        os._exit(1)


def let_go(*streams: int) -> None:
    """Leave the streams to a child: who talks to it then hears at once that it has ended."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in streams:
        os.dup2(null, stream)
