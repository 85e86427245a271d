"""Where questions come from: a file, or puzzles of reasoning-gym (arXiv 2505.24760), an extra."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from ttc_cli.bench.folder import fingerprint
from ttc_cli.bench.questions import Item, load
from ttc_cli.core.errors import UsageError

GYM = re.compile(r"reasoning-gym:(?P<task>\w+)(?::(?P<n>\d+))?")
GYM_SIZE = 100


def read_source(
    name: str, seed: int, *, unanswered: bool = False
) -> tuple[list[Item], dict[str, str]]:
    """(questions, {"name", "sha256"}) of a file, or of `reasoning-gym:TASK[:N]`."""
    if found := GYM.fullmatch(name):
        size = int(found["n"] or GYM_SIZE)
        if size < 1:
            raise UsageError(f"{name} asks for no question", "give a number of at least 1")
        return _generate(found["task"], size, seed), {"name": name, "sha256": f"{name}@{seed}"}
    path = Path(name)
    return load(path, unanswered=unanswered), {"name": path.name, "sha256": fingerprint(path)}


def _generate(task: str, size: int, seed: int) -> list[Item]:
    """Questions of a task; the same for the same size and seed."""
    gym = {"task": task, "size": size, "seed": seed}
    items = enumerate(_dataset(task, size, seed))
    return [
        Item(f"{task}-{seed}-{n}", str(entry["question"]), str(entry["answer"]), "short",
             {"gym": {**gym, "number": n}})
        for n, entry in items
    ]  # fmt: skip


def gym_score(gym: dict[str, Any], answer: str) -> bool:
    """Whether the task's own scorer gives an answer full marks."""
    dataset = _dataset(gym["task"], gym["size"], gym["seed"])
    return float(dataset.score_answer(answer, dataset[gym["number"]])) >= 1.0


@cache
def _dataset(task: str, size: int, seed: int) -> Any:
    try:
        import reasoning_gym
    except ImportError:
        raise UsageError("reasoning-gym is not installed", "pip install 'ttc-cli[gym]'") from None
    try:
        return reasoning_gym.create_dataset(task, size=size, seed=seed)
    except ValueError:
        raise UsageError(f"reasoning-gym has no task {task!r}", "its gallery lists them") from None
