"""`ttc map` against a shell loop of `ttc ask`, and against completions one after another.

    python benchmarks/map_speed.py --model FILE [--records 200] [--loop 12] [--rounds 3]

Records of about 40 tokens, answers of at most 40, greedy, nothing cached. The sides take turns:
map   `ttc map` over all records, start and loading of the model included.
loop  `ttc ask` once a record, over the first `--loop` records; seconds for all of them are
      extrapolated from the seconds a record, which is said in the output.
llama one loaded `llama_cpp.Llama` over all records with its own prefix cache and the same
      prompts (so the same shared prefix); loading included, as it is for map.

The machine must be idle: threads of llama.cpp wait for each other many times a token, so that two
of them on two busy processors take ten times as long as one, which looks as if it hung.
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
from typing import Any

from engine_common import STORY, fresh, spread

from ttc_cli.engine.machine import available_threads

PROMPT = "Say in a few plain words what this piece of a story is about: "


def records(count: int) -> list[str]:
    """Lines of some 35 words, each another turn of the same words, which differ at once."""
    words = STORY.split()
    return [
        f"{n} " + " ".join(words[(n * 7 + i) % len(words)] for i in range(33)) for n in range(count)
    ]


def ttc(options: argparse.Namespace, *words: str) -> str:
    """Run `ttc` with nothing kept; returns what it printed."""
    flags = ("--max-tokens", str(options.tokens), "--temperature", "0", "-e", "low", "-S", "direct",
             "--threads", str(options.threads))  # fmt: skip
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "TTC_HOME": home, "TTC_MODEL": options.model}
        command = [sys.executable, "-m", "ttc_cli", *words, *flags, "--no-log", "--no-cache", "-q"]
        done = subprocess.run(command, env=env, check=True, text=True, stdout=subprocess.PIPE,
                              stdin=subprocess.DEVNULL)  # fmt: skip
    return done.stdout


def mapped(options: argparse.Namespace, lines: list[str]) -> float:
    """Seconds of a map over all lines."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(lines))
        file.flush()
        begin = time.perf_counter()
        out = ttc(options, "map", PROMPT + "{line}", file.name)
        seconds = time.perf_counter() - begin
    rows = [json.loads(line) for line in out.splitlines()]
    if [row["line"] for row in rows] != lines or any("error" in row for row in rows):
        raise SystemExit("a record is missing, out of order or failed")
    return seconds


def looped(options: argparse.Namespace, lines: list[str]) -> float:
    """Seconds of a loop over all lines, from those of the first few."""
    begin = time.perf_counter()
    for line in lines[: options.loop]:
        ttc(options, "ask", PROMPT + line)
    return (time.perf_counter() - begin) / options.loop * len(lines)


def sequential(options: argparse.Namespace, lines: list[str]) -> dict[str, Any]:
    """Seconds of one completion after another, the model's own chat template applied."""
    from llama_cpp import Llama

    begin = time.perf_counter()
    llama = Llama(options.model, n_ctx=4096, n_threads=options.threads,
                  n_threads_batch=options.threads, verbose=False)  # fmt: skip
    for line in lines:
        llama.create_chat_completion(
            [
                {"role": "system", "content": "You are a helpful assistant."},
                {"role": "user", "content": PROMPT + line},
            ],
            max_tokens=options.tokens,
            temperature=0,
        )
    return {"seconds": time.perf_counter() - begin}


def main() -> None:
    """Measure in turns and print seconds and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--records", type=int, default=200)
    parser.add_argument("--tokens", type=int, default=40)
    parser.add_argument("--loop", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=available_threads())
    options = parser.parse_args()
    options.model = str(Path(options.model).resolve())
    lines = records(options.records)
    ours, loop, llama = [], [], []
    for _ in range(options.rounds):
        ours.append(mapped(options, lines))
        loop.append(looped(options, lines))
        llama.append(fresh(sequential, options, lines)["seconds"])
        told = f"map {ours[-1]:.1f} s, loop {loop[-1]:.1f} s, llama {llama[-1]:.1f} s"
        print(told, file=sys.stderr, flush=True)
    print(
        f"{options.records} records, at most {options.tokens} tokens each, "
        f"{options.rounds} rounds, {options.threads} threads"
    )
    print(f"map    {spread(ours, 1)} s")
    print(f"loop   {spread(loop, 1)} s, extrapolated from {options.loop} records")
    print(f"llama  {spread(llama, 1)} s")
    for name, other in (("loop", loop), ("llama", llama)):
        ratios = [theirs / mine for theirs, mine in zip(other, ours, strict=True)]
        print(f"map is {spread(ratios)} times as quick as {name}")


if __name__ == "__main__":
    main()
