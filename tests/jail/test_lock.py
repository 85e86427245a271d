"""Which layer is found, on machines that refuse some of it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from cells import LOCKED

from ttc_cli.jail import Layer

REFUSED = {"x86_64": (272, 165), "aarch64": (97, 40)}
"""unshare and mount: what Docker's own filter refuses, too."""
CONTAINER = """
import ctypes, struct
lines = [(0x20, 0, 0, 0)]
for number in NUMBERS:
    lines += [(0x15, 0, 1, number), (0x06, 0, 0, 0x50001)]
lines += [(0x06, 0, 0, 0x7FFF0000)]
code = b"".join(struct.pack("HBBI", *line) for line in lines)
buffer = ctypes.create_string_buffer(code, len(code))
class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))
libc = ctypes.CDLL(None)
libc.prctl(38, 1, 0, 0, 0)
program = Program(len(lines), ctypes.addressof(buffer))
assert libc.prctl(22, ctypes.c_ulong(2), ctypes.byref(program), 0, 0) == 0
from ttc_cli.jail import available, require, run_program
found = run_program("def solution():\\n    return 6 * 7\\n")
print(available(), require(unsafe=False), found.value)
"""


@pytest.mark.skipif(Layer.FILTER not in LOCKED, reason="this kernel has no Landlock")
def test_a_container_has_the_filter() -> None:
    code = CONTAINER.replace("NUMBERS", str(REFUSED[os.uname().machine]))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "None filter 42\n", done.stderr
