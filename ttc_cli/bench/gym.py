"""Puzzles of reasoning-gym (Stojanovski et al. 2025, arXiv 2505.24760), through an extra."""

from __future__ import annotations

from functools import cache
from typing import Any

from ttc_cli.bench.questions import Item
from ttc_cli.core.errors import UsageError


def generate(task: str, size: int, seed: int) -> list[Item]:
    """Questions of a task; the same for the same size and seed.

    Raises:
        UsageError: the extra is not installed, or there is no such task.
    """
    dataset = _dataset(task, size, seed)
    return [
        Item(
            f"{task}-{seed}-{number}",
            str(entry["question"]),
            str(entry["answer"]),
            "short",
            {"gym": {"task": task, "size": size, "seed": seed, "number": number}},
        )
        for number, entry in enumerate(dataset)
    ]


def score(gym: dict[str, Any], answer: str) -> bool:
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
