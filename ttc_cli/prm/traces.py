"""Labelled traces: a reply's steps, what the model felt at the end of each, and how it came out."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ttc_cli.core.halves import pack, unpack
from ttc_cli.verifiers.head import FEATURES, OF_STEPS, Floats


@dataclass(frozen=True, slots=True)
class Trace:
    """One reply of the model to one question.

    Args:
        question: the question's id; folds of a cross-validation keep its traces together.
        steps: texts, cut by `core.steps.STEPS`.
        states: shape (steps, width), hidden states at the steps' ends.
        features: shape (steps, features), see `verifiers.head`.
        labels: for each step the chance that a reply that goes on from there comes out right.
        right: whether this reply did. tokens: sampled for it.
        begun: steps that it was given, of a rollout; they are not among its own.
    """

    question: str
    steps: tuple[str, ...]
    states: Floats
    features: Floats
    labels: tuple[float, ...]
    right: bool
    tokens: int
    begun: int = 0

    def after(self, steps: int) -> Trace:
        """Return the trace without its first steps."""
        rest = {of: getattr(self, of)[steps:] for of in ("steps", "states", "features", "labels")}
        return replace(self, **rest, begun=steps)

    def record(self) -> dict[str, Any]:
        """Return the trace as a JSON object; numbers in half precision, base64."""
        return {
            "question": self.question, "steps": list(self.steps),
            "labels": [round(label, 4) for label in self.labels], "right": self.right,
            "tokens": self.tokens, "begun": self.begun, "states": pack(self.states),
            "features": pack(self.features),
        }  # fmt: skip

    @classmethod
    def read(cls, record: dict[str, Any]) -> Trace:
        """Read a trace from a JSON object.

        Raises:
            ValueError, KeyError: it is not one of ours.
        """
        n = len(record["labels"])
        features = unpack(record["features"]).reshape(n, -1)
        later = np.full((n, len(FEATURES) - features.shape[1]), np.nan, np.float32)
        return cls(
            str(record["question"]),
            tuple(map(str, record["steps"])),
            unpack(record["states"]).reshape(n, -1),
            np.concatenate([features, later], axis=1),  # kept before there were as many
            tuple(map(float, record["labels"])),
            bool(record["right"]),
            int(record["tokens"]),
            int(record["begun"]),
        )


@dataclass(frozen=True, slots=True)
class Rows:
    """Steps to learn from: a row each.

    Args:
        names: the question of each, for folds.
        states, features: shapes (n, width), (n, features). labels: shape (n,), in [0, 1].
        weights: shape (n,); those of one trace sum to 1.
    """

    names: tuple[str, ...]
    states: Floats
    features: Floats
    labels: Floats
    weights: Floats

    def take(self, kept: npt.NDArray[np.bool_]) -> Rows:
        """Select rows by a mask."""
        names = tuple(itertools.compress(self.names, kept))
        return Rows(
            names, self.states[kept], self.features[kept], self.labels[kept], self.weights[kept]
        )


def under_way(traces: Sequence[Trace]) -> Rows:
    """Rows of the steps after which a reply went on."""
    parts = [(trace, len(trace.labels) - 1) for trace in traces if len(trace.labels) > 1]
    return Rows(
        tuple(trace.question for trace, n in parts for _ in range(n)),
        np.concatenate([trace.states[:n] for trace, n in parts]),
        np.concatenate([trace.features[:n] for trace, n in parts]),
        np.array([label for trace, n in parts for label in trace.labels[:n]], np.float32),
        np.array([1 / n for _, n in parts for _ in range(n)], np.float32),
    )


def ends(traces: Sequence[Trace]) -> Rows:
    """Rows of the traces' ends, labelled by how they came out, without features of steps."""
    states, features, right = finals(traces)
    features[:, OF_STEPS] = np.nan
    names = tuple(trace.question for trace in traces)
    return Rows(names, states, features, right, np.ones(len(right), np.float32))


def finals(traces: Sequence[Trace]) -> tuple[Floats, Floats, Floats]:
    """(states, features, right) at the traces' ends: shapes (n, width), (n, features), (n,)."""
    return (
        np.array([trace.states[-1] for trace in traces], np.float32),
        np.array([trace.features[-1] for trace in traces], np.float32).reshape(-1, len(FEATURES)),
        np.array([trace.right for trace in traces], np.float32),
    )
