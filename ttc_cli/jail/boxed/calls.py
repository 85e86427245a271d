"""A filter of system calls, for what runs in the jail: an allow list, of `syscalls`.

All else fails with EPERM, and nothing that was not allowed here can be allowed again: filters only
ever add up. After seccomp(2) and Linux's `linux/filter.h`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from kernel import c
from syscalls import BOUNDED, FREE, WRITING, numbers

MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""Names of `uname` and of the audit system (`AUDIT_ARCH_*`)."""
SET_SECCOMP, FILTER_MODE = 22, 2
KILL, ALLOW = 0x80000000, 0x7FFF0000
REFUSE = 0x00050000 | errno.EPERM
UNKNOWN = 0x00050000 | errno.ENOSYS
LOAD, EQUAL, AT_LEAST, AND, RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # offsets in `struct seccomp_data`
X32 = 0x40000000
THREAD, NEW_NAMESPACES = 0x10000, 0x7E020080
NAME_OPTIONS = (15, 16, 0x53564D41)  # PR_SET_NAME, PR_GET_NAME, PR_SET_VMA
CONTROLS = (0, 1, 2, 3, 1030)  # F_DUPFD, F_[GS]ETFD, F_GETFL, F_DUPFD_CLOEXEC: no locks, no flags
TERMINAL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS ... FIONREAD, FIONBIO
AF_UNIX = 1
WRITES = os.O_ACCMODE | os.O_CREAT | os.O_TRUNC

Instruction = tuple[int, int, int, int]
Bound = tuple[int, int, tuple[int, ...]]
"""Of a half of an argument: its number (2n: the low half of argument n, which is all that the
kernel takes of an int), a mask, and what may be left of it.
"""


def install(*, writes: bool) -> None:
    """Filter this process and its threads for good; no new privileges must have been set.

    Args:
        writes: whether files may be opened for writing, where the file system lets it.

    Raises OSError: this kernel or machine has no such filters.
    """
    code = b"".join(struct.pack("HBBI", *one) for one in program(os.uname().machine, writes))
    buffer = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    of = Program(len(code) // 8, ctypes.addressof(buffer))
    c("prctl", SET_SECCOMP, FILTER_MODE, ctypes.byref(of), 0, 0)


def program(machine: str, writes: bool) -> list[Instruction]:
    """The filter's instructions."""
    if machine not in MACHINES:
        raise OSError(errno.ENOSYS, f"no filter of system calls is known for {machine}")
    free = [*numbers(FREE, machine).values()]
    bounded = numbers(BOUNDED, machine)
    if writes:
        free += [*numbers(WRITING, machine).values(), bounded["openat"], bounded.get("open", -1)]
    code: list[Instruction] = [
        (LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, MACHINES[machine]), (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER), (AT_LEAST, 0, 1, X32), (RETURN, 0, 0, REFUSE),
        (EQUAL, 0, 1, bounded["clone3"]), (RETURN, 0, 0, UNKNOWN),  # the C library then uses clone
    ]  # fmt: skip
    for number in free:
        if number >= 0:
            code += [(EQUAL, 0, 1, number), (RETURN, 0, 0, ALLOW)]
    for name, bounds in _bounds().items():
        if name in bounded:
            block = _block(bounds)
            code += [(EQUAL, 0, len(block), bounded[name]), *block]
    return [*code, (RETURN, 0, 0, REFUSE)]


def _bounds() -> dict[str, tuple[Bound, ...]]:
    """What must hold, all of it, of a bounded call's arguments."""
    all_bits = 0xFFFFFFFF
    own = ((0, all_bits, (os.getpid(),)),)
    return {
        "open": ((2, WRITES, (os.O_RDONLY,)),), "openat": ((4, WRITES, (os.O_RDONLY,)),),
        "clone": ((0, THREAD | NEW_NAMESPACES, (THREAD,)),), "kill": own, "tgkill": own,
        "prlimit64": ((0, all_bits, (0,)),), "prctl": ((0, all_bits, NAME_OPTIONS),),
        "fcntl": ((2, all_bits, CONTROLS),), "ioctl": ((2, all_bits, TERMINAL),),
        "socketpair": ((0, all_bits, (AF_UNIX,)),),
        # To nobody but its other end: an address is a pointer, and both of its halves are nothing.
        "sendto": ((8, all_bits, (0,)), (9, all_bits, (0,))),
    }  # fmt: skip


def _block(bounds: tuple[Bound, ...]) -> list[Instruction]:
    """Instructions that allow a call when all bounds hold."""
    code: list[Instruction] = []
    for half, mask, values in bounds:
        code += [(LOAD, 0, 0, FIRST_ARGUMENT + 4 * half), (AND, 0, 0, mask)]
        code += [(EQUAL, len(values) - at, 0, value) for at, value in enumerate(values)]
        code += [(RETURN, 0, 0, REFUSE)]
    return [*code, (RETURN, 0, 0, ALLOW)]
