"""Whether a process that was at work is still the one under its number."""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from pathlib import Path


@functools.cache
def boot_id() -> str:
    """A name for the time since this machine was started; empty where none is to be had."""
    if sys.platform == "darwin":
        size = ctypes.c_size_t(64)
        buffer = ctypes.create_string_buffer(size.value)
        name = b"kern.bootsessionuuid"
        if ctypes.CDLL(None).sysctlbyname(name, buffer, ctypes.byref(size), None, 0) == 0:
            return buffer.value.decode("ascii", "replace")
        return ""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:  # Windows
        return ""


def birth(pid: int) -> int:
    """When a process started, in the kernel's ticks since boot; 0 where that cannot be told.

    A process that has ended and whose parent has not taken notice counts as none.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return 0
    # the name, in parentheses, may hold anything; the 22nd field is the 20th after it
    after_name = stat.rpartition(")")[2].split()
    return 0 if after_name[0] in "ZX" else int(after_name[19])


def fate(pid: int, boot: str, born: int) -> str:
    """What became of a process noted down earlier: "alive", "gone" or "rebooted".

    Args:
        pid, boot, born: as `boot_id` and `birth` gave them when it was noted; a number that
            another process has since got is told by its birth, where `/proc` says it.
    """
    if boot != boot_id():
        return "rebooted"
    if not _exists(pid) or birth(pid) != born:
        return "gone"
    return "alive"


def _exists(pid: int) -> bool:
    if sys.platform == "win32":  # os.kill would end it
        query_limited = 0x1000
        handle = ctypes.windll.kernel32.OpenProcess(query_limited, False, pid)
        if handle:
            ctypes.windll.kernel32.CloseHandle(handle)
        return bool(handle)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
