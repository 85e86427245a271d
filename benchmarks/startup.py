"""How long a person waits: medians over several runs, each a new process.

    python benchmarks/startup.py MODEL [--runs 7]

`overhead` is the time to the first answer token less what llama.cpp reports for loading the
model and evaluating the prompt: interpreter, imports, header, template, the first decode.
"""

from __future__ import annotations

import argparse
import json
import os
import pty
import select
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

TTC = [sys.executable, "-m", "ttc_cli"]
ASK = ["ask", "--no-cache", "--max-tokens", "8", "Say hello."]


def command(*words: str) -> float:
    """Seconds until a command has ended."""
    began = time.perf_counter()
    subprocess.run([*TTC, *words], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def first_sight(model: str) -> float:
    """Seconds until something shows on a terminal."""
    began = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [*TTC, *ASK, "-m", model])
    select.select([terminal], [], [])
    seconds = time.perf_counter() - began
    try:
        while os.read(terminal, 4096):
            pass
    except OSError:  # how Linux tells that the other end is closed
        pass
    os.close(terminal)
    os.waitpid(child, 0)
    return seconds


def overhead(model: str) -> tuple[float, float]:
    """(seconds to the first token, the part of it that is ours)."""
    began = time.perf_counter()
    with subprocess.Popen(
        [*TTC, *ASK, "-m", model, "--jsonl"], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        first, timings = 0.0, {}
        for line in child.stdout:
            event = json.loads(line)
            if event["type"] == "text" and not first:
                first = time.perf_counter() - began
            if event["type"] == "done":
                timings = event["result"]["ttc"]["timings"]
    return first, first - timings["load_s"] - timings["prefill_s"]


def row(name: str, bar: float, values: list[float]) -> None:
    middle = statistics.median(values)
    verdict = "ok" if middle <= bar else "SLOW"
    print(
        f"{name:<28}{middle * 1000:7.0f} ms  (bar {bar * 1000:.0f} ms, "
        f"{min(values) * 1000:.0f} to {max(values) * 1000:.0f}) {verdict}"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--runs", type=int, default=7)
    given = parser.parse_args()
    runs = range(given.runs)

    def times(measure: Callable[[], float]) -> list[float]:
        return [measure() for _ in runs]

    row("ttc --version", 0.1, times(lambda: command("--version")))
    row("ttc ask --help", 0.2, times(lambda: command("ask", "--help")))
    row("first visible output", 0.15, times(lambda: first_sight(given.model)))
    first, ours = zip(*(overhead(given.model) for _ in runs), strict=True)
    row("first token, less llama.cpp", 0.3, list(ours))
    print(f"first token in all          {statistics.median(first) * 1000:8.0f} ms")
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
