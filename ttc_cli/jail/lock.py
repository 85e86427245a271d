"""How far code that a model wrote can be locked in here, and the command that locks it in.

What each layer holds on which platform stands in docs/sandbox.md; the pieces are in `boxed`.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import math
import os
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ttc_cli.core.errors import UsageError
from ttc_cli.jail import process

SCRIPTS = Path(__file__).parent / "boxed"
START_SECONDS = 5.0  # on top of a time limit, for interpreters to start on a busy machine
HINT = "add --unsafe-exec to run it with your own rights, best in a container"
PACKAGES = (
    "sympy", "mpmath", "numpy", "numpy.libs", "pandas", "pandas.libs", "polars",
    "_polars_runtime_32", "_polars_runtime_64", "_polars_runtime_compat", "dateutil", "pytz",
    "tzdata", "six",
)  # fmt: skip
"""What programs may import beside the standard library, where the user has it; with its needs."""
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1",
}  # fmt: skip
START = "import sys; sys.path.insert(0, sys.argv[1]); import cell; cell.main(sys.argv[2])"
"""Imported, and so read from its compiled form; a script is compiled whenever it is run."""
SANDBOX_EXEC = "/usr/bin/sandbox-exec"


class Layer(StrEnum):
    """How far code is locked in."""

    NAMESPACES = "namespaces"
    """Linux: namespaces of its own, Landlock, a filter of system calls, limits."""
    FILTER = "filter"  # Linux where namespaces are refused: Landlock, a stricter filter, limits
    PROFILE = "profile"  # macOS: a profile of sandbox-exec, limits
    LIMITS = "limits"  # limits alone: it runs with the user's rights


@dataclass(frozen=True, slots=True)
class Limits:
    """What code may use up.

    Args:
        seconds: of processor time; twice as many of the clock, since the machine may be busy.
        memory: bytes.
        file, room: bytes of one file, and of the only folder where it can write, if there is one.
        files, processes: open at once, and threads alive at once.
    """

    seconds: float = 5.0
    memory: int = 512 << 20
    file: int = 8 << 20
    room: int = 16 << 20
    files: int = 32
    processes: int = 8

    @property
    def clock(self) -> float:
        """Seconds on the clock, for all of it."""
        return 2 * self.seconds


def available() -> str | None:
    """Why code cannot be locked in here; None when it can. Found out by trying, once."""
    return _found()[1]


def require(*, unsafe: bool) -> Layer:
    """The best layer that this machine has; limits alone only when they said so.

    Raises UsageError: code cannot be locked in, and nobody said that it may run nevertheless.
    """
    layer, why = _found()
    if why and not unsafe:
        raise UsageError(f"the model's code cannot be locked in here: {why}", HINT)
    return layer


@functools.cache
def _found() -> tuple[Layer, str | None]:
    if sys.platform == "darwin" and Path(SANDBOX_EXEC).exists():
        why = trouble(Layer.PROFILE)
        return (Layer.LIMITS, why) if why else (Layer.PROFILE, None)
    if sys.platform != "linux":
        return Layer.LIMITS, f"{sys.platform} has no way to"
    if not (namespaces := trouble(Layer.NAMESPACES)):
        return Layer.NAMESPACES, None
    if not (filtered := trouble(Layer.FILTER)):
        return Layer.FILTER, None
    return Layer.LIMITS, f"{namespaces}; {filtered}"


def trouble(layer: Layer) -> str:
    """Why nothing runs in a layer; empty when it does."""
    task = json.dumps({"source": "def solution():\n    return 1\n", "function": "solution"})
    try:
        ran = process.run(
            command(layer, Limits(), serve="program"), stdin=task.encode(),
            seconds=2 * START_SECONDS, env=ENVIRONMENT,
        )  # fmt: skip
    except OSError as error:
        return f"Python cannot be started: {error.strerror}"
    said = [line.removeprefix("jail: ") for line in ran.err.splitlines() if line[:5] == "jail:"]
    return "" if '["int", "1"]' in ran.out else next(iter(said), ran.stopped or "it does not start")


def command(
    layer: Layer, limits: Limits, *, serve: str, data: Sequence[Path] = (), folder: str = ""
) -> list[str]:
    """The command that locks itself in and serves.

    Args:
        serve: "tests" (the code under test, for an examiner) or "program".
        data: files that it may read.
        folder: where it starts, when nothing is mounted for it; empty for none.
    """
    packages = _packages() if serve == "program" else ()
    moved = layer is Layer.NAMESPACES
    config = {
        "layer": layer,
        "serve": serve,
        "read": libraries(),
        "data": [os.path.realpath(path) for path in data],
        "folder": folder,
        "packages": packages,
        "path": ["/packages"] if moved else sorted({str(Path(p).parent) for p in packages}),
        "cpu": math.ceil(limits.seconds),
        "clock": limits.clock + START_SECONDS,
        # A file that is mapped into memory takes room there, though none that others need.
        "memory": limits.memory + sum(path.stat().st_size for path in data),
        "file": limits.file,
        "room": limits.room,
        "files": limits.files,
        "processes": limits.processes,
    }
    locked = [*python(), "-c", START, str(SCRIPTS), json.dumps(config)]
    if layer is not Layer.PROFILE:
        return locked
    paths = [sys.base_prefix, str(SCRIPTS), *packages, *map(str, data), *filter(None, [folder])]
    return [SANDBOX_EXEC, "-p", profile([os.path.realpath(path) for path in paths]), *locked]


def watched(seconds: float) -> list[str]:
    """What to put before a command that must not outlive us, or so many seconds."""
    if not hasattr(os, "fork"):
        return []  # Windows: whoever calls it waits and stops it
    return [*python(), str(SCRIPTS / "watch.py"), str(seconds + START_SECONDS), str(os.getpid())]


def python() -> list[str]:
    """An interpreter that knows nothing of this environment, and the packages in it."""
    return [os.path.realpath(sys.executable), "-I", "-S"]


def libraries() -> list[str]:
    """Where the interpreter's own modules and libraries are."""
    prefix = Path(sys.base_prefix).resolve()
    found = [prefix / "lib", prefix / "lib64", Path(sysconfig.get_path("stdlib")).resolve()]
    return [str(path) for path in found if path.exists()]


@functools.cache
def _packages() -> tuple[str, ...]:
    """Where the packages are that programs may import; nothing of them is loaded for it."""
    found: list[Path] = []
    for name in PACKAGES:
        if name.endswith(".libs"):  # shared objects, beside their package
            found += [path.with_name(name) for path in found if path.name == name[:-5]]
            continue
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            continue
        if spec and spec.origin:
            inside = spec.submodule_search_locations is not None
            found.append(Path(spec.origin).parent if inside else Path(spec.origin))
    return tuple(str(path.resolve()) for path in found if path.exists())


# Written to Apple's documentation and to the profiles of Chromium and Bazel; not tested on macOS.
READABLE = (
    "/usr/lib", "/usr/share", "/System/Library", "/Library/Frameworks", "/private/var/db/dyld",
)  # fmt: skip
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")


def profile(readable: Sequence[str]) -> str:
    """A profile that lets a process read these, and neither write nor talk to another.

    Args:
        readable: folders and files; the first one holds the interpreter, all that may be started.
    """
    folders = "\n".join(f"  (subpath {json.dumps(path)})" for path in (*READABLE, *readable))
    devices = "\n".join(f"  (literal {json.dumps(path)})" for path in DEVICES)
    return f"""(version 1)
(deny default)
(allow file-read-metadata)
(allow file-read-data (literal "/")
{folders}
{devices})
(allow file-write-data
{devices})
(allow sysctl-read)
(allow process-fork)
(allow process-exec (subpath {json.dumps(readable[0])}))
(allow signal (target same-sandbox))
(deny network*)
"""
