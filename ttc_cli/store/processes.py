"""Processes of ours apart from this one: started, and whether one that was at work still is."""

from __future__ import annotations

import ctypes
import functools
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO


def start_apart(
    words: Sequence[str], *, errors: IO[bytes] | None = None, cwd: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:  # fmt: skip
    """Start `ttc` in a session of its own, without a terminal: closing that does not end it.

    `words` are of its command line; what it says on stderr goes to `errors`, by default nowhere.
    """
    windows = 0
    for name in ("DETACHED_PROCESS", "CREATE_NEW_PROCESS_GROUP"):  # none elsewhere
        windows |= getattr(subprocess, name, 0)
    return subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", "ttc_cli", *words], stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=errors or subprocess.DEVNULL, start_new_session=True,
        creationflags=windows, cwd=cwd, env=environ,
    )  # fmt: skip


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
    """What became of a process noted down with `boot_id` and `birth`: "alive", "gone", "rebooted".

    A number that another process has since got is told by its birth, where `/proc` says it.
    """
    if boot != boot_id():
        return "rebooted"
    return "alive" if exists(pid) and birth(pid) == born else "gone"


def exists(pid: int) -> bool:
    """Whether there is a process of this number."""
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
        pass
    return True
