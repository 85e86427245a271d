"""Hostile programs: none does harm, none passes, none outlives its run, and the run goes on."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cells import LAYERS, LOCKED, examine
from hostile import HOSTILE

from ttc_cli.core.verify import Graded
from ttc_cli.jail import Layer, lock, run_program

GOOD = "def add(a, b):\n    return a + b\n"
TESTS = "assert add(2, 3) == 5\nassert add(-1, 1) == 0\n"
FORGERIES = (
    "exits well", "exits well when called", "leaves", "says that it passed", "equal to anything",
    "a number equal to anything", "patches the harness", "closes everything", "sleep",
    "endless print",
)  # fmt: skip
"""Those that harm nobody with a user's rights."""


@pytest.mark.parametrize("layer", LAYERS)
def test_hostile_code_does_not_pass_and_is_gone(layer: Layer) -> None:
    names = [*(HOSTILE if layer in LOCKED else FORGERIES)]
    before = _processes()
    with ThreadPoolExecutor(4) as pool:  # most of their time they wait for their end
        found = pool.map(lambda name: examine(HOSTILE[name], TESTS, layer=layer), names)
        graded = dict(zip(names, found, strict=True))
    assert {name for name, one in graded.items() if one.score != 0 or not one.note} == set()
    left = _processes() - before
    for _ in range(3000):  # other tests' programs come and go meanwhile, within their limits
        if not left:
            break
        time.sleep(0.02)
        left &= _processes()
    assert not left
    assert examine(GOOD, TESTS, layer=layer) == Graded(1.0)


@pytest.mark.parametrize("layer", LOCKED)
def test_nothing_is_left_for_the_next_program(layer: Layer) -> None:
    leaves = "import os\ntry:\n    open('/tmp/left', 'w').close()\nexcept OSError:\n    pass\n"
    run_program(leaves, layer=layer)
    finds = "import os\ndef solution():\n    return os.path.exists('/tmp/left')\n"
    assert run_program(finds, layer=layer).value is False


@pytest.mark.parametrize("layer", LOCKED)
def test_another_system_s_calls_end_the_program(layer: Layer) -> None:
    """The calls of 32-bit programs have other numbers."""
    machine_code = "b8 14 00 00 00 cd 80 c3"  # mov eax, 20 (getpid); int 0x80; ret
    program = (
        "import ctypes, mmap, os\nif os.uname().machine != 'x86_64':\n    os._exit(0)\n"
        "page = mmap.mmap(-1, 4096, prot=7)\n"
        f"page.write(bytes.fromhex('{machine_code}'))\n"
        "address = ctypes.addressof(ctypes.c_char.from_buffer(page))\n"
        "function = ctypes.CFUNCTYPE(ctypes.c_int)(address)\n"
        "def solution():\n    return function() == os.getpid()\n"
    )
    assert run_program(program, layer=layer).value is None


def _processes() -> set[int]:
    """Processes of ours that are not over."""
    if sys.platform != "linux":
        return set()
    found = set()
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words = (place / "cmdline").read_bytes()  # empty of those that are over
        except OSError:
            continue
        if str(lock.SCRIPTS).encode() in words:
            found.add(int(place.name))
    return found
