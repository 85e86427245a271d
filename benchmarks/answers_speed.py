"""Time per answer on the fast path: extract, canonical form, comparison, a pool's classes.

    python benchmarks/answers_speed.py [POOL.jsonl]

Prints median and 99th percentile in microseconds. Without a pool (records with a "text" field),
replies are made from the pairs of tests/answers/tables/typed.txt. Caches are cleared
between answers;
pairs that need the maths worker are left out and counted.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ttc_cli.answers import canonical, classes, equivalent, extract
from ttc_cli.answers.parse import parse

PAIRS = Path(__file__).parents[1] / "tests" / "answers" / "tables" / "typed.txt"


class Counter:
    """In the place of the worker: counts who would have asked it."""

    asked = 0

    def compare(self, a: str, b: str) -> bool | None:
        self.asked += 1
        return None


def report(name: str, calls: Sequence[Callable[[], object]]) -> None:
    times = []
    for call in calls * 3:
        parse.cache_clear()
        start = time.thread_time_ns()
        call()
        times.append((time.thread_time_ns() - start) / 1000)
    times.sort()
    median, p99 = statistics.median(times), times[int(len(times) * 0.99)]
    print(f"{name:<24} n={len(calls):<5} median {median:8.1f} µs   p99 {p99:8.1f} µs")


def main() -> None:
    lines = [line for line in PAIRS.read_text("utf-8").splitlines() if line[:2] != "# "]
    pairs = [line.replace(" != ", " == ").split(" == ", 1) for line in lines if line.strip()]
    if len(sys.argv) > 1:
        records = Path(sys.argv[1]).read_text("utf-8").splitlines()
        replies = [json.loads(record)["text"] for record in records]
    else:
        replies = [f"Some work.\n\nSo the answer is \\boxed{{{a}}}." for a, _ in pairs]
    answers = [found.text for reply in replies if (found := extract(reply))]
    counter, fast = Counter(), []
    for a, b in pairs:
        before = counter.asked
        equivalent(a, b, worker=counter)
        if counter.asked == before:
            fast.append((a, b))
    pools = [answers[i : i + 8] for i in range(0, len(answers), 8)]
    report("extract", [lambda r=r: extract(r) for r in replies])
    report("canonical", [lambda a=a: canonical(a) for a in answers])
    report("equivalent (fast path)", [lambda p=p: equivalent(*p, worker=counter) for p in fast])
    report("classes of 8", [lambda p=p: classes(p, worker=counter) for p in pools])
    print(f"pairs that need the worker: {len(pairs) - len(fast)} of {len(pairs)}")


if __name__ == "__main__":
    main()
