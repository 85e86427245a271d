"""What the endpoint costs: `python benchmarks/serve_width.py -m smollm2-135m`.

Tokens a second of 16 clients at `low`, as they count them, beside those of the engine that is
polled with 16 such branches and nothing else. The sides take turns on one loaded model, each round
on prompts of its own; the bar is a ratio of 0.95.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import threading
import time
from contextlib import closing
from typing import Any

from openai import AsyncOpenAI

from ttc_cli.cli.pulling import choose_model
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.sampling import Outputs, StopRule
from ttc_cli.serve.app import application
from ttc_cli.serve.listener import LOOPBACK, Listener, bound
from ttc_cli.serve.reading import Reader
from ttc_cli.serve.service import Service
from ttc_cli.session.loaded import Session
from ttc_cli.session.plan import plan
from ttc_cli.session.request import Request
from ttc_cli.settings import load


def prompts(round_: int, width: int) -> list[str]:
    """Of a round: nobody has seen them before."""
    return [f"Tell a long story about {n} foxes in the year {1900 + round_}." for n in range(width)]


def engine_alone(session: Session, round_: int, width: int, tokens: int) -> float:
    """Tokens a second of the engine with these branches."""
    engine = session.engine
    settings = [Request.of(session.settings, text) for text in prompts(round_, width)]
    planned = [plan(session, one) for one in settings]
    began, drawn, live = time.monotonic(), 0, width
    for number, one in enumerate(planned):
        engine.submit(
            BranchRequest(
                (round_, number), one.prompt, StopRule(tokens), sampling=one.plan.sampled,
                seed=number, outputs=Outputs(confidence=True),
            )
        )  # fmt: skip
    while live:
        for delta in engine.poll(1.0):
            drawn += delta.sampled
            live -= delta.stop is not None
    return drawn / (time.monotonic() - began)


def served(session: Session, round_: int, width: int, tokens: int) -> float:
    """Tokens a second of as many clients."""
    service = Service(session)
    with closing(bound("127.0.0.1", 0)) as where:
        reader = Reader(session.settings, session.model.name)
        listener = Listener(application(service, reader, hosts=LOOPBACK), where)
        listener.start()
        rate: list[float] = []

        async def ask() -> None:
            async with AsyncOpenAI(base_url=listener.url, api_key="none", max_retries=0) as client:
                await client.models.list()
                began = time.monotonic()
                calls = [
                    _one(client, reader.model, text, tokens) for text in prompts(round_, width)
                ]
                drawn = sum(await asyncio.gather(*calls))
                rate.append(drawn / (time.monotonic() - began))
            service.close(0)

        thread = threading.Thread(target=lambda: asyncio.run(ask()))
        thread.start()
        service.work()
        thread.join()
        listener.stop()
    return rate[0]


async def _one(client: AsyncOpenAI, model: str, text: str, tokens: int) -> int:
    options: Any = {"include_usage": True}
    stream = await client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": text}], max_completion_tokens=tokens,
        reasoning_effort="low", stream=True, stream_options=options,
    )  # fmt: skip
    used = 0
    async for chunk in stream:
        used = chunk.usage.completion_tokens if chunk.usage else used
    return used


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-m", "--model", default="smollm2-135m")
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    settings = load({"model": args.model, "log": False, "cache": False, "effort": "low"})
    session = Session(settings, choose_model(settings, notify=print, confirm=None))
    session.engine.reserve(args.width * (args.tokens + 96) * 2)
    ratios, rates = [], []
    for round_ in range(args.rounds + 1):
        alone = engine_alone(session, 2 * round_, args.width, args.tokens)
        ours = served(session, 2 * round_ + 1, args.width, args.tokens)
        if round_:  # the first warms up
            rates.append((round(alone, 1), round(ours, 1)))
            ratios.append(ours / alone)
    session.close()
    figures = {
        "model": args.model, "width": args.width, "tokens": args.tokens, "rounds": rates,
        "median_ratio": round(statistics.median(ratios), 3),
        "spread": [round(min(ratios), 3), round(max(ratios), 3)],
    }  # fmt: skip
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
