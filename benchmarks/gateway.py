"""`ttc map` through nginx and two real llama-servers, one of which is killed again and again.

    python benchmarks/gateway.py --llama-server FILE --model FILE.gguf [--records 1000]
        [--tokens 64] [--kill-every 20] [--faults 0.1] [--seed 1]

Between nginx and each llama-server stands a proxy of ours that spoils a share of the streams
(KINDS); every `--kill-every` seconds one llama-server is killed with SIGKILL and started again at
once. Passed: each record has one row, in order and without an error. Printed besides: how many of
the first `--check` texts are those that one undisturbed llama-server writes (temperature 0; sums
of floats depend on what else is in a batch, so not all need be).

Listens on loopback only. Needs nginx (Debian's nginx-light) and llama-server (build_peers.sh).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from socket import socket

import httpx2

THINGS = ("ship", "river", "stone", "cat", "lamp", "road", "apple", "cloud", "wheel", "door")
KINDS = ("429", "500", "502", "503", "unheard", "cut", "ended", "garbage", "silence")
"""Of faults, one as likely as another: a status; closed unheard; in the middle of a stream, its
connection broken, closed as if it were whole, closed after what is no JSON, or silent."""
SILENCE = 8.0
"""Seconds after which ttc is told to give a request up."""
SLOTS = 8
WHOLE = ("no token is left", "the model repeats itself")
"""Errors of rows that are what the model had to say within the tokens that it was allowed."""
NGINX = """
daemon off; pid {dir}/nginx.pid; error_log {dir}/nginx.log; worker_processes 1;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_body_temp_path {dir}/1; proxy_temp_path {dir}/2; fastcgi_temp_path {dir}/3;
  uwsgi_temp_path {dir}/4; scgi_temp_path {dir}/5;
  upstream replicas {{ hash $http_x_session_id consistent; {servers} }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://replicas;
      proxy_buffering off;
      proxy_read_timeout 600s;
      add_header X-Upstream $upstream_addr always;
    }}
  }}
}}
"""


def free_port() -> int:
    with socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Replica:
    """A llama-server that can be killed and started again on the same port."""

    def __init__(self, binary: str, model: str, folder: Path) -> None:
        self.port, self.kills = free_port(), 0
        self._log = (folder / f"llama-{self.port}.log").open("ab")
        self._words = [
            binary, "-m", model, "--host", "127.0.0.1", "--port", str(self.port), "-np", str(SLOTS),
            "-c", str(1024 * SLOTS), "-t", "1", "-tb", "1",
        ]  # fmt: skip
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        environ = {**os.environ, "OMP_WAIT_POLICY": "passive"}
        self._process = subprocess.Popen(
            self._words, stdout=self._log, stderr=self._log, env=environ
        )

    def ready(self) -> None:
        """Wait until it answers."""
        until = time.monotonic() + 120
        while time.monotonic() < until:
            with suppress(httpx2.HTTPError):
                if httpx2.get(f"{self.url}/health", trust_env=False).is_success:
                    return
            time.sleep(0.2)
        sys.exit(f"llama-server does not start: see {self._log.name}")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self.kills += 1


class Proxy:
    """Passes requests on to a replica, and spoils a share of the streams."""

    def __init__(self, replica: Replica, share: float, seed: int) -> None:
        self.port, self.streams, self.spoilt = free_port(), 0, Counter[str]()
        self._replica, self._share, self._random = replica, share, random.Random(seed)
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()

    async def _serve(self) -> None:
        async with httpx2.AsyncClient(timeout=600, trust_env=False) as client:

            async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                try:
                    await self._pass_on(client, reader, writer)
                    writer.close()
                except (OSError, EOFError, httpx2.HTTPError):
                    writer.transport.abort()

            server = await asyncio.start_server(one, "127.0.0.1", self.port, limit=1 << 24)
            await server.serve_forever()

    async def _pass_on(
        self,
        client: httpx2.AsyncClient,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines) if n}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        kind = self._fault() if b'"stream":true' in body else ""
        if kind == "unheard":
            raise EOFError
        if kind.isdigit():
            writer.write(f"HTTP/1.1 {kind} Spoilt\r\nContent-Length: 0\r\n\r\n".encode())
            return
        method, path, _ = first.split()
        after = self._random.randrange(1, 40)  # events that pass
        json_type = {"Content-Type": "application/json"}
        asked = client.stream(method, self._replica.url + path, content=body, headers=json_type)
        async with asked as response:
            told = response.headers.get("content-type", "")
            start = f"HTTP/1.1 {response.status_code} Told\r\nContent-Type: {told}\r\n"
            writer.write(f"{start}Connection: close\r\n\r\n".encode())
            async for part in response.aiter_raw():
                writer.write(part)
                await writer.drain()
                after -= 1
                if kind and after == 0:
                    await self._spoil(kind, writer)
                    return

    def _fault(self) -> str:
        self.streams += 1
        if self._random.random() >= self._share:
            return ""
        kind = self._random.choice(KINDS)
        self.spoilt[kind] += 1
        return kind

    async def _spoil(self, kind: str, writer: asyncio.StreamWriter) -> None:
        if kind == "cut":
            raise EOFError
        if kind == "garbage":
            writer.write(b"data: {not json\n\n")
        if kind == "silence":
            await asyncio.sleep(2 * SILENCE)


def mapped(url: str, lines: list[str], tokens: int, folder: Path, name: str) -> tuple[int, str]:
    """`ttc map` over the lines; its exit code and what it said on stderr."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    remote = f'server_wait = 120\n[remote.it]\nurl = "{url}"\ntimeout = {SILENCE}\n'
    (home / "config.toml").write_text(remote)
    words = ["map", "{line}", "-", "-m", "it", "-e", "low", "-S", "direct", "--temperature", "0"]
    words += ["--max-tokens", str(tokens), "--no-cache", "-o", str(folder / name)]
    ran = subprocess.run(
        [sys.executable, "-m", "ttc_cli", *words],
        input="\n".join(lines).encode(), stderr=subprocess.PIPE, check=False,
        env={**os.environ, "TTC_HOME": str(home)},
    )  # fmt: skip
    return ran.returncode, ran.stderr.decode()


def rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def main(given: argparse.Namespace, folder: Path) -> int:
    lines = [
        f"Write a sentence about a {THINGS[n % len(THINGS)]} and the number {n}."
        for n in range(given.records)
    ]
    replicas = [Replica(given.llama_server, given.model, folder) for _ in range(2)]
    for replica in replicas:
        replica.ready()
    mapped(replicas[0].url, lines[: given.check], given.tokens, folder, "calm.jsonl")
    proxies = [Proxy(r, given.faults, given.seed + n) for n, r in enumerate(replicas)]
    port, config = free_port(), folder / "nginx.conf"
    servers = " ".join(f"server 127.0.0.1:{p.port} max_fails=1 fail_timeout=2s;" for p in proxies)
    config.write_text(NGINX.format(dir=folder, servers=servers, port=port))
    nginx = subprocess.Popen(["nginx", "-c", str(config), "-p", str(folder)])
    over, began = threading.Event(), time.monotonic()

    def kill() -> None:
        number = 0
        while not over.wait(given.kill_every):
            replica = replicas[number % 2]
            replica.kill()
            replica.start()
            number += 1

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        code, said = mapped(f"http://127.0.0.1:{port}", lines, given.tokens, folder, "out.jsonl")
    finally:
        seconds = time.monotonic() - began
        over.set()
        killer.join()
        nginx.terminate()
        for replica in replicas:
            replica.kill()
    found, calm = rows(folder / "out.jsonl"), rows(folder / "calm.jsonl")
    told = [row for row in found if row.get("answer")]
    answered = [r["line"] for r in told if r.get("error", WHOLE[0]).startswith(WHOLE)]
    lost, doubled = len({*lines} - {*answered}), len(answered) - len({*answered})
    same = sum(a.get("answer") == b.get("answer") for a, b in zip(calm, found, strict=False))
    streams, spoilt = sum(p.streams for p in proxies), sum((p.spoilt for p in proxies), Counter())
    print(f"{len(lines)} records, exit {code}, {seconds:.0f} s; {said.strip().splitlines()[-3:]}")
    print(
        f"answered once and in order: {answered == lines}; {len(found)} rows, {lost} lost,"
        f" {doubled} doubled, {sum('error' in row for row in told)} cut or looping"
    )
    print(
        f"{streams} streams, {spoilt.total()} spoilt: {dict(sorted(spoilt.items()))};"
        f" {sum(r.kills for r in replicas) - 2} kills"
    )
    print(f"as an undisturbed llama-server writes it: {same} of {len(calm)}")
    return int(answered != lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--llama-server", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--records", type=int, default=1000)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--kill-every", type=float, default=20.0)
    parser.add_argument("--faults", type=float, default=0.1)
    parser.add_argument("--check", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    with tempfile.TemporaryDirectory(prefix="gateway-") as kept:
        sys.exit(main(parser.parse_args(), Path(kept)))
