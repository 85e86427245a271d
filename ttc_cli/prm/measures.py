"""How good scores of right and wrong are: AUC, Brier score, calibration, first-error F1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.floating] | Sequence[float]


def auc(scores: Numbers, right: Numbers) -> float:
    """The chance that a right one is scored above a wrong one; ties count half.

    NaN when all are right or all are wrong.
    """
    values, truth = np.asarray(scores, float), np.asarray(right) >= 0.5
    good, bad = values[truth], np.sort(values[~truth])
    if not len(good) or not len(bad):
        return float("nan")
    below, up_to = (np.searchsorted(bad, good, side=side) for side in ("left", "right"))
    return float((below + up_to).sum() / (2 * len(good) * len(bad)))


def brier(scores: Numbers, right: Numbers) -> float:
    """The mean squared distance of scores from what came out; 0.25 for always saying 0.5."""
    return float(np.mean((np.asarray(scores, float) - np.asarray(right, float)) ** 2))


def calibration(scores: Numbers, right: Numbers, bins: int = 5) -> list[dict[str, float]]:
    """Equal parts of the scores in their order: mean score, share right and number of each."""
    values, truth = np.asarray(scores, float), np.asarray(right, float)
    order = np.argsort(values, kind="stable")
    return [
        {"score": float(values[part].mean()), "right": float(truth[part].mean()), "n": len(part)}
        for part in np.array_split(order, bins)
        if len(part)
    ]


def first_error(scores: Sequence[float], bar: float) -> int:
    """The first step scored below the bar, or -1."""
    return next((i for i, score in enumerate(scores) if score < bar), -1)


def first_error_f1(
    scores: Sequence[Sequence[float]], errors: Sequence[int], bar: float = 0.5
) -> float:
    """ProcessBench's F1 (arXiv 2412.06559): the harmonic mean of two accuracies.

    The one on traces with an error is for naming its very step, the one on sound traces for
    naming none.

    Args:
        scores: one a step. errors: the first wrong step of each trace, -1 for none.
    """
    hits: dict[bool, list[bool]] = {True: [], False: []}
    for steps, error in zip(scores, errors, strict=True):
        hits[error < 0].append(first_error(steps, bar) == error)
    if not hits[True] or not hits[False]:
        return float("nan")
    sound, faulty = (float(np.mean(hits[kind])) for kind in (True, False))
    return 2 * sound * faulty / (sound + faulty) if sound + faulty else 0.0
