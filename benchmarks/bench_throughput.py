"""`ttc bench run` against the engine alone: tokens a second at the same width.

The bench answers real questions, many at a time: prompts are evaluated between decodes, replies end
at different lengths, each token passes through a recorded sample, a virtual engine, a strategy and
a vote, and finished samples and rows are fsync'd. The engine decodes as many branches of one prompt
of the bench's mean prompt length, each as long as the bench's mean reply, and nothing else is timed
but decoding. Both sides are processes of their own and take turns. The bar is 0.93.

    python benchmarks/bench_throughput.py --model qwen2.5-coder-0.5b --data svamp_dev.jsonl
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from statistics import mean, median
from typing import Any

from engine_common import fresh, grow, prompt_of, quiet, requests, spread

BAR = 0.93


def bench(options: argparse.Namespace) -> dict[str, Any]:
    """One run over the questions, into a folder that is thrown away unless one is named."""
    from ttc_cli.bench.configs import from_text, named
    from ttc_cli.bench.folder import fingerprint, read_rows
    from ttc_cli.bench.questions import load
    from ttc_cli.bench.run import Spec, run
    from ttc_cli.models.registry import ModelFile, resolve
    from ttc_cli.session.loaded import Session
    from ttc_cli.settings import home
    from ttc_cli.settings import load as load_settings

    settings = load_settings({"model": options.model}, cwd=Path.cwd(), environ=os.environ)
    model = resolve(options.model, home())
    assert isinstance(model, ModelFile)
    fixed = f"samples={options.samples},early_stop=false"
    chosen = named([from_text(text) for text in (fixed, *options.config)])
    data = {"name": options.data.name, "sha256": fingerprint(options.data)}
    items = load(options.data)[: options.questions]
    with tempfile.TemporaryDirectory() as folder:
        out = options.out or Path(folder) / "out"
        spec = Spec(data, items, chosen, out, width=options.width, quiet=True)
        session = Session(settings, model)
        try:
            assert session.engine  # loaded: the clock starts after it
            began = time.perf_counter()
            did = run(session, spec)
            seconds = time.perf_counter() - began
        finally:
            session.close()
        rows = read_rows(spec.out)
    rows = [row for row in rows if row["config"] == chosen[0].name]
    lengths = [branch["tokens"] for row in rows for branch in row["branches"]]
    return {
        "speed": did.tokens / seconds,
        "in_engine": did.seconds / seconds,
        "tokens": did.tokens,
        "seconds": seconds,
        "reply": mean(lengths),
        "prompt": mean(row["tokens"]["prompt"] for row in rows),
        "path": str(model.path),
    }


def engine(options: argparse.Namespace, path: str, prompt: int, reply: int) -> dict[str, Any]:
    """As many branches of one prompt, as the engine's own benchmark runs them."""
    from ttc_cli.engine.llama.engine import LlamaEngine

    cells = prompt + options.width * (reply + 64) + 256
    loaded = LlamaEngine(path, cells=cells, context=prompt + reply + 64, ignore_eog=True)
    try:
        grow(loaded, requests(prompt_of(loaded, 40), 1, 4, confidence=True, first=10**6))
        batch = requests(prompt_of(loaded, prompt), options.width, reply, confidence=True)
        result = grow(loaded, batch)
    finally:
        loaded.close()
    return {"speed": result["tokens"] / result["seconds"]}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--model", required=True, help="a name that `ttc models list` knows, or a file"
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--config", action="append", default=[], help="others, as bench run takes")
    parser.add_argument("--out", type=Path, help="keep the bench's folder; for one round")
    parser.add_argument("--json", type=Path, help="raw figures")
    options = parser.parse_args()
    ours: list[dict[str, Any]] = []
    alone: list[dict[str, Any]] = []
    for _ in range(options.rounds):
        ours.append(quiet(lambda: fresh(bench, options)))
        last = ours[-1]
        facts = last["path"], round(last["prompt"]), round(last["reply"])
        alone.append(quiet(lambda facts=facts: fresh(engine, options, *facts)))
        print(f"bench {last['speed']:.1f} tok/s, engine {alone[-1]['speed']:.1f} tok/s", flush=True)
    ratios = [a["speed"] / b["speed"] for a, b in zip(ours, alone, strict=True)]
    print(f"{options.questions} questions x {options.samples} samples at width {options.width}: "
          f"{spread([a['speed'] for a in ours], 1)} tok/s, engine alone "
          f"{spread([b['speed'] for b in alone], 1)}, ratio {spread(ratios)}, bar {BAR}; "
          f"{median(a['in_engine'] for a in ours):.1%} of the time in the engine")  # fmt: skip
    if options.json:
        options.json.write_text(json.dumps({"bench": ours, "engine": alone}, indent=1) + "\n")
    raise SystemExit(median(ratios) < BAR)


if __name__ == "__main__":
    main()
