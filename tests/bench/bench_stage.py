"""A session on a scripted engine for tests of the bench; as a program, a bench to be killed."""

from __future__ import annotations

import json
import struct
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ttc_cli.bench.configs import Config, from_text, named
from ttc_cli.bench.folder import fingerprint
from ttc_cli.bench.questions import load
from ttc_cli.bench.run import Spec, Summary, run
from ttc_cli.core.engine import BranchRequest, Delta
from ttc_cli.core.sampling import uniform
from ttc_cli.engine.scripted import Line, ScriptedEngine, split
from ttc_cli.models.registry import ModelFile
from ttc_cli.settings import Settings
from ttc_cli.store.speeds import Speeds

WORDS = ["first", "we", "take", "the", "number", "then", "add", "what", "is", "left", "and", "so"]
SETTINGS = Settings(log=False, cache=False)


def solver(request: BranchRequest) -> Line:
    """A weak model of sums "a + b": right half of the time, with 3 to 40 words of working."""
    text = request.prompt.text
    a, b = (int(n) for n in text.split("What is ")[1].split("?")[0].split(" + "))
    seed = request.seed
    said = [
        WORDS[int(uniform(seed, i) * len(WORDS))] for i in range(3 + int(uniform(seed, 99) * 37))
    ]
    guess = a + b + (0 if uniform(seed, 100) < 0.5 else 1 + int(uniform(seed, 101) * 3))
    end = "" if uniform(seed, 102) < 0.1 else f" \\boxed{{{guess}}}"
    return Line(split(" ".join(said) + end), confidence=round(5 + uniform(seed, 103), 4))


class Stage(ScriptedEngine):
    """A scripted engine with what a session asks of a real one; counts what is drawn of it.

    Args:
        pause: seconds that a step takes.
    """

    def __init__(
        self, pause: float = 0.0, script: Callable[[BranchRequest], Any] = solver, **more: Any
    ) -> None:
        super().__init__(script, **more)
        self.requests: list[BranchRequest] = []
        self.most = 0
        self._pause = pause

    def reserve(self, cells: int) -> None:
        pass

    def special_in(self, texts: Sequence[str]) -> frozenset[str]:
        return frozenset()

    def submit(self, request: BranchRequest) -> None:
        super().submit(request)
        self.requests.append(request)
        self.most = max(self.most, len(self._talks))

    def poll(self, timeout: float) -> Sequence[Delta]:
        time.sleep(self._pause)
        return super().poll(timeout)


def tiny(folder: Path) -> Path:
    """The header of a model, which is all that is read of it."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    def number(key: str, value: int) -> bytes:
        return text("qwen2." + key) + struct.pack("<II", 4, value)

    keys = [text("general.architecture") + struct.pack("<I", 8) + text("qwen2")]
    keys += [number("block_count", 2), number("embedding_length", 64)]
    keys += [number("attention.head_count", 4), number("attention.head_count_kv", 2)]
    path = folder / "tiny.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, len(keys)) + b"".join(keys))
    return path


def session(folder: Path, engine: Stage | None = None) -> Any:
    model = ModelFile("scripted", tiny(folder), "scripted", 0)
    return SimpleNamespace(
        settings=SETTINGS,
        model=model,
        identity="scripted",
        engine=engine or Stage(),
        speeds=Speeds(),
        load_seconds=0.0,
    )


def sums(path: Path, n: int) -> Path:
    """Questions and answers."""
    rows = [
        {"id": f"q{i}", "question": f"What is {i} + {2 * i}?", "answer": str(3 * i)}
        for i in range(1, n + 1)
    ]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n")
    return path


def configs(*texts: str) -> list[Config]:
    return named([from_text(text) for text in texts])


def bench(
    data: Path, out: Path, chosen: list[Config], *, engine: Stage | None = None, **more: Any
) -> Summary:
    """One run in a folder."""
    about = {"name": data.name, "sha256": fingerprint(data)}
    spec = Spec(about, load(data), chosen, out, quiet=True, **more)
    return run(session(data.parent, engine), spec)


def rows_of(out: Path, *, seconds: bool = False) -> list[dict[str, Any]]:
    """The rows of results in an order of their own, without what clocks say."""
    rows = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    for thing in [] if seconds else [part for row in rows for part in [row, *row["branches"]]]:
        del thing["seconds"]
    return sorted(rows, key=lambda row: (row["config"], row["id"]))


if __name__ == "__main__":
    bench(
        Path(sys.argv[1]),
        Path(sys.argv[2]),
        configs(*sys.argv[3:]),
        engine=Stage(0.002, width=8),
        resume=True,
        width=8,
    )
