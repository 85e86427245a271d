"""Versions, and how llama.cpp was built: instruction sets, GPU, threads."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from importlib import metadata
from typing import Any

from ttc_cli import __version__
from ttc_cli.core.errors import EngineFailed
from ttc_cli.engine import machine
from ttc_cli.session.checkup import Finding, ask

PATIENCE = 60.0
REBUILD = (
    "pip install --force-reinstall --no-cache-dir --no-binary llama-cpp-python llama-cpp-python"
)
CODE = """
import json
import llama_cpp as C
info = C.llama_print_system_info().decode("utf-8", "replace")
from ttc_cli.engine.llama import binding
gpu = bool(C.llama_supports_gpu_offload())
print(json.dumps({"info": info, "gpu": gpu, "amx": binding.crashes() and binding.WITHOUT}))
"""


def versions() -> Finding:
    """Of ttc, Python and the packages that matter."""
    names = ("llama-cpp-python", "numpy", "huggingface-hub", "typer")
    found = []
    for name in names:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            return Finding("versions", "broken", f"{name} is not installed", f"pip install {name}")
    system = f"{platform.system()} {platform.machine()}"
    mine = f"ttc {__version__}, Python {platform.python_version()} on {system}"
    return Finding("versions", "ok", ", ".join((mine, *found)))


def llama() -> Iterator[Finding]:
    """Whether llama.cpp loads, and uses what the processor and the machine have."""
    try:
        built = ask(CODE, seconds=PATIENCE)
    except EngineFailed as error:
        advice = f"build it again: {REBUILD}"
        yield Finding("llama.cpp", "broken", f"cannot be loaded: {error.message}", advice)
        return
    yield Finding("llama.cpp", "ok", "loads")
    yield instructions(str(built["info"]), machine.cpu_features())
    yield gpu(bool(built["gpu"]), machine.gpu_kind())
    if built["amx"]:
        why = "this build's AMX kernels crash (GCC bug 114098): ttc goes without repacked weights"
        how = f"build it again without them, it will be faster: {built['amx']} {REBUILD}"
        yield Finding("AMX", "warning", why, how)


def instructions(info: str, here: frozenset[str]) -> Finding:
    """Instruction sets of the processor against those of the build, by llama.cpp's own account."""
    used = frozenset(re.findall(r"(\w+) = 1", info))
    if not here:
        return Finding("processor", "ok", f"the build uses {', '.join(sorted(used))}")
    if lacking := sorted(here - used):
        why = f"it has {', '.join(lacking)}, which this build of llama.cpp does not use"
        how = f'build it here, it will be faster: CMAKE_ARGS="-DGGML_NATIVE=on" {REBUILD}'
        return Finding("processor", "warning", why, how)
    return Finding("processor", "ok", f"{', '.join(sorted(here))}: all used")


def gpu(offloads: bool, kind: str) -> Finding:
    """Whether the GPU there is, if any, is used."""
    if offloads:
        return Finding("GPU", "ok", "this build of llama.cpp puts layers on it (--gpu-layers)")
    if not kind:
        return Finding("GPU", "ok", "none seen; all is done on the processor")
    why = f"there seems to be one ({kind}), and this build of llama.cpp does not use it"
    how = f'CMAKE_ARGS="-DGGML_{kind.upper()}=on" {REBUILD} (see docs/gpu.md)'
    return Finding("GPU", "warning", why, how)


def threads(chosen: int | None, available: int, quota: float | None) -> Finding:
    """Threads of the engine against the processors that it may use.

    Args:
        chosen: the setting; None for the default, all that are available.
        available: processors that this process may run on.
        quota: processors' worth of time that it gets; None for no limit.
    """
    used = chosen or available
    limit = min(available, quota or available)
    said = f"{used} thread{'s' * (used != 1)} on {available} processors"
    if quota is not None and quota < available:
        said += f", of which this container gets {quota:g}"
    if used > limit:
        best = max(1, int(limit))
        advice = f"more threads than processors are slower: ttc config set threads {best}"
        return Finding("threads", "warning", said, advice)
    if used < limit - 1:
        return Finding("threads", "warning", said, "ttc config unset threads uses all of them")
    return Finding("threads", "ok", said)


def facts() -> dict[str, Any]:
    """The machine in numbers, for `--json`."""
    total, free = machine.memory_bytes()
    return {
        "ttc": __version__, "python": platform.python_version(), "system": platform.platform(),
        "processors": machine.available_threads(), "processor_quota": machine.processor_quota(),
        "memory_bytes": total, "memory_free_bytes": free,
        "cpu_features": sorted(machine.cpu_features()),
    }  # fmt: skip
