"""Thousands of generated replies of servers that mean harm: what breaks, hangs or grows.

    python benchmarks/hostile_servers.py [CASES [FIRST]]

Prints each case that ended in a traceback, took more than SECONDS or grew by more than MEGABYTES,
and the counts at the end. A case is named by its number: the same one is the same again.
"""

from __future__ import annotations

import resource
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "engine"))
from hostile_server import Case
from test_server_hostile import SECONDS, outcome

MEGABYTES = 300


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(cases: int = 10_000, first: int = 0) -> None:
    found = Counter[str]()
    at_first, began = megabytes(), time.monotonic()
    for case in map(Case, range(first, first + cases)):
        before = megabytes()
        try:
            told, seconds = outcome(case)
        except Exception as error:
            told, seconds, kind = repr(error), 0.0, "traceback"
        else:
            kind = "a bug in ttc" if "cannot be read" in told else "one line or a reply"
        grown = megabytes() - before
        kinds = [kind, *["late"] * (seconds > SECONDS), *["large"] * (grown > MEGABYTES)]
        found.update(kinds)
        if kinds != ["one line or a reply"]:
            print(case, case.kind, case.place, case.harm, f"{seconds:.1f} s", told[:200])
    print(f"{cases} cases in {time.monotonic() - began:.0f} s: {dict(found)}")
    print(f"memory: {at_first:.0f} MB at first, {megabytes():.0f} MB at most")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
