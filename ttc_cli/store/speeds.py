"""Speeds seen on this machine, by model: what estimates and good widths are made of."""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from statistics import median
from typing import Any

from ttc_cli.core.files import keep_json

MEMORY = 0.3  # weight of the newest run in a running mean
JUMP = 2.0
"""A figure counts as at most so many times the mean of those before it, and at least as the
reciprocal: one run on a busy machine spoils nothing, and a machine that did change is followed."""
KEPT = 15  # runs of a kind that are remembered
LEAST_PROMPT = 32


@dataclass(slots=True)
class Speeds:
    """Tokens a second, and tokens a plain answer takes by task.

    Args:
        prefill: prompt tokens a second by length of the prompt, in powers of two.
        decode: sampled tokens a second by width (branches in one decode), as runs had it.
        answer: tokens of one finished branch by task. load: seconds to load the model.
        widths: tokens a second by width as `ttc calibrate` measured them; only these decide how
            wide the engine decodes, so that answers do not change with what was asked before.
        tuning: how contexts are best made, as `ttc calibrate` found; empty before.
        runs: (sampled tokens, tokens a second of all that followed the prompt) of the last runs
            of each kind; a speed of 0 is no longer true.
        problem: why what was kept is ignored, in one line.
    """

    prefill: dict[int, float] = field(default_factory=dict)
    load: float = 0.0
    decode: dict[int, float] = field(default_factory=dict)
    answer: dict[str, float] = field(default_factory=dict)
    widths: dict[int, float] = field(default_factory=dict)
    tuning: dict[str, Any] = field(default_factory=dict)
    runs: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    problem: str = ""

    def see_load(self, seconds: float) -> None:
        """Mix in how long the model took to load."""
        self.load = _mix(self.load, seconds)

    def see_prefill(self, tokens: int, speed: float) -> None:
        """Mix in the speed of evaluating a prompt."""
        at = _rounded(tokens)
        self.prefill[at] = _mix(self.prefill.get(at, 0.0), speed)

    def see_answer(self, task: str, tokens: float) -> None:
        """Mix in the mean length of a run's finished branches."""
        self.answer[task] = _mix(self.answer.get(task, 0.0), tokens)

    def see_width(self, width: int, speed: float) -> None:
        """Mix in the speed of decodes of one width."""
        self.decode[width] = _mix(self.decode.get(width, self.widths.get(width, 0.0)), speed)

    def see_run(self, kind: str, tokens: float, speed: float) -> None:
        """Remember what a whole run took."""
        self.runs[kind] = [*self.runs.get(kind, []), (tokens, speed)][-KEPT:]

    def calibrated(
        self, tuning: dict[str, Any], prefill: dict[int, float], widths: dict[int, float]
    ) -> None:
        """Take what was measured for all that runs had told of speed; lengths stay."""
        self.tuning, self.widths, self.decode = tuning, widths, {}
        self.prefill = {_rounded(n): speed for n, speed in prefill.items()}
        self.runs = {kind: [(n, 0.0) for n, _ in seen] for kind, seen in self.runs.items()}

    def tokens(self, kind: str, prior: float) -> float:
        """Median tokens of the last runs of a kind, what was thought before counting as one."""
        return median([prior, *(tokens for tokens, _ in self.runs.get(kind, ()))])

    def speed(self, kind: str, width: int) -> float:
        """Median speed of the last runs of a kind; before any that of the width; 0 unknown."""
        seen = [speed for _, speed in self.runs.get(kind, ()) if speed > 0]
        return median(seen) if seen else self.at(width)

    def at(self, width: int) -> float:
        """Tokens a second at a width, on the line between those known; 0 without any."""
        return _between(self.widths | self.decode, width)

    def prefill_at(self, tokens: int) -> float:
        """Prompt tokens a second for a prompt so long; 0 when nothing is known."""
        return _between(self.prefill, tokens)


def _between(known: dict[int, float], at: int) -> float:
    """The value on the line between the nearest known ones, or the nearest one; 0 without any."""
    import numpy as np  # a cached answer does without

    points = sorted(known)
    return float(np.interp(at, points, [known[n] for n in points])) if known else 0.0


def _mix(old: float, new: float) -> float:
    if not (new > 0 and math.isfinite(new)):
        return old
    if old <= 0:
        return new
    return (1 - MEMORY) * old + MEMORY * min(max(new, old / JUMP), old * JUMP)


def _rounded(tokens: int) -> int:
    return max(LEAST_PROMPT, 1 << round(math.log2(max(1, tokens))))


def path(folder: Path, model: str) -> Path:
    """Where one model's speeds on this machine are kept."""
    machine = f"{platform.node()}/{platform.machine()}/{os.cpu_count()}"
    digest = hashlib.sha256(f"{model}/{machine}".encode()).hexdigest()[:24]
    return folder / "speeds" / f"{digest}.json"


def load(file: Path) -> Speeds:
    """What was kept; nothing when it is absent, and nothing with a `problem` when it is wrong."""
    try:
        data: Any = json.loads(file.read_text("utf-8"))
        if data["of"] != file.stem:
            return Speeds(problem=_ignored(file, "are another machine's or model's"))
        return _read(data)
    except (FileNotFoundError, NotADirectoryError):  # the cache says itself what is in its way
        return Speeds()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return Speeds(problem=_ignored(file, "cannot be read"))


def _ignored(file: Path, why: str) -> str:
    return f"the speeds kept in {file} {why} and are ignored: ttc calibrate measures anew"


def _read(data: Any) -> Speeds:
    runs = {
        str(kind): [(_finite(tokens), _finite(speed)) for tokens, speed in seen][-KEPT:]
        for kind, seen in data["runs"].items()
    }
    kinds = (("prefill", int), ("decode", int), ("answer", str), ("widths", int))
    figures: dict[str, Any] = {name: _figures(data[name], kind) for name, kind in kinds}
    return Speeds(load=_finite(data["load"]), tuning=_tuning(data["tuning"]), runs=runs, **figures)


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number) or number < 0:
        raise ValueError(f"{value!r} is no figure")
    return number


def _figures(data: Any, kind: Callable[[Any], Any]) -> dict[Any, float]:
    return {kind(name): number for name, value in data.items() if (number := _finite(value)) > 0}


def _tuning(data: Any) -> dict[str, Any]:
    """ValueError for a way that no calibration of this machine can have chosen."""
    if not data:
        return {}
    threads, ubatch, flash, kv = (data[name] for name in ("threads", "ubatch", "flash", "kv"))
    whole = type(threads) is int and type(ubatch) is int
    if not (whole and 0 <= threads <= (os.cpu_count() or 1) and 1 <= ubatch <= 512):
        raise ValueError("threads or ubatch out of range")
    if flash not in (None, True, False) or kv not in ("f16", "q8_0"):
        raise ValueError("no such way")
    return {"threads": threads, "ubatch": ubatch, "flash": flash, "kv": kv}


def save(file: Path, speeds: Speeds) -> bool:
    """Keep them, whole or not at all; False from a disk that refuses: no reason to fail a run."""
    data: dict[str, Any] = {item.name: getattr(speeds, item.name) for item in fields(Speeds)}
    for name in ("prefill", "decode", "widths"):
        data[name] = {str(key): value for key, value in sorted(data[name].items())}
    del data["problem"]
    return keep_json(file, {"of": file.stem, **data})
