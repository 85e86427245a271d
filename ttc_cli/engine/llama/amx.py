"""Tell whether this build's AMX kernels crash.

GCC before 11.5, 12.4 and 13.3 writes the tile configuration after the instruction that loads it
(GCC bug 114098). A llama.cpp built with one of them, on a processor that has AMX, dies of an
illegal instruction in its first prefill.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

import llama_cpp as C  # noqa: N812 - the C API reads best under one letter

from ttc_cli.engine import machine

MENDED = {11: 5, 12: 4, 13: 3}
"""First minor version of each GCC that has the fix; later ones have it, earlier ones lack it."""
WITHOUT = 'CFLAGS="-mno-amx-tile -mno-amx-int8 -mno-amx-bf16" CXXFLAGS="$CFLAGS"'
"""Environment of a build that leaves the kernels out."""


def miscompiled(comment: bytes) -> bool:
    """Whether a library's compiler has the bug.

    Args:
        comment: bytes that hold the library's `.comment`, such as the whole file.
    """
    versions = re.findall(rb"GCC: \([^)]*\) (\d+)\.(\d+)", comment)
    return any(
        int(minor) < MENDED.get(int(major), 0) or int(major) < 11 for major, minor in versions
    )


@functools.cache
def crashes() -> bool:
    """Whether AMX kernels are built in, would be used here, and are broken."""
    if "AMX_INT8" not in machine.cpu_features():
        return False
    if b"AMX_INT8 = 1" not in C.llama_print_system_info():
        return False
    library = Path(C.__file__).parent / "lib" / "libggml-cpu.so"
    try:
        return miscompiled(library.read_bytes())
    except OSError:
        return False
