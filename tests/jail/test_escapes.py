"""A hundred ways out: none works in the jail, and nearly all do without one."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import escapes
import pytest
from cells import LOCKED

from ttc_cli.jail import Layer, Limits, run_program
from ttc_cli.jail.boxed import syscalls

LONG = Limits(seconds=20, files=64)
PROBES = (335, 336)
"""uretprobe and uprobe: the kernel's own trampolines make them, and seccomp never sees them."""
OF_OTHER_KERNELS = {
    # Not in every kernel, or not by default.
    "calls_the_hypervisor", "uses_the_kernels_ciphers", "handles_page_faults", "opens_a_disk",
    "makes_a_secret_file_in_memory", "makes_a_ring", "watches_all_files", "counts_events",
    "hears_the_audit", "lists_the_mounts_by_call", "sets_an_attribute",
    "takes_a_handle_of_a_file", "opens_the_kernel_log", "takes_a_line_of_the_newer_protocol",
    "makes_a_map_in_the_kernel", "goes_before_all_others", "compares_with_another",
    "makes_a_file_in_memory", "reads_the_keyring", "adds_a_key", "asks_for_a_key",
    # Held by the limits alone.
    "takes_much_shared_memory", "makes_a_named_queue", "raises_its_limits",
}  # fmt: skip


@pytest.fixture
def facts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What there is to reach: files, sockets, a process."""
    monkeypatch.setenv("TTC_SECRET", "x")
    tmp_path.chmod(0o777)
    for name in ("secret.txt", "empty", "one", "victim"):
        (tmp_path / name).write_text("the secret of the house")
        (tmp_path / name).chmod(0o666)
    name = f"ttc-escape-{os.getpid()}"
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as by_path,
        socket.socket(socket.AF_UNIX) as by_name,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as named_datagrams,
    ):
        datagrams.bind(str(tmp_path / "datagrams"))
        (tmp_path / "datagrams").chmod(0o777)
        named_datagrams.bind(f"\0{name}-datagrams")
        by_path.bind(str(tmp_path / "socket"))
        (tmp_path / "socket").chmod(0o777)
        by_name.bind("\0" + name)
        by_path.listen()
        by_name.listen()
        yield {
            "SECRET": str(tmp_path / "secret.txt"), "HOME": str(tmp_path), "NAME": name,
            "REAL_HOME": str(Path.home()), "PORT": server.getsockname()[1], "OURS": os.getpid(),
        }  # fmt: skip


def _escaped(facts: dict[str, Any], layer: Layer) -> set[str]:
    source = Path(escapes.__file__).read_text().replace("= {}  #", f"= {facts!r}  #")
    found = run_program(source, layer=layer, limits=LONG)
    assert type(found.value) is list, found
    return set(found.value)


@pytest.mark.parametrize("layer", LOCKED)
def test_no_way_leads_out(layer: Layer, facts: dict[str, Any]) -> None:
    before = sorted(Path(facts["HOME"]).iterdir())
    assert _escaped(facts, layer) == set()
    assert sorted(Path(facts["HOME"]).iterdir()) == before
    assert Path(facts["SECRET"]).read_text() == "the secret of the house"


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="not all of it is ours")
def test_the_ways_are_open_without_a_jail(facts: dict[str, Any]) -> None:
    ways = {function.__name__ for function in escapes.WAYS}
    assert len(ways) >= 60
    assert ways - _escaped(facts, Layer.LIMITS) <= OF_OTHER_KERNELS


@pytest.mark.parametrize("layer", LOCKED)
def test_every_call_that_is_not_allowed_is_refused(layer: Layer) -> None:
    machine = os.uname().machine
    allowed: Iterable[int] = syscalls.numbers(syscalls.FREE + syscalls.BOUNDED, machine).values()
    if layer is Layer.NAMESPACES:
        allowed = [*allowed, *syscalls.numbers(syscalls.WRITING, machine).values()]
    allowed = {*allowed, *PROBES}
    program = (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\ndef refused(number):\n"
        "    ctypes.set_errno(0)\n    result = libc.syscall(ctypes.c_long(number), *[None] * 6)\n"
        "    return result == -1 and ctypes.get_errno() == 1\n"
        f"def solution():\n    return [n for n in [*range(600), 1 << 30, (1 << 30) + 39]\n"
        f"            if n not in {allowed} and not refused(n)]\n"
    )
    assert run_program(program, layer=layer).value == []
