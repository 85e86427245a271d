"""Training a probe's heads on labelled traces, judged by nested cross-validation by question.

How strong a head is made is chosen by cross-validation, which flatters what it chooses. So it is
judged by an outer one: each fold is scored by a head for which all was chosen, trained and
calibrated on the other folds.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ttc_cli.core.errors import TtcError, UsageError
from ttc_cli.prm.measures import auc, brier, calibration
from ttc_cli.prm.traces import Rows, Trace, ends, finals, under_way
from ttc_cli.verifiers.head import Floats, Head

FOLDS = 5
LEAST = 2 * FOLDS  # questions
HALF = 0.5
GRID = tuple((k, c) for k in (16, 32, 64, 128) for c in (0.01, 0.1))
"""(main directions of the states, inverse strength of regularisation) to choose from."""
BASELINES = {"hesitation": (7, -1), "mean log-probability": (4, 1), "mean confidence": (2, 1),
             "lowest confidence": (3, 1)}  # fmt: skip
"""Scores that need no training: a column of the features each, and its sign."""
Cell = tuple[int, float]
Folds = npt.NDArray[np.int_]


@dataclass(frozen=True, slots=True)
class Trained:
    """A head trained on all rows, and the scores of the rows by heads that had not seen them."""

    head: Head
    scores: Floats


def fit(traces: Sequence[Trace], model: str, seed: int = 0) -> Head:
    """The heads trained on all traces; see `train`."""
    return train(traces, model, seed).head


def train(traces: Sequence[Trace], model: str, seed: int = 0) -> Trained:
    """Train the heads on all traces, with scores of the ends; their figures are of unseen traces.

    What tells at the end of a reply is not what tells on the way: of replies to SVAMP a head
    trained on both alike ranked the ends by 0.755, one trained on ends alone by 0.80.

    Args:
        model: sha256 of the model that wrote the traces.

    Raises:
        UsageError: too few questions, or all came out alike. TtcError: no scikit-learn.
    """
    at_ends = judged(ends(traces), seed)
    facts = _facts(traces, at_ends.scores)
    steps = under_way(traces) if any(len(trace.labels) > 1 for trace in traces) else None
    head = at_ends.head
    if steps is not None and len(set(_truth(steps))) == 2:
        on_the_way = judged(steps, seed)
        head = on_the_way.head
        facts["auc_under_way"] = round(auc(on_the_way.scores, _truth(steps)), 4)
    return Trained(replace(head, model=model, facts=facts, ends=at_ends.head), at_ends.scores)


def judged(rows: Rows, seed: int) -> Trained:
    """Choose, train and calibrate a head, and judge how it was made by folds of questions.

    Raises:
        UsageError: too few questions, or all came out alike.
        TtcError: no scikit-learn.
    """
    names = sorted(set(rows.names))
    if len(names) < LEAST or len(set(_truth(rows))) < 2:
        raise UsageError(
            f"{len(rows.names)} traces of {len(names)} questions are too few, or all came out"
            " alike",
            f"give at least {LEAST} questions that the model gets right now and then",
        )
    order = np.random.default_rng(seed).permutation(len(names))
    fold_of = {names[at]: i % FOLDS for i, at in enumerate(order)}
    folds = np.array([fold_of[name] for name in rows.names])
    scores = np.full(len(folds), HALF, np.float32)
    for fold in range(FOLDS):
        held = folds == fold
        head = _chosen(rows.take(~held), folds[~held])
        scores[held] = head.score(rows.states[held], rows.features[held])
    return Trained(_chosen(rows, folds), scores)


def _truth(rows: Rows) -> Floats:
    """Round soft labels to 0 or 1."""
    return (rows.labels > HALF).astype(np.float32)


def _facts(traces: Sequence[Trace], scores: Floats) -> dict[str, Any]:
    """How well scores tell right traces from wrong ones, beside what needs no training.

    Whole replies alone are judged: rollouts come of wrong ones alone.
    """
    whole = [not trace.begun for trace in traces]
    scores = scores[whole]
    _, features, truth = finals([*itertools.compress(traces, whole)])
    return {
        "questions": len({trace.question for trace in traces}),
        "traces": sum(whole),
        "rollouts": len(whole) - sum(whole),
        "steps": sum(len(trace.labels) for trace in traces),
        "tokens": sum(trace.tokens for trace in traces),
        "right": round(float(truth.mean()), 4),
        "auc": round(auc(scores, truth), 4),
        "brier": round(brier(scores, truth), 4),
        "calibration": calibration(scores, truth),
        "baselines": {
            name: round(auc(np.nan_to_num(sign * features[:, column]), truth), 4)
            for name, (column, sign) in BASELINES.items()
        },
    }


def _chosen(rows: Rows, folds: Folds) -> Head:
    """The head of the best cell of the grid, calibrated on rows it had not seen (Platt 1999)."""
    logits = {cell: np.zeros(len(folds), np.float32) for cell in GRID}
    for fold in np.unique(folds):
        held = folds == fold
        for cell, head in _heads(rows.take(~held), GRID).items():
            logits[cell][held] = head.logits(rows.states[held], rows.features[held])
    truth = _truth(rows)
    best = max(GRID, key=lambda cell: (auc(logits[cell], truth), -cell[0], -cell[1]))
    slope, shift = _logistic(logits[best][:, None], rows.labels, rows.weights, 1e6)
    head = _heads(rows, (best,))[best]
    return replace(head, weights=head.weights * slope[0], bias=head.bias * slope[0] + shift)


def _heads(rows: Rows, cells: Sequence[Cell]) -> dict[Cell, Head]:
    """A head on the rows for each cell."""
    try:
        from sklearn.decomposition import PCA
    except ImportError as error:
        raise TtcError("training needs scikit-learn", "pip install 'ttc-cli[prm]'") from error
    inputs = np.concatenate([rows.states, rows.features], axis=1)
    mean, scale = _moments(inputs)
    inputs = np.nan_to_num((inputs - mean) / scale)
    width = rows.states.shape[1]
    most = min(max(k for k, _ in cells), width, len(inputs) - 1)
    pca = PCA(most, svd_solver="randomized", random_state=0).fit(inputs[:, :width])
    # Not centred: the inputs are standardised already, and the bias takes what is left.
    turn = (pca.components_ / (np.sqrt(pca.explained_variance_) + 1e-6)[:, None]).T
    reduced = inputs[:, :width] @ turn
    found: list[Head] = []
    for k, c in cells:
        parts = np.concatenate([reduced[:, :k], inputs[:, width:]], axis=1)
        slopes, bias = _logistic(parts, rows.labels, rows.weights, c)
        k = min(k, most)
        weights = np.concatenate([turn[:, :k] @ slopes[:k], slopes[k:]]).astype(np.float32)
        found.append(Head("", mean.astype(np.float32), scale.astype(np.float32), weights, bias))
    return dict(zip(cells, found, strict=True))


def _logistic(inputs: Floats, labels: Floats, weights: Floats, c: float) -> tuple[Floats, float]:
    """(slopes, bias) of a logistic regression; a soft label is a row that is both, by weight."""
    from sklearn.linear_model import LogisticRegression

    yes, no = labels > 0, labels < 1
    model = LogisticRegression(C=c, max_iter=1000)
    model.fit(
        np.concatenate([inputs[yes], inputs[no]]),
        np.concatenate([np.ones(yes.sum()), np.zeros(no.sum())]),
        np.concatenate([(weights * labels)[yes], (weights * (1 - labels))[no]]),
    )
    return model.coef_[0], float(model.intercept_[0])


def _moments(inputs: Floats) -> tuple[Floats, Floats]:
    """Mean and spread of each column over what is known of it; 0 and nearly 0 where nothing is."""
    known = ~np.isnan(inputs)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, inputs, 0).sum(axis=0) / count
    squares = np.where(known, (inputs - mean) ** 2, 0).sum(axis=0) / count
    return mean, np.sqrt(squares) + 1e-3
