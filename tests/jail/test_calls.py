"""The filter of system calls, run by a little machine: for processors that are not here, too."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "ttc_cli" / "jail" / "boxed"))
import calls
from syscalls import BOUNDED, FREE, WRITING, numbers

program = functools.cache(calls.program)
ALLOWED, REFUSED, UNKNOWN, KILLED = "allowed", "refused", "unknown", "killed"
NAMES = {calls.ALLOW: ALLOWED, calls.REFUSE: REFUSED, calls.UNKNOWN: UNKNOWN, calls.KILL: KILLED}


def verdict(machine: str, number: int, *args: int, writes: bool = True, arch: int = 0) -> str:
    """What the filter says of a call."""
    data = {calls.NUMBER: number, calls.ARCHITECTURE: arch or calls.MACHINES[machine]}
    for i, arg in enumerate(args):
        data[calls.FIRST_ARGUMENT + 8 * i] = arg & 0xFFFFFFFF
        data[calls.FIRST_ARGUMENT + 8 * i + 4] = arg >> 32 & 0xFFFFFFFF
    code, at, a = program(machine, writes), 0, 0
    while True:
        what, yes, no, k = code[at]
        at += 1
        if what == calls.LOAD:
            a = data.get(k, 0)
        elif what == calls.AND:
            a &= k
        elif what == calls.RETURN:
            return NAMES[k]
        else:
            at += yes if (a == k if what == calls.EQUAL else a >= k) else no


machines = pytest.mark.parametrize("machine", calls.MACHINES)


@machines
def test_it_allows_the_list_and_nothing_else(machine: str) -> None:
    for writes in (True, False):
        free = {*numbers(FREE, machine).values()}
        free |= {*numbers(WRITING, machine).values()} if writes else set()
        bounded = numbers(BOUNDED, machine)
        for number in {*range(480), 1 << 30, (1 << 30) + 1, 0xFFFFFFFF} - {*bounded.values()}:
            want = ALLOWED if number in free else REFUSED
            assert verdict(machine, number, writes=writes) == want, number
        assert verdict(machine, bounded["clone3"]) == UNKNOWN
        assert verdict(machine, bounded["prctl"], 4) == REFUSED
    assert verdict(machine, 0, arch=0x40000003) == KILLED  # 32 bits


@machines
@pytest.mark.parametrize(
    ("name", "args", "want"),
    [
        ("clone", (0x3D0F00,), ALLOWED),  # a thread, as the C library makes it
        ("clone", (17,), REFUSED),
        ("clone", (0x3D0F00 | 0x10000000,), REFUSED),
        ("clone", (0x3D0F00 | 0x80,), REFUSED),
        ("kill", (os.getpid(), 9), ALLOWED),
        ("kill", (-1, 9), REFUSED),
        ("kill", (0, 9), REFUSED),
        ("tgkill", (os.getppid(), 1, 9), REFUSED),
        ("prlimit64", (0, 7), ALLOWED),
        ("prlimit64", (1, 7), REFUSED),
        ("fcntl", (3, 2), ALLOWED),
        ("fcntl", (3, 4), REFUSED),
        ("fcntl", (3, 6), REFUSED),
        ("fcntl", (3, 1024), REFUSED),
        ("ioctl", (0, 0x5401), ALLOWED),
        ("ioctl", (0, 0x5412), REFUSED),
        ("prctl", (15,), ALLOWED),
        ("prctl", (1, 0), REFUSED),
        ("socketpair", (1, 1), ALLOWED),
        ("socketpair", (2, 1), REFUSED),
        ("sendto", (3, 1 << 40, 8, 0, 0, 0), ALLOWED),
        ("sendto", (3, 1 << 40, 8, 0, 1, 110), REFUSED),
        ("sendto", (3, 1 << 40, 8, 0, 1 << 40, 110), REFUSED),
    ],
)
def test_what_depends_on_arguments(
    machine: str, name: str, args: tuple[int, ...], want: str
) -> None:
    assert verdict(machine, numbers(BOUNDED, machine)[name], *args) == want


@machines
@pytest.mark.parametrize(
    ("flags", "want"),
    [
        (os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY, ALLOWED),
        (os.O_WRONLY, REFUSED),
        (os.O_RDWR, REFUSED),
        (os.O_ACCMODE, REFUSED),
        (os.O_RDONLY | os.O_CREAT, REFUSED),
        (os.O_RDONLY | os.O_TRUNC, REFUSED),
    ],
)
def test_without_a_folder_to_write_in_files_are_only_read(
    machine: str, flags: int, want: str
) -> None:
    bounded = numbers(BOUNDED, machine)
    assert verdict(machine, bounded["openat"], -100, 0, flags, writes=False) == want
    assert verdict(machine, bounded["openat"], -100, 0, flags) == ALLOWED
    if "open" in bounded:
        assert verdict(machine, bounded["open"], 0, flags, writes=False) == want


def test_an_unknown_machine_has_no_filter() -> None:
    with pytest.raises(OSError, match="riscv64"):
        calls.program("riscv64", True)
