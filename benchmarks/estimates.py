"""How far off are the estimates? Runs of mixed effort, each estimated just before it.

    python benchmarks/estimates.py [--runs 50] [--model NAME] [--json FILE] QUESTIONS.jsonl

Questions have "question" or "prompt"; efforts go round. Every run is a `ttc` process of its own
with a home of its own, so that what it learns is what the runs before taught it and nothing is
reused. Prints each run and the median absolute errors, with the first tenth left out besides;
--json writes every run as it was, after each one, so that a run cut short leaves what it had.
A run that fails is told and left out. No more runs begin after --minutes. Wants a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

Row = dict[str, Any]
LEVELS = ("low", "auto", "medium", "high")


def home(root: Path) -> Path:
    """A home that has the models of the user's and nothing else."""
    made = root / "home"
    made.mkdir()
    own = os.environ.get("TTC_HOME")
    if own:
        (made / "models").symlink_to(Path(own).absolute() / "models")
    return made


def run(model: str, level: str, seed: int, question: str, environ: dict[str, str]) -> Row:
    """One question: what was expected of it and what it took.

    Raises:
        RuntimeError: no answer came, with the last line of what ttc said.
    """
    words = ["-m", model, "-e", level, "--jsonl", "--seed", str(seed), "--", question]
    done = subprocess.run(
        [sys.executable, "-m", "ttc_cli", "ask", *words],
        stdin=subprocess.DEVNULL, capture_output=True, env=environ, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace").strip().splitlines()[-1:])
    events = [json.loads(line) for line in done.stdout.splitlines()]
    guess = next(event["estimate"] for event in events if event["type"] == "start")
    ours = next(event for event in events if event["type"] == "done")["result"]["ttc"]
    return {
        "level": level,
        "guessed": {"tokens": guess["tokens"], "seconds": guess["seconds"]},
        "took": {"tokens": ours["tokens"]["sampled"], "seconds": ours["timings"]["wall_s"]},
        "timings": ours["timings"],
        "stopped": ours["stopped"],
    }


def errors(rows: list[Row], what: str) -> list[float]:
    """Absolute errors of the estimates that there were, as shares of what it took."""
    pairs = [(row["guessed"][what], row["took"][what]) for row in rows]
    return [abs(guess - took) / took for guess, took in pairs if guess is not None and took]


def summary(rows: list[Row]) -> dict[str, dict[str, float | int]]:
    """Median absolute errors and how many they are of: of all, warm, and by level."""
    some = {"all": rows, "warm": rows[len(rows) // 10 :]}
    some |= {level: [row for row in rows if row["level"] == level] for level in LEVELS}
    found: dict[str, dict[str, float | int]] = {}
    for name, chosen in some.items():
        found[name] = {}
        for what in ("tokens", "seconds"):
            off = errors(chosen, what)
            found[name] |= {what: median(off) if off else float("nan"), f"n_{what}": len(off)}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--model", default="qwen2.5-coder-0.5b")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--minutes", type=float, default=15.0)
    options = parser.parse_args()
    questions = [json.loads(line) for line in options.questions.read_text("utf-8").splitlines()]
    rows: list[Row] = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        environ = os.environ | {"TTC_HOME": str(home(Path(folder)))}
        for at in range(options.runs):
            if time.monotonic() - began > 60 * options.minutes:
                print(f"{options.minutes:g} minutes are over after {at} runs")
                break
            asked, level = questions[at % len(questions)], LEVELS[at % len(LEVELS)]
            question = asked.get("question") or asked["prompt"]
            try:
                row = run(options.model, level, at, question, environ)
            except RuntimeError as error:
                print(f"{at:3} {level:7} failed: {error}", flush=True)
                continue
            rows.append(row)
            guess, took = row["guessed"], row["took"]
            print(
                f"{at:3} {level:7} {guess['tokens']:6} {took['tokens']:6}"
                f" {guess['seconds']} {took['seconds']:.1f}",
                flush=True,
            )
            if options.json:
                told = {"model": options.model, "runs": rows, "median_error": summary(rows)}
                options.json.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    for name, off in summary(rows).items():
        print(
            f"{name:7} median absolute error: tokens {off['tokens']:.0%} (n={off['n_tokens']}),"
            f" seconds {off['seconds']:.0%} (n={off['n_seconds']})"
        )


if __name__ == "__main__":
    main()
