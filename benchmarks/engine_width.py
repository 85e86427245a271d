"""Branches of one prompt: our whole engine against llama-batched-bench, width by width.

Every measurement is a process of its own and the sides take turns, width by width and round by
round, so that a busy machine hits both. Ours samples, computes confidence where asked, and
hands its text over through poll; the peer decodes random tokens and does nothing else.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

from engine_common import SHARE, fresh, grow, prompt_of, quiet, requests, spread

from ttc_cli.engine.llama.engine import LlamaEngine

BAR = 0.97
SPARE_MB = 250
BUFFER = re.compile(r"(CPU_REPACK model|CPU KV) buffer size = +([\d.]+) MiB")
Rows = dict[tuple[int, str], list[dict[str, Any]]]


def ours(options: argparse.Namespace, width: int, confidence: bool) -> dict[str, Any]:
    """One measurement of ours; the first, tiny branch warms up the threads and the pages."""
    engine = LlamaEngine(
        options.model,
        cells=options.cells,
        context=options.prompt + options.tokens + 64,
        threads=options.threads,
        ignore_eog=True,
    )
    try:
        grow(engine, requests(prompt_of(engine, 40), 1, 4, confidence=confidence, first=10**6))
        prompt = prompt_of(engine, options.prompt)
        result = grow(engine, requests(prompt, width, options.tokens, confidence=confidence))
    finally:
        engine.close()
    if result["total_tokens"] != width * options.tokens:
        raise SystemExit(f"drew {result['total_tokens']} tokens at width {width}")
    result["speed"] = result["tokens"] / result["seconds"]
    result["total_speed"] = result["total_tokens"] / result["total_seconds"]
    result["outside"] = 1 - result["decode"] / result["seconds"]
    return result


def peer(options: argparse.Namespace, width: int) -> dict[str, Any]:
    """One run of llama-batched-bench, with the buffers its log names."""
    command = [options.bench, "-m", options.model, "-kvu", "-pps", "-v", "-t", options.threads]
    command += ["-c", options.cells, "-npp", options.prompt, "-ntg", options.tokens]
    command += ["-npl", width, "-fa", options.flash_attn, "--output-format", "jsonl"]
    done = subprocess.run(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    lines = re.findall(r'\{"n_kv_max".*\}', done.stdout)
    if done.returncode or not lines:
        raise SystemExit(f"{options.bench} failed:\n{done.stdout[-2000:]}")
    result = json.loads(lines[-1])
    result["speed"] = result["speed_tg"]
    result["total_speed"] = width * options.tokens / result["t"]
    result["buffers_mb"] = sum(float(mib) for _, mib in BUFFER.findall(done.stdout))
    return result


def measure(options: argparse.Namespace, width: int, side: str) -> dict[str, Any]:
    """One undisturbed measurement of one side."""
    if side == "peer":
        return quiet(lambda: peer(options, width))
    return quiet(lambda: fresh(ours, options, width, side == "confidence"))


def run(options: argparse.Namespace) -> Rows:
    """Every side at every width, round by round; each round starts with another side."""
    rows: Rows = defaultdict(list)
    for index in range(options.rounds):
        turn = index % len(options.sides)
        for width in options.widths:
            for side in options.sides[turn:] + options.sides[:turn]:
                result = measure(options, width, side)
                rows[width, side].append(result)
                line = f"round {index + 1}  width {width:2}  {side:10}"
                line += f"  {result['speed']:7.2f} tok/s  others {result['others']:.1%}"
                print(line, flush=True)
    return rows


def calm(rows: Rows, options: argparse.Namespace) -> Rows:
    """Without the rounds of a width in which some side was disturbed, if others are left."""
    kept: Rows = {}
    for width in options.widths:
        sides = [rows[width, side] for side in options.sides]
        turns = zip(*sides, strict=True)
        good = [turn for turn in turns if all(r["others"] <= SHARE for r in turn)]
        if dropped := options.rounds - len(good):
            print(f"width {width}: {dropped} of {options.rounds} rounds were disturbed")
        for i, side in enumerate(options.sides):
            kept[width, side] = [turn[i] for turn in good] or sides[i]
    return kept


def values(rows: Rows, width: int, side: str, name: str) -> list[float]:
    """One quantity over the rounds."""
    return [result[name] for result in rows[width, side]]


def ratios(rows: Rows, width: int, side: str, name: str = "speed") -> list[float]:
    """Ours over the peer's of the same round."""
    pairs = zip(values(rows, width, side, name), values(rows, width, "peer", name), strict=True)
    return [mine / theirs for mine, theirs in pairs]


def report(options: argparse.Namespace, rows: Rows) -> dict[str, Any]:
    """Print the tables; return the medians."""
    summary: dict[str, Any] = {}
    for side in options.sides:
        print(f"\n{side}: generated tok/s, median (min–max)")
        best = 0.0
        for width in options.widths:
            speed = median(values(rows, width, side, "speed"))
            entry = summary.setdefault(str(width), {}).setdefault(side, {"speed": speed})
            line = f"  {width:3}  {spread(values(rows, width, side, 'speed')):24}"
            total = values(rows, width, side, "total_speed")
            line += f"  with prefill {median(total):7.2f}"
            if side != "peer":
                outside = values(rows, width, side, "outside")
                entry["outside"] = median(outside)
                line += f"  outside llama.cpp {median(outside):6.2%}"
            if side != "peer" and "peer" in options.sides:
                entry["ratio"] = speed / median(values(rows, width, "peer", "speed"))
                entry["ratios"] = ratios(rows, width, side)
                line += f"  ratio {entry['ratio']:.3f}"
                line += f" ({min(entry['ratios']):.3f}–{max(entry['ratios']):.3f})"
                line += "" if entry["ratio"] >= BAR else f"  BELOW {BAR}"
                line += memory(rows, width, side, entry)
            if speed < BAR * best:
                line += f"  SLOWER than a narrower width ({best:.2f})"
            best = max(best, speed)
            print(line)
    return summary


def memory(rows: Rows, width: int, side: str, entry: dict[str, Any]) -> str:
    """Anonymous memory against repacked weights, KV and the spare."""
    entry["rss_anon_mb"] = max(values(rows, width, side, "rss_anon_mb"))
    entry["allowed_mb"] = median(values(rows, width, "peer", "buffers_mb")) + SPARE_MB
    line = f"  anonymous {entry['rss_anon_mb']:.0f} of {entry['allowed_mb']:.0f} MiB"
    return line if entry["rss_anon_mb"] <= entry["allowed_mb"] else f"{line}  OVER"


def numbers(text: str) -> list[int]:
    """Widths from `1,2,4`."""
    return sorted(map(int, text.split(",")))


def main() -> None:
    """Parse, measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="a GGUF file")
    parser.add_argument("--bench", default="llama-batched-bench", help="the peer's binary")
    parser.add_argument("--widths", type=numbers, default=[1, 2, 4, 8, 16, 32])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--prompt", type=int, default=128, help="tokens of the prompt")
    parser.add_argument("--tokens", type=int, default=128, help="tokens a branch")
    parser.add_argument("--cells", type=int, default=16384)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--flash-attn", default="on", help="of the peer; ours has it on")
    parser.add_argument(
        "--sides", type=lambda text: text.split(","), default=["peer", "plain", "confidence"]
    )
    parser.add_argument("--json", type=Path, help="write every measurement here")
    options = parser.parse_args()
    rows = run(options)
    summary = report(options, calm(rows, options))
    if options.json:
        raw = [{"width": w, "side": s, "rounds": r} for (w, s), r in rows.items()]
        data = {"model": Path(options.model).name, "summary": summary, "raw": raw}
        options.json.write_text(json.dumps(data, indent=1))


if __name__ == "__main__":
    main()
