"""Speeds seen on this machine, by model: what estimates and good widths are made of."""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from ttc_cli.store.files import keep_json

MEMORY = 0.3
"""Weight of the newest run in a running mean."""
KEPT = 15
"""Runs of a kind that are remembered."""


@dataclass(slots=True)
class Speeds:
    """Tokens a second, and tokens a plain answer takes by task.

    Args:
        prefill: prompt tokens a second.
        decode: sampled tokens a second by width (branches in one decode).
        answer: tokens of one finished branch by task.
        load: seconds to load the model.
        widths: tokens a second by width as `ttc calibrate` measured them; only these decide how
            wide the engine decodes, so that answers do not change with what was asked before.
        runs: (sampled tokens, tokens a second) of the last runs of each kind.
    """

    prefill: float = 0.0
    load: float = 0.0
    decode: dict[int, float] = field(default_factory=dict)
    answer: dict[str, float] = field(default_factory=dict)
    widths: dict[int, float] = field(default_factory=dict)
    runs: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def see(self, **seen: float) -> None:
        """Mix a run's `prefill` or `load` figure in."""
        for name, value in seen.items():
            if value > 0 and math.isfinite(value):
                setattr(self, name, _mix(getattr(self, name), value))

    def see_answer(self, task: str, tokens: float) -> None:
        """Mix in the mean length of a run's finished branches."""
        self.answer[task] = _mix(self.answer.get(task, 0.0), tokens)

    def see_width(self, width: int, speed: float) -> None:
        """Mix in the speed of decodes of one width."""
        self.decode[width] = _mix(self.decode.get(width, 0.0), speed)

    def see_run(self, kind: str, tokens: float, speed: float) -> None:
        """Remember what a whole run took."""
        self.runs[kind] = [*self.runs.get(kind, []), (tokens, speed)][-KEPT:]

    def usual(self, kind: str) -> tuple[float, float] | None:
        """Median tokens and median speed of the last runs of a kind; None without any."""
        if not (seen := self.runs.get(kind)):
            return None
        return median(tokens for tokens, _ in seen), median(speed for _, speed in seen)

    def at(self, width: int) -> float:
        """Tokens a second at a width: of the nearest one seen or measured; 0 without any."""
        known = self.widths | self.decode
        if not known:
            return 0.0
        return known[min(known, key=lambda w: (abs(w - width), w))]


def _mix(old: float, new: float) -> float:
    return new if old <= 0 else (1 - MEMORY) * old + MEMORY * new


def path(folder: Path, model: str) -> Path:
    """Where one model's speeds on this machine are kept."""
    machine = f"{platform.node()}/{platform.machine()}/{os.cpu_count()}"
    digest = hashlib.sha256(f"{model}/{machine}".encode()).hexdigest()[:24]
    return folder / "speeds" / f"{digest}.json"


def load(file: Path) -> Speeds:
    """What was kept; nothing when it is absent or unreadable."""
    try:
        data: Any = json.loads(file.read_text("utf-8"))
        return Speeds(
            float(data["prefill"]),
            float(data["load"]),
            {int(k): float(v) for k, v in data["decode"].items() if float(v) > 0},
            {str(k): float(v) for k, v in data["answer"].items() if float(v) > 0},
            {int(k): float(v) for k, v in data["widths"].items() if float(v) > 0},
            {
                str(kind): [(float(t), float(s)) for t, s in seen if float(s) > 0]
                for kind, seen in data.get("runs", {}).items()
            },
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Speeds()


def save(file: Path, speeds: Speeds) -> None:
    """Keep them, whole or not at all; a disk that refuses is no reason to fail a run."""
    data = {
        "prefill": speeds.prefill,
        "load": speeds.load,
        "decode": {str(k): v for k, v in sorted(speeds.decode.items())},
        "answer": speeds.answer,
        "runs": speeds.runs,
        "widths": {str(k): v for k, v in sorted(speeds.widths.items())},
    }
    keep_json(file, data)
