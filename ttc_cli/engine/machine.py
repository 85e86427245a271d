"""What the machine is: processors, memory, instructions, GPUs. Nothing of llama.cpp is loaded."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from pathlib import Path

CPU_FEATURES = {
    "avx": "AVX", "avx2": "AVX2", "fma": "FMA", "f16c": "F16C", "bmi2": "BMI2",
    "avx_vnni": "AVX_VNNI", "avx512f": "AVX512", "avx512vbmi": "AVX512_VBMI",
    "avx512_vnni": "AVX512_VNNI", "avx512_bf16": "AVX512_BF16", "amx_int8": "AMX_INT8",
    "asimd": "NEON", "asimddp": "DOTPROD", "asimdhp": "FP16_VA", "i8mm": "MATMUL_INT8",
    "sve": "SVE",
}  # fmt: skip # the kernel's name of an instruction set, and llama.cpp's


def available_threads() -> int:
    """Threads worth using: the processors this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows have no affinity call
        return os.cpu_count() or 1


def cpu_features(text: str | None = None) -> frozenset[str]:
    """Instruction sets of this processor, by llama.cpp's names; empty where they are not told.

    Args:
        text: of /proc/cpuinfo; by default this machine's.
    """
    if text is None and sys.platform == "darwin" and platform.machine() == "arm64":
        return frozenset({"NEON", "DOTPROD"})  # every Apple processor has these
    text = _read("/proc/cpuinfo") if text is None else text
    line = re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.MULTILINE)
    words = line[1].split() if line else []
    return frozenset(CPU_FEATURES[word] for word in words if word in CPU_FEATURES)


def processor_quota(text: str | None = None) -> float | None:
    """Processors' worth of time that a container may use; None without a limit.

    Args:
        text: of a cgroup's cpu.max, "QUOTA PERIOD"; by default this process's.
    """
    parts = (_read("/sys/fs/cgroup/cpu.max") if text is None else text).split()
    if len(parts) != 2 or not all(part.isdigit() for part in parts) or parts[1] == "0":
        return None
    return int(parts[0]) / int(parts[1])


def memory_bytes() -> tuple[int | None, int | None]:
    """(all that this process may use, what is free now), as far as it can be told."""
    limit = _read("/sys/fs/cgroup/memory.max").strip()
    found = dict(re.findall(r"^(\w+):\s+(\d+) kB", _read("/proc/meminfo"), re.MULTILINE))
    total = int(found["MemTotal"]) * 1024 if "MemTotal" in found else _physical()
    free = int(found["MemAvailable"]) * 1024 if "MemAvailable" in found else None
    if limit.isdigit() and total is not None and int(limit) < total:
        total = int(limit)
        used = _read("/sys/fs/cgroup/memory.current").strip()
        if free is not None and used.isdigit():
            free = min(free, total - int(used))
    return total, free


def _physical() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return None


def gpu_kind() -> str:
    """The GPU there seems to be, as the build that uses it is called; "" where there is none."""
    if sys.platform == "darwin":
        return "Metal" if platform.machine() == "arm64" else ""
    if shutil.which("nvidia-smi") or Path("/dev/nvidia0").exists():
        return "CUDA"
    return "Vulkan" if any(Path("/dev/dri").glob("renderD*")) else ""


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", errors="replace")
    except OSError:
        return ""
