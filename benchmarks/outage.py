"""`ttc map` and `ttc bench run` on a real llama-server that is killed midway and comes back.

    python benchmarks/outage.py --llama-server FILE --model FILE.gguf [--rounds 10] [--away 30]
        [--records 200] [--questions 60] [--tokens 24] [--first 0] [--what map bench]

First each is run undisturbed. Then, in each round, the server is killed with SIGKILL when between
a tenth and three fifths of the rows are written, and started again `--away` seconds later. Passed:
each record and question is answered once and without an error, and the accuracy is that of the
undisturbed run. Printed besides: how many texts are the same (temperature 0; sums of floats depend
on what else is in a batch, so not all need be). The seeds of rounds are `--first` and on.

Listens on loopback only. llama-server: `build_peers.sh OUTDIR llama-server`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway import Replica, rows

THINGS = ("ship", "river", "stone", "cat", "lamp", "road", "apple", "cloud", "wheel", "door")
WHOLE = ("no token is left", "the model repeats itself")
"""Errors of rows that are what the model had to say within the tokens that it was allowed."""
LONGEST = 900.0
"""Seconds of one run."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A run of ttc: its exit code, its seconds, what it said last, and its rows."""

    code: int
    seconds: float
    said: str
    rows: list[dict[str, Any]]

    @property
    def answers(self) -> dict[Any, Any]:
        """By record or question."""
        return {row.get("line", row.get("id")): row.get("answer") for row in self.rows}


class Task:
    """What is run again and again.

    Args:
        words: of the command, without the model.
        result: what is added to the name of the output for the file that holds the rows.
        grows: the same for the file that holds them while they come.
        many: records or questions.
    """

    def __init__(self, name: str, words: list[str], result: str, grows: str, many: int) -> None:
        self.name, self.words, self.many = name, words, many
        self.result, self.grows = result, grows

    def started(self, folder: Path, lines: bytes, out: Path) -> subprocess.Popen[bytes]:
        words = [word.replace("OUT", str(out)) for word in self.words]
        process = subprocess.Popen(
            [sys.executable, "-m", "ttc_cli", *words, "-m", "it", "--temperature", "0"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env={**os.environ, "TTC_HOME": str(folder / "home"), "TTC_PROGRAMS": "off"},
        )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(lines)
        process.stdin.close()
        process.stdin = None
        return process

    def run(
        self, folder: Path, lines: bytes, name: str, kill: tuple[Replica, int, float] | None
    ) -> Ran:
        """Run it once; `kill` is the server, the rows at which it is killed, and how long it is
        away."""
        out, began = folder / name, time.monotonic()
        process = self.started(folder, lines, out)
        if kill is not None:
            server, many, away = kill
            grows = Path(f"{out}{self.grows}")
            while process.poll() is None and _lines(grows) < many:
                time.sleep(0.05)
            if process.poll() is not None:
                sys.exit("it ended before the server was killed: give more --records")
            server.kill()
            time.sleep(away)
            server.start()
        _, said = process.communicate(timeout=LONGEST)
        found = rows(Path(f"{out}{self.result}"))
        last = said.decode(errors="replace").strip().splitlines()[-1:]
        return Ran(process.returncode, time.monotonic() - began, "".join(last), found)


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def right(ran: Ran) -> float | None:
    """The share of right answers, where the rows say which are."""
    marks = [row["correct"] for row in ran.rows if isinstance(row.get("correct"), bool)]
    return sum(marks) / len(marks) if marks else None


def faults(task: Task, ran: Ran, calm: Ran) -> list[str]:
    """What is wrong with a disturbed run, a line each."""
    found = [f"exit {ran.code}, not {calm.code}: {ran.said}"] if ran.code != calm.code else []
    keys = [row.get("line", row.get("id")) for row in ran.rows]
    if len(keys) != task.many or len(set(keys)) != len(keys):
        found.append(f"{len(keys)} rows, {len(set(keys))} of them once")
    lost = [r["error"] for r in ran.rows if r.get("error") and not _whole(r)]
    lost += [row for row in ran.rows if "answer" not in row and "error" not in row]
    return [*found, *(f"a row failed: {row}" for row in lost[:1])]


def _whole(row: dict[str, Any]) -> bool:
    error = row["error"]
    return str(error.get("message", error) if isinstance(error, dict) else error).startswith(WHOLE)


def main(given: argparse.Namespace, folder: Path) -> int:
    """Run all rounds of all tasks; the number of faults."""
    server = Replica(given.llama_server, given.model, folder)
    server.ready()
    (folder / "home").mkdir()
    remote = f'server_wait = 300\n[remote.it]\nurl = "{server.url}"\n'
    (folder / "home" / "config.toml").write_text(remote)
    lines = "\n".join(
        f"Write a sentence about a {THINGS[n % len(THINGS)]} and the number {n}."
        for n in range(given.records)
    ).encode()
    sums = [(2 + n % 7, 2 + n // 7) for n in range(given.questions)]
    asked = [{"id": i, "question": f"What is {a} + {b}?", "answer": str(a + b)}
             for i, (a, b) in enumerate(sums)]  # fmt: skip
    (folder / "sums.jsonl").write_text("\n".join(map(json.dumps, asked)))
    plain = ["--max-tokens", str(given.tokens), "-e", "low", "-S", "direct"]
    tasks = {
        "map": Task("map", ["map", "{line}", "-", "-o", "OUT", "--no-cache", *plain], "",
                    ".part", given.records),
        "bench": Task("bench", ["bench", "run", "-d", str(folder / "sums.jsonl"), "-o", "OUT",
                                *plain], "/results.jsonl", "/results.jsonl", given.questions),
    }  # fmt: skip
    bad = 0
    for task in (tasks[name] for name in given.what):
        fed = lines if task.name == "map" else b""
        calm = task.run(folder, fed, f"{task.name}-calm", None)
        print(f"{task.name} undisturbed: exit {calm.code}, {len(calm.rows)} rows in"
              f" {calm.seconds:.0f} s, right {right(calm)}; {calm.said}", flush=True)  # fmt: skip
        for seed in range(given.first, given.first + given.rounds):
            share = random.Random(f"{task.name} {seed}").uniform(0.1, 0.6)
            kill = (server, max(1, round(share * task.many)), given.away)
            ran = task.run(folder, fed, f"{task.name}-{seed}", kill)
            wrong = faults(task, ran, calm)
            same = sum(calm.answers.get(key) == text for key, text in ran.answers.items())
            bad += bool(wrong)
            print(f"{task.name} {seed}: killed at {kill[1]} rows, away {given.away:.0f} s,"
                  f" {ran.seconds:.0f} s in all; {len(ran.rows)} rows, {same} as undisturbed,"
                  f" right {right(ran)}; {'; '.join(wrong) or 'passed'}", flush=True)  # fmt: skip
    server.kill()
    print(f"{bad} rounds with faults")
    return bad


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--llama-server", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--away", type=float, default=30.0)
    parser.add_argument("--records", type=int, default=200)
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--tokens", type=int, default=24, help="of an answer, at most")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--what", nargs="+", default=["map", "bench"])
    with tempfile.TemporaryDirectory(prefix="outage-") as kept:
        sys.exit(bool(main(parser.parse_args(), Path(kept))))
