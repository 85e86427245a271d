"""What a call costs besides prefill and decoding, with the model kept loaded and without.

    python benchmarks/warm.py MODEL [--runs 9]

Starts a server of its own in a folder of its own and ends it. Each call is a new process of
`ttc -x -e low` that draws a few tokens; prefill and decoding are what the engine counted.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ttc_cli.settings import home

TTC = [sys.executable, "-m", "ttc_cli"]
ASK = ["ask", "-x", "-e", "low", "--max-tokens", "8", "--no-cache", "--json", "What is 17 * 23?"]


def call(model: str, environ: dict[str, str]) -> tuple[float, float]:
    """Seconds of a call in all, and those that are neither prefill nor decoding."""
    began = time.perf_counter()
    ran = subprocess.run(
        [*TTC, *ASK, "-m", model],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environ,
        check=False,  # cut after a few tokens: 6
    )
    seconds = time.perf_counter() - began
    timings = json.loads(ran.stdout)["ttc"]["timings"]
    return seconds, seconds - timings["prefill_s"] - timings["decode_s"]


def row(name: str, calls: list[tuple[float, float]]) -> None:
    whole, rest = (statistics.median(values) for values in zip(*calls, strict=True))
    least, most = min(r for _, r in calls), max(r for _, r in calls)
    spread = f"{least:.3f} to {most:.3f}"
    print(f"{name:<12} {whole:6.3f} s, of which {rest:6.3f} s are neither ({spread})")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--runs", type=int, default=9)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ttc-") as folder:
        (Path(folder) / "models").symlink_to(home() / "models")
        environ = {**os.environ, "TTC_HOME": folder}
        row("in process", [call(given.model, environ) for _ in range(given.runs)])
        serve = [*TTC, "serve", "--no-http", "--detach", "-m", given.model]
        subprocess.run(serve, env=environ, check=True)
        try:
            call(given.model, environ)
            row("kept loaded", [call(given.model, environ) for _ in range(given.runs)])
        finally:
            subprocess.run([*TTC, "serve", "stop"], env=environ, check=True)
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
