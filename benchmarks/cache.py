"""What the caches buy: `python benchmarks/cache.py --model M [--kills 50] [--json FILE]`.

Three figures, each of whole processes on an empty home of its own: a cached answer against the
bare `ttc ask --help`, interleaved; the prefill of a second question over a file of about 3,000
tokens against that of the first; and, with --kills, runs that are killed at random moments, each
followed by one that must answer. The bars: 0.25 s, 5%, no failure.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TTC = [sys.executable, "-m", "ttc_cli"]
WORDS = ("river", "stone", "bridge", "market", "lantern", "winter", "paper", "orchard", "signal")


def ttc(home: Path, *words: str) -> tuple[float, str]:
    """Seconds and stdout of one process; stderr is shown when it fails."""
    began = time.monotonic()
    ran = subprocess.run(
        [*TTC, *words], env=environment(home), stdin=subprocess.DEVNULL, capture_output=True
    )
    seconds = time.monotonic() - began
    assert ran.returncode == 0, ran.stderr.decode()
    return seconds, ran.stdout.decode()


def environment(home: Path) -> dict[str, str]:
    """That of a person: compiled modules are kept, as they are of an installed program."""
    named = {"TTC_HOME": str(home), "PYTHONPYCACHEPREFIX": str(home / "compiled")}
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | named


def cached(home: Path, model: str, runs: int) -> dict[str, Any]:
    ask = ("ask", "-q", "-m", model, "-S", "direct", "--max-tokens", "400", "Name one colour.")
    first, answer = ttc(home, *ask)
    hits, bare = [], []
    for _ in range(runs):
        seconds, again = ttc(home, *ask)
        assert again == answer
        hits.append(seconds)
        bare.append(ttc(home, "ask", "--help")[0])
    report = json.loads(ttc(home, *ask, "--json")[1])
    assert report["ttc"]["cache"] == "hit", "the first answer was cut, so it was not kept"
    return {
        "first_s": round(first, 3),
        "hit_s": round(statistics.median(hits), 3),
        "hit_fastest_s": round(min(hits), 3),
        "help_s": round(statistics.median(bare), 3),
        "help_fastest_s": round(min(bare), 3),
        "n": runs,
    }


def prefill(home: Path, model: str, lines: int) -> dict[str, Any]:
    rng = random.Random(3)
    document = home / "document.txt"
    document.write_text(
        "".join(
            f"Entry {n}: the {rng.choice(WORDS)} went to the {rng.choice(WORDS)}.\n"
            for n in range(lines)
        )
    )
    rows = []
    for question in ("What happened first?", "Which entry names a bridge?"):
        flags = ("--json", "-S", "direct", "--max-tokens", "4", "-f", str(document))
        wall, text = ttc(home, "ask", "-q", "-m", model, *flags, question)
        value = json.loads(text)
        rows.append(
            {
                "prompt_tokens": value["usage"]["prompt_tokens"],
                "cached_tokens": value["usage"]["prompt_tokens_details"]["cached_tokens"],
                "prefill_s": value["ttc"]["timings"]["prefill_s"],
                "process_s": round(wall, 3),
            }
        )
    first, second = rows
    computed = second["prompt_tokens"] - second["cached_tokens"]
    return {
        "first": first,
        "second": second,
        "tokens_ratio": round(computed / first["prompt_tokens"], 4),
        "seconds_ratio": round(second["prefill_s"] / first["prefill_s"], 4),
    }


def kills(home: Path, model: str, count: int) -> dict[str, Any]:
    """Kill a run at a random moment; the next one must answer, and leave nothing half done."""
    rng = random.Random(11)
    notes = home / "notes.txt"
    notes.write_text("The men saw a light under the water, and then a hand.\n" * 50)
    flags = ("ask", "-q", "-m", model, "-S", "direct", "--max-tokens", "6", "-f", str(notes))
    longest, expected = ttc(home, *flags, "seed 0?")
    for n in range(count):
        words = [*TTC, *flags, "--seed", str(n), f"What came {n}th?"]
        killed = subprocess.Popen(
            words, env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(rng.uniform(0.05, longest))
        killed.kill()
        killed.wait()
        if n % 5 == 0:  # the cache is not always warm where it is hit
            ttc(home, "cache", "clear")
        assert ttc(home, *flags, "seed 0?")[1] == expected, "another answer after a kill"
    facts = json.loads(ttc(home, "cache", "info", "--json")[1])
    return {"kills": count, "after": {k: facts[k] for k in ("results", "samples", "prompts")}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="a GGUF file")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--lines", type=int, default=240, help="of the document")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    model = str(Path(given.model).resolve())
    report: dict[str, Any] = {"load": os.getloadavg()[0]}
    parts = {
        "cached": lambda home: cached(home, model, given.runs),
        "prefill": lambda home: prefill(home, model, given.lines),
        **({"kills": lambda home: kills(home, model, given.kills)} if given.kills else {}),
    }
    for name, measure in parts.items():
        with tempfile.TemporaryDirectory() as home:
            report[name] = measure(Path(home))
        print(json.dumps({name: report[name]}), flush=True)
    if given.json:
        given.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
