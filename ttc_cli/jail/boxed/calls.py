"""A filter of system calls, for what runs in the jail: an allow list, of `syscalls`.

All else fails with EPERM, and nothing that was not allowed here can be allowed again: filters only
ever add up. After seccomp(2) and Linux's `linux/filter.h`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

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
CONTROLS = (0, 1, 2, 3, 4, 1030)  # F_DUPFD, F_[GS]ETFD, F_[GS]ETFL, F_DUPFD_CLOEXEC: no locks
TERMINAL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS ... FIONREAD, FIONBIO
AF_UNIX = 1
WRITES = os.O_ACCMODE | os.O_CREAT | os.O_TRUNC

Instruction = tuple[int, int, int, int]


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
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(SET_SECCOMP, ctypes.c_ulong(FILTER_MODE), ctypes.byref(of), 0, 0):
        code_ = ctypes.get_errno()
        raise OSError(code_, f"seccomp: {os.strerror(code_)}")


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
    for name, argument, mask, values in _bounds():
        if name in bounded:
            block = _block(argument, mask, values)
            code += [(EQUAL, 0, len(block), bounded[name]), *block]
    return [*code, (RETURN, 0, 0, REFUSE)]


def _bounds() -> list[tuple[str, int, int, tuple[int, ...]]]:
    """Of each bounded call: an argument's index, a mask, and what may be left of it."""
    all_bits = 0xFFFFFFFF
    own = (os.getpid(),)
    return [
        ("open", 1, WRITES, (os.O_RDONLY,)), ("openat", 2, WRITES, (os.O_RDONLY,)),
        ("clone", 0, THREAD | NEW_NAMESPACES, (THREAD,)), ("kill", 0, all_bits, own),
        ("tgkill", 0, all_bits, own), ("prlimit64", 0, all_bits, (0,)),
        ("prctl", 0, all_bits, NAME_OPTIONS), ("fcntl", 1, all_bits, CONTROLS),
        ("ioctl", 1, all_bits, TERMINAL), ("socketpair", 0, all_bits, (AF_UNIX,)),
    ]  # fmt: skip


def _block(argument: int, mask: int, values: tuple[int, ...]) -> list[Instruction]:
    """Instructions that allow a call when the low half of an argument is among the values."""
    # Every one of these arguments is an int, or flags of 32 bits, to the kernel itself.
    code: list[Instruction] = [(LOAD, 0, 0, FIRST_ARGUMENT + 8 * argument), (AND, 0, 0, mask)]
    for value in values:
        code += [(EQUAL, 0, 1, value), (RETURN, 0, 0, ALLOW)]
    return [*code, (RETURN, 0, 0, REFUSE)]
