"""What sharing buys: against sequential completions, in prefilled tokens, and when interrupted.

Three measurements, each in processes of their own:
serial     N branches of ours against N `llama_cpp.Llama` completions of the same prompt, one
           after another with that class's own prefix cache; loading excluded, sides take turns.
prefix     many branches of one long prompt: how many tokens were evaluated for it.
interrupt  a long prefill cancelled, and closed: seconds until the engine is back.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from engine_common import SAMPLING, fresh, grow, measure_parts, prompt_of, quiet, requests, spread

from ttc_cli.engine.llama.engine import LlamaEngine


def load(options: argparse.Namespace, context: int = 4096) -> LlamaEngine:
    """Our engine, set for benchmarks."""
    return LlamaEngine(
        options.model,
        cells=options.cells,
        context=context,
        threads=options.threads,
        ignore_eog=True,
    )


def branches(options: argparse.Namespace) -> dict[str, Any]:
    """Ours: all branches at once. Hands the prompt's text on to the other side."""
    engine = load(options)
    grow(engine, requests(prompt_of(engine, 40), 1, 4, first=10**6))
    prompt = prompt_of(engine, options.prompt)
    result = grow(engine, requests(prompt, options.width, options.tokens))
    engine.close()
    return {
        "text": prompt.text,
        "tokens": result["total_tokens"],
        "seconds": result["total_seconds"],
    }


def sequential(options: argparse.Namespace, text: str) -> dict[str, Any]:
    """The peer: one completion after another, its other settings left alone."""
    from llama_cpp import Llama

    llama = Llama(options.model, n_ctx=4096, n_threads=options.threads, verbose=False)
    llama.create_completion("Once upon", max_tokens=4)
    tokens = 0
    start = time.perf_counter()
    for seed in range(options.width):
        done = llama.create_completion(
            text,
            max_tokens=options.tokens,
            temperature=SAMPLING.temperature,
            seed=seed,
        )
        tokens += done["usage"]["completion_tokens"]
    return {"tokens": tokens, "seconds": time.perf_counter() - start}


def serial(options: argparse.Namespace) -> dict[str, Any]:
    """Tokens a second over the whole of both, prefill included."""
    mine, theirs = [], []
    text = fresh(branches, options)["text"]
    for index in range(options.rounds):
        for turn in (index, index + 1):
            if turn % 2:
                done = quiet(lambda: fresh(sequential, options, text))
                theirs.append(done["tokens"] / done["seconds"])
            else:
                done = quiet(lambda: fresh(branches, options))
                mine.append(done["tokens"] / done["seconds"])
    ratios = [a / b for a, b in zip(mine, theirs, strict=True)]
    print(f"serial: {options.width} branches, {options.tokens} tokens each, prefill included")
    print(f"  ours {spread(mine)} tok/s, Llama {spread(theirs)} tok/s, ratio {spread(ratios)}")
    return {"ours": mine, "llama": theirs, "ratios": ratios}


def share(options: argparse.Namespace) -> dict[str, Any]:
    """Prefill accounting of many short branches of one long prompt."""
    engine = load(options)
    result = grow(engine, requests(prompt_of(engine, options.long), options.many, 4))
    engine.close()
    return {name: result[name] for name in ("prefilled", "shared", "slowest_poll")}


def prefix(options: argparse.Namespace) -> dict[str, Any]:
    """Evaluated and shared tokens."""
    done = fresh(share, options)
    print(f"prefix: {options.many} branches of a prompt of {options.long} tokens")
    print(f"  evaluated {done['prefilled']}, shared {done['shared']}")
    print(f"  slowest poll during the prefill {done['slowest_poll']:.3f} s")
    return done


def stop(options: argparse.Namespace, delay: float, close: bool) -> dict[str, Any]:
    """Cancel or close `delay` seconds into a prefill; the next request must also come through."""
    engine = load(options)
    short = prompt_of(engine, 40)
    grow(engine, requests(short, 1, 4, first=10**6))
    [request] = requests(prompt_of(engine, options.longest), 1, 4)
    engine.submit(request)
    start = time.perf_counter()
    while time.perf_counter() - start < delay:
        if any(delta.sampled for delta in engine.poll(0.1)):
            raise SystemExit("the prefill was over before it could be interrupted")
    begin = time.perf_counter()
    if close:
        engine.close()
        return {"back": time.perf_counter() - begin}
    engine.cancel(request.key)
    back = time.perf_counter() - begin
    grow(engine, requests(short, 1, 1, first=1))
    following = time.perf_counter() - begin
    engine.close()
    return {"back": back, "following": following}


def interrupt(options: argparse.Namespace) -> dict[str, Any]:
    """The worst of several moments."""
    delays = [0.5 + 0.37 * i for i in range(options.rounds)]
    cancels = [fresh(stop, options, delay, False) for delay in delays]
    closes = [fresh(stop, options, delay, True)["back"] for delay in delays]
    print(f"interrupt: a prefill of {options.longest} tokens, seconds until the engine is back")
    print(f"  cancel {spread([done['back'] for done in cancels], 3)}")
    print(f"  cancel, then a first token {spread([done['following'] for done in cancels], 3)}")
    print(f"  close {spread(closes, 3)}")
    return {"cancel": cancels, "close": closes}


PARTS = {"serial": serial, "prefix": prefix, "interrupt": interrupt}


def main() -> None:
    """Parse, measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="a GGUF file")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--width", type=int, default=8, help="branches of serial")
    parser.add_argument("--prompt", type=int, default=128, help="tokens of serial's prompt")
    parser.add_argument("--tokens", type=int, default=128, help="tokens of serial's branches")
    parser.add_argument("--many", type=int, default=32, help="branches of prefix")
    parser.add_argument("--long", type=int, default=1500, help="tokens of prefix's prompt")
    parser.add_argument("--longest", type=int, default=3000, help="tokens of interrupt's prompt")
    parser.add_argument("--cells", type=int, default=16384)
    parser.add_argument("--threads", type=int, default=2)
    measure_parts(parser, PARTS)


if __name__ == "__main__":
    main()
