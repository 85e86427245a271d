"""Thousands of hostile inputs: schemas, settings, records, logs, pools, chat templates.

    python benchmarks/strangers.py [-n INPUTS_OF_EACH_KIND] [--first SEED]

Prints, for each kind, how many inputs were tried, how many are faults (raised something that is
no error of ours, or took over ten seconds), the slowest, and the memory of the process. Each kind
runs in a process of its own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from strangers import CHECKS, faults


def tried(kind: str, first: int, count: int) -> tuple[str, int, list[str], float, float, int]:
    """(kind, inputs, faults, seconds in all, seconds of the slowest, peak MB)."""
    found, slowest, began = [], 0.0, time.monotonic()
    for seed in range(first, first + count):
        before = time.monotonic()
        found += faults(kind, range(seed, seed + 1))
        slowest = max(slowest, time.monotonic() - before)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    return kind, count, found, time.monotonic() - began, slowest, peak


def main() -> None:
    """Try them all and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=1700)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--kinds", nargs="*", default=list(CHECKS))
    given = parser.parse_args()
    total = bad = 0
    for kind in given.kinds:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            _, count, found, seconds, slowest, peak = pool.apply(
                tried, (kind, given.first, given.n)
            )
        total, bad = total + count, bad + len(found)
        print(f"{kind:10} {count:6} inputs {len(found):4} faults {seconds:7.1f} s"
              f"  slowest {slowest:5.2f} s  peak {peak} MB", flush=True)  # fmt: skip
        for line in found[:20]:
            print(f"  {line}", flush=True)
    print(f"all        {total:6} inputs {bad:4} faults")


if __name__ == "__main__":
    main()
