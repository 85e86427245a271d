"""Where questions come from: a file, or a generator of puzzles."""

from __future__ import annotations

import re
from pathlib import Path

from ttc_cli.bench.folder import fingerprint
from ttc_cli.bench.questions import Item, load
from ttc_cli.core.errors import UsageError

GYM = re.compile(r"reasoning-gym:(?P<task>\w+)(?::(?P<n>\d+))?")
GYM_SIZE = 100


def read_source(
    name: str, seed: int, *, unanswered: bool = False
) -> tuple[list[Item], dict[str, str]]:
    """(questions, {"name", "sha256"}) of a file, or of `reasoning-gym:TASK[:N]`.

    Raises:
        UnreadableFile, UsageError: see questions.load; an unknown task.
    """
    if found := GYM.fullmatch(name):
        from ttc_cli.bench.gym import generate

        size = int(found["n"] or GYM_SIZE)
        if size < 1:
            raise UsageError(f"{name} asks for no question", "give a number of at least 1")
        return generate(found["task"], size, seed), {"name": name, "sha256": f"{name}@{seed}"}
    path = Path(name)
    return load(path, unanswered=unanswered), {"name": path.name, "sha256": fingerprint(path)}
