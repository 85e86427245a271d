"""What one locked-in run costs on top of Python's own start, and how fast data is read inside.

    python benchmarks/jail.py [--runs 30] [--data MB]

Prints milliseconds on the clock (the least and the median of the runs, taken in turns) and of
processor time, for an interpreter that does nothing and for a program that returns 1 in each layer;
then seconds for a program that sums a column of a CSV of that size. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ttc_cli.jail import Layer, Limits, lock, run_program

ONE = "def solution():\n    return 1\n"
SUM = (
    "import csv\ndef solution():\n    total = {}\n    with open('sales.csv', newline='') as file:\n"
    "        for row in csv.DictReader(file):\n            month = row['date'][:7]\n"
    "            total[month] = total.get(month, 0) + int(row['amount'])\n"
    "    return max(total, key=total.get)\n"
)


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _measure(run: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds on the clock, and of processor time."""
    began, spent = time.perf_counter(), _spent()
    run()
    return 1000 * (time.perf_counter() - began), 1000 * (_spent() - spent)


def _row(name: str, times: list[tuple[float, float]]) -> None:
    clock, processor = zip(*times, strict=True)
    print(
        f"{name:20} clock {min(clock):6.1f} (median {statistics.median(clock):6.1f})"
        f"   processor {min(processor):6.1f} (median {statistics.median(processor):6.1f}) ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--data", type=int, default=0, help="MB of CSV to read inside")
    given = parser.parse_args()
    bare = [*lock.python(), "-c", "pass"]
    kinds: dict[str, Callable[[], object]] = {
        "python, nothing": lambda: subprocess.run(bare, check=True, env=lock.ENVIRONMENT)
    }
    for layer in (Layer.NAMESPACES, Layer.FILTER, Layer.LIMITS):
        if layer is Layer.LIMITS or not lock.trouble(layer):
            kinds[layer] = lambda layer=layer: run_program(ONE, layer=layer)
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in kinds}
    for _ in range(given.runs):
        for name, run in kinds.items():
            times[name].append(_measure(run))
    for name, found in times.items():
        _row(name, found)
    if given.data:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "sales.csv"
            rows = "".join(
                f"2024-{i % 12 + 1:02}-{i % 28 + 1:02},shop {i % 97},{i}\n" for i in range(40_000)
            )
            with path.open("w") as file:
                file.write("date,shop,amount\n")
                while file.tell() < given.data * 10**6:
                    file.write(rows)
            found = run_program(SUM, data=[path], unsafe=True, limits=Limits(seconds=60))
            print(f"{given.data} MB of CSV: {found.value} {found.error}")
            print(f"{found.seconds:.1f} s, at most {found.peak >> 20} MiB")


if __name__ == "__main__":
    main()
