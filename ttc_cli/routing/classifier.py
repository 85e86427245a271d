"""The trained classifier: task and path of a prompt, in about a millisecond and without numpy.

A multinomial logistic regression over named features; its weights are a text file, one feature a
line, written by `benchmarks/routing/train.py`. Only the few hundred
features that a prompt has are touched.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ttc_cli.prompts.documents import Document
from ttc_cli.routing.features import features

WEIGHTS = Path(__file__).with_name("weights.tsv")
TASKS = ("math", "logic", "code", "factual", "translation", "writing", "extraction", "chat")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a prompt seems to be.

    Args:
        task: one of `TASKS`, and `sure` its probability.
        complex: probability that several steps of reasoning are needed.
    """

    task: str
    sure: float
    complex: float


@functools.cache
def _weights() -> tuple[list[tuple[str, str]], dict[str, list[int]]]:
    """((task, path) of each class, weights in hundredths by feature; "" is the bias)."""
    header, *lines = WEIGHTS.read_text("utf-8").split("\n")
    classes = [(name.split()[0], name.split()[1]) for name in header.split("\t")[1:]]
    rows = (line.split("\t") for line in lines if line)
    return classes, {name: [int(value) for value in values] for name, *values in rows}


def classify(prompt: str, attached: Sequence[Document] = ()) -> Verdict:
    """Task and path of a prompt, from its text and what is attached to it."""
    classes, weights = _weights()
    scores = [value / 100 for value in weights[""]]
    for name, value in features(prompt, attached).items():
        for at, weight in enumerate(weights.get(name, ())):
            scores[at] += value * weight / 100
    top = max(scores)
    odds = [math.exp(score - top) for score in scores]
    total = math.fsum(odds)
    tasks = dict.fromkeys(TASKS, 0.0)
    for (task, _), odd in zip(classes, odds, strict=True):
        tasks[task] += odd / total
    hard = sum(odd for (_, path), odd in zip(classes, odds, strict=True) if path == "complex")
    task = max(tasks, key=lambda name: tasks[name])
    return Verdict(task, tasks[task], hard / total)
