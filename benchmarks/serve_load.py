"""Many clients against a short queue: `python benchmarks/serve_load.py`.

200 clients ask 2,000 questions, each with an answer of its own, of `ttc serve` with a queue of 32
on the scripted engine; half of them as streams. A client that is told 429 comes again after
Retry-After. Prints answers that are lost or wrong, how often 429 was told, and the server's memory
as it goes on. Loopback only, bounded in requests and in time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from openai import APIConnectionError, APIStatusError, AsyncOpenAI, RateLimitError

NUMBER = re.compile(r"\d+")
HERE = Path(__file__).resolve().parent


def resident(pid: int) -> float:
    """Megabytes of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


class Load:
    """Clients and what became of their questions."""

    def __init__(self, url: str, model: str, total: int, pid: int) -> None:
        self.told: Counter[str] = Counter()
        self.waits: list[float] = []
        self.memory: list[float] = []
        self._client = AsyncOpenAI(base_url=url, api_key="none", max_retries=0, timeout=120)
        self._model, self._total, self._pid = model, total, pid
        self._next = 0

    async def run(self, clients: int) -> None:
        """Ask all questions."""
        async with asyncio.timeout(900):
            await asyncio.gather(*(self._ask_on() for _ in range(clients)))
        await self._client.close()

    async def _ask_on(self) -> None:
        while self._next < self._total:
            number, self._next = self._next, self._next + 1
            began = time.monotonic()
            answer = await self._answer(number)
            self.waits.append(time.monotonic() - began)
            right = NUMBER.findall(answer)[-1:] == [str(number + 17)]
            self.told["right" if right else f"wrong: {answer!r:.80}"] += 1
            if len(self.waits) % (self._total // 10) == 0:
                self.memory.append(resident(self._pid))

    async def _answer(self, number: int) -> str:
        body: Any = {
            "model": self._model,
            "messages": [{"role": "user", "content": f"What is {number} + 17?"}],
            "reasoning_effort": ("low", "medium")[number % 2],
        }
        while True:
            try:
                if number % 4 < 2:
                    told = await self._client.chat.completions.create(**body)
                    return told.choices[0].message.content or ""
                stream = await self._client.chat.completions.create(**body, stream=True)
                return "".join([c.choices[0].delta.content or "" async for c in stream])
            except RateLimitError as full:
                self.told["429"] += 1
                await asyncio.sleep(float(full.response.headers["retry-after"]))
            except APIStatusError as error:
                return f"status {error.status_code}"
            except APIConnectionError as error:
                return f"no connection: {error.__cause__!r}"


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--queue", type=int, default=32)
    args = parser.parse_args()
    words = [sys.executable, str(HERE / "serve_scripted.py"), "--port", "0", "--no-log"]
    server = subprocess.Popen(
        [*words, "--queue", str(args.queue)], stderr=subprocess.PIPE, text=True
    )
    assert server.stderr is not None
    try:
        model, _, url = server.stderr.readline().strip().partition(" at ")
        load = Load(url, model, args.requests, server.pid)
        before, began = resident(server.pid), time.monotonic()
        asyncio.run(load.run(args.clients))
        seconds = time.monotonic() - began
        server.terminate()
        code, said = server.wait(30), server.stderr.read()
    finally:
        server.kill()
    waits = sorted(load.waits)
    figures = {
        "clients": args.clients, "requests": args.requests, "queue": args.queue,
        "told": dict(load.told), "lost": args.requests - len(waits),
        "seconds": round(seconds, 1), "median_wait_s": round(waits[len(waits) // 2], 2),
        "longest_wait_s": round(waits[-1], 2), "exit_code": code, "stderr": said[-500:],
        "memory_mb": [round(m, 1) for m in (before, *load.memory)],
    }  # fmt: skip
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
