"""Landlock: which files a process may reach, by the kernel's own bookkeeping.

After landlock(7) and `linux/landlock.h`. What this kernel's version knows is handled; TCP, and
signals and abstract sockets to others, are refused where it knows them.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable

from kernel import c

CREATE, ADD_RULE, RESTRICT = 444, 445, 446
VERSION = 1
RIGHTS_BY_VERSION = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 5: 0xFFFF}
LIST = 1 << 3  # READ_DIR
READ = 1 << 2 | LIST  # READ_FILE
OF_FILES = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15  # EXECUTE, WRITE, READ, TRUNCATE, IOCTL
NETWORK, SCOPES = 3, 3  # BIND_TCP and CONNECT_TCP; abstract sockets and signals


def version() -> int:
    """The version of Landlock that this kernel has; 0 for none."""
    try:
        return int(c("syscall", CREATE, None, 0, VERSION))
    except OSError:
        return 0


def restrict(readable: Iterable[str], writable: Iterable[str], listed: Iterable[str]) -> bool:
    """Leave this process these folders and files; False where the kernel has no Landlock.

    Args:
        listed: folders whose names it may see, and no file in them that is not in the others.

    Raises OSError: the kernel has it, and refuses.
    """
    known = version()
    if not known:
        return False
    rights = max(r for since, r in RIGHTS_BY_VERSION.items() if since <= known)
    handled = [rights, *([NETWORK] if known >= 4 else []), *([SCOPES] if known >= 6 else [])]
    attributes = (ctypes.c_uint64 * len(handled))(*handled)
    rules = c("syscall", CREATE, attributes, ctypes.sizeof(attributes), 0)
    for paths, allowed in ((readable, READ), (writable, rights), (listed, LIST)):
        for path in paths:
            _allow(rules, path, allowed & rights)
    c("syscall", RESTRICT, rules, 0)
    os.close(rules)
    return True


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def _allow(rules: int, path: str, allowed: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not there: nothing to allow
    if not stat.S_ISDIR(os.fstat(place).st_mode):
        allowed &= OF_FILES
    rule = _Beneath(allowed, place)
    c("syscall", ADD_RULE, rules, 1, ctypes.byref(rule), 0)
    os.close(place)
