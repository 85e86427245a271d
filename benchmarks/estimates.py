"""How far off are the estimates? Runs of mixed effort, each estimated just before it.

    python benchmarks/estimates.py [--runs 50] [--model NAME] QUESTIONS.jsonl

Questions have "question" or "prompt"; efforts go round. Every run is a `ttc` process of its own
with a home of its own, so that what it learns is what the runs before taught it and nothing is
reused. Prints each run and the median absolute errors, with the first tenth left out besides.
Wants a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

LEVELS = ("low", "auto", "medium", "high")


def home(root: Path) -> Path:
    """A home that has the models of the user's and nothing else."""
    made = root / "home"
    made.mkdir()
    own = os.environ.get("TTC_HOME")
    if own:
        (made / "models").symlink_to(Path(own).absolute() / "models")
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--model", default="qwen2.5-coder-0.5b")
    options = parser.parse_args()
    rows = [json.loads(line) for line in options.questions.read_text("utf-8").splitlines()]
    errors: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        environ = os.environ | {"TTC_HOME": str(home(Path(folder)))}
        for at in range(options.runs):
            row, level = rows[at % len(rows)], LEVELS[at % len(LEVELS)]
            words = ["-m", options.model, "-e", level, "--jsonl", "--seed", str(at), "--"]
            question = row.get("question") or row["prompt"]
            done = subprocess.run(
                [sys.executable, "-m", "ttc_cli", "ask", *words, question],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environ, check=True,
            )  # fmt: skip
            events = [json.loads(line) for line in done.stdout.splitlines()]
            guess = next(event["estimate"] for event in events if event["type"] == "start")
            ours = next(event for event in events if event["type"] == "done")["result"]["ttc"]
            tokens, seconds = ours["tokens"]["sampled"], ours["timings"]["wall_s"]
            error = abs(guess["tokens"] - tokens) / tokens
            late = abs(guess["seconds"] - seconds) / seconds if guess["seconds"] else float("nan")
            print(
                f"{at:3} {level:7} {guess['tokens']:6} {tokens:6} {guess['seconds']} {seconds:.1f}"
            )
            errors.append((error, late))
    for name, some in (("all", errors), ("warm", errors[len(errors) // 10 :])):
        timed = [late for _, late in some if late == late]
        print(
            f"{name}: median absolute error,"
            f" tokens {median(e for e, _ in some):.0%} (n={len(some)}),"
            f" seconds {median(timed):.0%} (n={len(timed)})"
        )


if __name__ == "__main__":
    main()
