from __future__ import annotations

import pytest

from ttc_cli.engine.llama.binding import miscompiled


@pytest.mark.parametrize(
    ("comment", "broken"),
    [
        (b"\0GCC: (Debian 12.2.0-14+deb12u1) 12.2.0\0", True),
        (b"GCC: (Ubuntu 13.2.0-23ubuntu4) 13.2.0", True),
        (b"GCC: (GNU) 10.3.1 20210422", True),
        (b"GCC: (GNU) 12.4.0", False),
        (b"GCC: (Ubuntu 13.3.0-6ubuntu2~24.04) 13.3.0", False),
        (b"GCC: (GNU) 14.1.0", False),
        (b"clang version 18.1.3", False),
        (b"", False),
    ],
)
def test_the_compiler_tells_whether_amx_kernels_crash(comment: bytes, broken: bool) -> None:
    assert miscompiled(comment) is broken
