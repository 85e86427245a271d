"""A small head on a generator's hidden states: how likely is the line of thought to be right?

The state at a step's end, joined by a few numbers that cost nothing (how far the line is, how sure
the model was), is standardised and weighed: a logistic regression. There is one for steps, one for
the ends of plain replies, and one for answers that are read after the bare question. Kept as an
.npz without pickles.

Sources: hidden states know of correctness (arXiv 2504.05419, 2207.05221); labels from rollouts as
in Math-Shepherd (arXiv 2312.08935).
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ttc_cli.core.branch import Branch
from ttc_cli.core.errors import UsageError
from ttc_cli.core.files import private_folder, replacing
from ttc_cli.core.halves import halved
from ttc_cli.voting.evidence import hesitation

Floats = NDArray[np.float32]
FEATURES = (
    "log step", "log tokens", "mean confidence", "lowest confidence", "mean log-probability",
    "confidence of the step", "log-probability of the step", "log hesitation", "log surprise",
)  # fmt: skip
WINDOW = 16  # tokens of the stretch whose confidence is lowest
VERSION = 2
ARRAYS = ("mean", "scale", "weights")
MORE = ("ends", "answers")
"""Heads that a probe has besides the one for steps; before the names of their arrays."""
OF_STEPS = [0, 5, 6]  # features that say something of a step, and nothing of a whole reply


@dataclass(frozen=True)
class Head:
    """Weights of a probe.

    Args:
        model: sha256 of the model whose states it reads.
        mean, scale, weights: of the inputs (states, then features), shape (width + features,).
        bias: of the logistic regression.
        facts: how it was made and what it scored, for people.
        ends: a head for plain replies that came to their end, where there is one of its own.
        answers: a head for answers that are read alone (`voting.likelihood`), where there is one.
    """

    model: str
    mean: Floats
    scale: Floats
    weights: Floats
    bias: float
    facts: dict[str, Any] = field(default_factory=dict)
    ends: Head | None = None
    answers: Head | None = None

    @property
    def width(self) -> int:
        """Of a hidden state."""
        return len(self.weights) - len(FEATURES)

    def score(self, states: Floats, features: Floats) -> Floats:
        """Probabilities of being right.

        Args:
            states: shape (n, width). features: shape (n, features); a NaN counts as the mean.

        Returns:
            Shape (n,), in (0, 1).
        """
        return np.asarray(1.0 / (1.0 + np.exp(-self.logits(states, features))), np.float32)

    def logits(self, states: Floats, features: Floats) -> Floats:
        """Log odds of being right: see `score`."""
        inputs = (np.concatenate([states, features], axis=1) - self.mean) / self.scale
        inputs = np.nan_to_num(inputs, nan=0.0, posinf=0.0, neginf=0.0)
        return np.asarray(np.clip(inputs @ self.weights + self.bias, -30, 30), np.float32)

    def save(self, path: Path) -> None:
        """Write it, whole or not at all."""
        meta = json.dumps({"version": VERSION, "model": self.model, **self.facts})
        private_folder(path.parent)
        arrays = self._arrays("")
        for name in MORE:
            arrays |= head._arrays(name) if (head := getattr(self, name)) else {}
        with replacing(path, private=False) as file:
            np.savez_compressed(file, meta=np.frombuffer(meta.encode(), np.uint8), **arrays)

    def _arrays(self, prefix: str) -> dict[str, Any]:
        found = {prefix + name: getattr(self, name) for name in ARRAYS}
        return {**found, prefix + "bias": np.array([self.bias], np.float32)}

    @classmethod
    def load(cls, path: Path) -> Head:
        """Read one. Raises UsageError: there is none, or it is not a probe of this version."""
        try:
            with np.load(path, allow_pickle=False) as data:
                meta = json.loads(bytes(data["meta"]).decode())
                if meta.pop("version") != VERSION:
                    raise UsageError(f"{path.name} is of another version", "train it again")
                model = str(meta.pop("model"))
                more: dict[str, Any] = {
                    name: _read(model, data, name) for name in MORE if name + "bias" in data
                }
                return replace(_read(model, data, ""), facts=meta, **more)
        except FileNotFoundError:
            have = ", ".join(sorted(p.stem for p in path.parent.glob("*.npz"))) or "none yet"
            hint = f"there are: {have}; `ttc prm train` makes one"
            raise UsageError(f"no probe is called {path.stem!r}", hint) from None
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise UsageError(f"{path.name} is not a probe: {error}", "train it again") from None


def _read(model: str, data: Any, prefix: str) -> Head:
    mean, scale, weights = (data[prefix + name] for name in ARRAYS)
    return Head(model, mean, scale, weights, float(data[prefix + "bias"][0]))


def features_of(branch: Branch) -> Floats:
    """The cheap numbers at each hidden state of a branch: shape (states, features).

    NaN where a number was not drawn with.
    """
    rows: list[list[float]] = []
    confidences: list[float] = []
    logprobs: list[float] = []
    for step in branch.steps:
        begin = 0
        for mark in step.marks:
            confidences += step.confidences[begin:mark]
            logprobs += step.logprobs[begin:mark]
            tokens = max(len(confidences), len(logprobs), 1)
            rows.append([
                math.log1p(len(rows)), math.log1p(tokens), _mean(confidences),
                _lowest(confidences), _mean(logprobs), _mean(step.confidences[begin:mark]),
                _mean(step.logprobs[begin:mark]), _log(hesitation(confidences)),
                _log(-math.fsum(logprobs)),
            ])  # fmt: skip
            begin = mark
        confidences += step.confidences[begin:]
        logprobs += step.logprobs[begin:]
    return np.array(rows, np.float32).reshape(len(rows), len(FEATURES))


def states_of(branch: Branch) -> Floats:
    """The hidden states of a branch: shape (states, width), as precise as they are kept."""
    return halved([state for step in branch.steps for state in step.hidden])


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan


def _log(value: float) -> float:
    """Of a sum that only grows; NaN for 0, which is nothing drawn with."""
    return math.log(value + 0.1) if value else math.nan


def _lowest(values: Sequence[float]) -> float:
    if not values:
        return math.nan
    width = min(WINDOW, len(values))
    sums = np.convolve(np.array(values), np.ones(width), "valid")
    return float(sums.min() / width)
