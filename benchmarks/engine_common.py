"""What the engine benchmarks share: prompts of an exact length, timing, and fresh processes."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

from ttc_cli.core.branch import Prompt
from ttc_cli.core.engine import BranchRequest, Engine
from ttc_cli.core.sampling import Outputs, Sampling, StopRule

Part = Callable[[argparse.Namespace], Any]
SHARE = 0.04
"""Of the machine that others may take during a measurement."""
SAMPLING = Sampling(temperature=0.8, min_p=0.05)
HEAD = "<|im_start|>user\nTell a long story that begins like this:"
TAIL = "<|im_end|>\n<|im_start|>assistant\n"
STORY = (
    "the old ship came home with no wind and the men on board said that one night in a "
    "cold sea they saw a light under the water and then a hand"
)


def measure_parts(parser: argparse.ArgumentParser, parts: dict[str, Part]) -> None:
    """Parse the rest of the command line, measure the parts it names, and write the JSON."""
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(parts)}; default all")
    parser.add_argument("--json", type=Path, help="write every measurement here")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(parts):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    results = {name: parts[name](options) for name in options.parts or parts}
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


def fresh(function: Callable[..., dict[str, Any]], *args: Any) -> dict[str, Any]:
    """Call in a process of its own: no resident prefix, no memory and no threads left over."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=_end_with_parent) as pool:
        return pool.submit(function, *args).result()


def _end_with_parent() -> None:
    """A benchmark that is killed must not leave a process that takes a core from the next."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(2)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def quiet(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Measure when the machine is free; again if others took more than SHARE of it.

    Two threads that meet at a barrier hundreds of times a token lose far more than the share
    that others take. After five tries the least disturbed one stands; its `others` tells.
    """
    best: dict[str, Any] = {"others": float("inf")}
    for _ in range(5):
        await_calm()
        busy, own, start = busy_seconds(), sum(os.times()[:4]), time.perf_counter()
        result = call()
        others = busy_seconds() - busy - (sum(os.times()[:4]) - own)
        capacity = (time.perf_counter() - start) * (os.cpu_count() or 1)
        best = min(best, {**result, "others": max(0.0, others / capacity)}, key=_others)
        if best["others"] <= SHARE:
            break
    return best


def _others(result: dict[str, Any]) -> float:
    return result["others"]


def await_calm(seconds: int = 120) -> None:
    """Wait until the machine was nearly idle for a second, or give up waiting."""
    for _ in range(seconds):
        busy = busy_seconds()
        time.sleep(1)
        if busy_seconds() - busy < 0.1:
            return


def busy_seconds() -> float:
    """Processor seconds that all processes have used, and that a hypervisor took (Linux)."""
    user, nice, system, _idle, _wait, irq, soft, steal = map(
        int, Path("/proc/stat").read_text().split()[1:9]
    )
    return (user + nice + system + irq + soft + steal) / os.sysconf("SC_CLK_TCK")


def prompt_of(engine: Engine, tokens: int) -> Prompt:
    """A ChatML prompt of exactly this many tokens."""

    def build(words: Iterable[str]) -> Prompt:
        return Prompt(pieces=((HEAD, True), ("".join(f" {w}" for w in words), False), (TAIL, True)))

    story = STORY.split()
    words = [story[i % len(story)] for i in range(tokens - engine.count(build(())))]
    while (excess := engine.count(build(words)) - tokens) > 0:
        del words[-excess:]
    if excess:
        raise SystemExit(f"could not build a prompt of {tokens} tokens for this tokeniser")
    return build(words)


def requests(
    prompt: Prompt, width: int, tokens: int, *, confidence: bool = False, first: int = 0
) -> list[BranchRequest]:
    """Branches of one prompt, each of exactly `tokens` tokens when end-of-generation is ignored."""
    return [
        BranchRequest(
            key=first + i,
            prompt=prompt,
            stop=StopRule(max_tokens=tokens, loops=False),
            sampling=SAMPLING,
            seed=first + i,
            outputs=Outputs(confidence=confidence),
        )
        for i in range(width)
    ]


def grow(engine: Any, batch: list[BranchRequest]) -> dict[str, Any]:
    """Submit together, poll to the end, consume every delta.

    Returns:
        Seconds of each phase and tokens. `seconds` and `tokens` start after the first poll that
        brought tokens: what llama-batched-bench times as text generation. `decode` and `step`
        are the engine's own seconds in the same window, inside llama.cpp and in whole steps.
    """
    start = time.perf_counter()
    for request in batch:
        engine.submit(request)
    live = {request.key for request in batch}
    text = dict.fromkeys(live, "")
    drawn = head = prefilled = shared = 0
    begin = end = start
    slowest = decode = step = 0.0
    while live:
        before = time.perf_counter()
        deltas = engine.poll(0.1)
        end = time.perf_counter()
        slowest = max(slowest, end - before)
        for delta in deltas:
            drawn += delta.sampled
            prefilled += delta.prefilled
            shared += delta.shared
            text[delta.key] += delta.text
            if delta.stop is not None:
                if delta.error:
                    raise SystemExit(f"branch {delta.key} failed: {delta.error}")
                live.discard(delta.key)
        if drawn and not head:
            begin, head = end, drawn
            decode, step = engine.counters.decode_seconds, engine.counters.step_seconds
    return {
        "prefill_seconds": begin - start,
        "seconds": end - begin,
        "total_seconds": end - start,
        "tokens": drawn - head,
        "total_tokens": drawn,
        "prefilled": prefilled,
        "shared": shared,
        "slowest_poll": slowest,
        "decode": engine.counters.decode_seconds - decode,
        "step": engine.counters.step_seconds - step,
        "rss_anon_mb": rss_anon_mb(),
        "chars": sum(map(len, text.values())),
    }


def rss_anon_mb() -> float:
    """Anonymous resident memory of this process in MiB (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("this kernel does not tell anonymous memory (RssAnon)")


def spread(values: list[float], digits: int = 2) -> str:
    """The median with its least and greatest, as `1.02 (0.99–1.05)`."""
    low, high = min(values), max(values)
    return f"{median(values):.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"
