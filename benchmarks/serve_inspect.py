"""inspect_ai against `ttc serve`, beside `ttc bench`: `python benchmarks/serve_inspect.py`.

Evaluates questions with short answers through inspect_ai's OpenAI-compatible provider, each with
the seed that `ttc bench` gives it, then answers the same ones with `ttc bench run`, and prints both
accuracies with n. Decodes: 50 questions of SVAMP with a 1.5B model take minutes. Needs inspect_ai
in an environment of its own, which runs this; --ttc is the command of the one that is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from inspect_ai import Task, eval  # noqa: A004 - inspect's name
from inspect_ai.dataset import Sample
from inspect_ai.scorer import Score, Scorer, Target, accuracy, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from ttc_cli.bench.runner import question_seed

NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


@solver
def seeded(effort: str) -> Solver:
    """Ask with the seed that the bench gives the question."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        seed = question_seed(0, str(state.sample_id))
        return await generate(state, seed=seed, reasoning_effort=effort)

    return solve


@scorer(metrics=[accuracy()])
def last_number() -> Scorer:
    """Whether the last number of the reply is the answer."""

    async def score(state: TaskState, target: Target) -> Score:
        found = NUMBER.findall(state.output.completion)
        said = found[-1].replace(",", "") if found else ""
        right = said != "" and float(said) == float(target.text.replace(",", ""))
        return Score(value=float(right), answer=said)

    return score


def inspected(url: str, model: str, items: list[dict[str, Any]], effort: str) -> float:
    """How many are right, as inspect_ai finds."""
    os.environ |= {"TTC_BASE_URL": url, "TTC_API_KEY": "none"}
    data = [Sample(id=one["id"], input=one["question"], target=one["answer"]) for one in items]
    task = Task(dataset=data, solver=seeded(effort), scorer=last_number())
    with tempfile.TemporaryDirectory() as logs:
        (log,) = eval(
            task, model=f"openai-api/ttc/{model}", log_dir=logs, display="none",
            max_connections=8, score=True,
        )  # fmt: skip
        assert log.status == "success", log.error
        return sum(sample.scores["last_number"].value for sample in log.samples)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ttc", default="ttc")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=50)
    parser.add_argument("-m", "--model", default="qwen2.5-coder-1.5b")
    parser.add_argument("-e", "--effort", default="low")
    parser.add_argument("--max-tokens", default="1024", help="of an answer, on both sides")
    args = parser.parse_args()
    lines = args.data.read_text().splitlines()[: args.limit]
    items = [json.loads(line) for line in lines]
    both = ["-m", args.model, "--max-tokens", args.max_tokens]
    words = [args.ttc, "serve", *both, "--port", "0", "--no-cache"]
    server = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    try:
        model, _, url = server.stderr.readline().strip().partition(" at ")
        right = inspected(url, model, items, args.effort)
    finally:
        server.terminate()
        server.wait(30)
    with tempfile.TemporaryDirectory() as folder:
        config = f"name=served,effort={args.effort}"
        bench = [args.ttc, "bench", "run", "-d", str(args.data), "--limit", str(args.limit)]
        bench += [*both, "-c", config, "-o", f"{folder}/out", "-q"]
        subprocess.run(bench, check=True, stdout=subprocess.DEVNULL)
        told = subprocess.run(
            [args.ttc, "bench", "report", f"{folder}/out", "--json"],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
    row = json.loads(told.stdout)["rows"][0]
    figures = {
        "model": args.model, "effort": args.effort, "n": len(items),
        "inspect_accuracy": right / len(items), "bench_accuracy": row["accuracy"],
        "bench_ci": row["accuracy_ci"],
    }  # fmt: skip
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
