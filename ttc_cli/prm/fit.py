"""Training a probe's head on labelled traces, cross-validated by question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ttc_cli.core.errors import TtcError, UsageError
from ttc_cli.prm.measures import auc, brier, calibration
from ttc_cli.prm.traces import Trace, finals
from ttc_cli.verifiers.head import FEATURES, Floats, Head

FOLDS = 5
GRID = tuple((k, c) for k in (16, 48, 128) for c in (0.003, 0.03, 0.3))
"""(directions of the states, inverse strength of regularisation) to choose from."""
BASELINES = {"mean log-probability": 4, "mean confidence": 2, "lowest confidence": 3}
"""Scores that need no training, each a column of the features."""


def fit(traces: Sequence[Trace], model: str, seed: int = 0) -> Head:
    """A head trained on all traces, with the figures that cross-validation gave it.

    Args:
        model: sha256 of the model that wrote the traces.

    Raises:
        UsageError: too few questions, or all came out alike. TtcError: no scikit-learn.
    """
    scores, cell = held_out(traces, seed)
    head = _train(traces, model, *cell, seed)
    head.facts.update(_facts(traces, scores, cell))
    return head


def held_out(traces: Sequence[Trace], seed: int = 0) -> tuple[Floats, tuple[int, float]]:
    """(scores of the traces' ends by heads trained on other questions, the grid's best cell).

    Raises:
        UsageError: too few questions, or all came out alike.
    """
    names = sorted({trace.question for trace in traces})
    if len(names) < 2 * FOLDS or len({trace.right for trace in traces}) < 2:
        raise UsageError(
            f"{len(traces)} traces of {len(names)} questions are too few, or all came out alike",
            f"give at least {2 * FOLDS} questions that the model gets right now and then",
        )
    found = {cell: _cross_validate(traces, names, cell, seed) for cell in GRID}
    truth = finals(traces)[2]
    best = max(GRID, key=lambda cell: (auc(found[cell], truth), -cell[0], -cell[1]))
    return found[best], best


def _facts(traces: Sequence[Trace], scores: Floats, cell: tuple[int, float]) -> dict[str, Any]:
    """Figures on whole replies that the head had not seen."""
    _, features, truth = finals(traces)
    return {
        "questions": len({trace.question for trace in traces}),
        "traces": len(traces),
        "steps": sum(len(trace.labels) for trace in traces),
        "tokens": sum(trace.tokens for trace in traces),
        "right": round(float(truth.mean()), 4),
        "directions": cell[0],
        "c": cell[1],
        "auc": round(auc(scores, truth), 4),
        "brier": round(brier(scores, truth), 4),
        "calibration": calibration(scores, truth),
        "baselines": {
            name: round(auc(np.nan_to_num(features[:, column]), truth), 4)
            for name, column in BASELINES.items()
        },
    }


def _cross_validate(
    traces: Sequence[Trace], names: Sequence[str], cell: tuple[int, float], seed: int
) -> Floats:
    """Scores of the traces' ends by heads that were trained on other questions."""
    order = np.random.default_rng(seed).permutation(len(names))
    fold_of = {names[at]: i % FOLDS for i, at in enumerate(order)}
    states, features, _ = finals(traces)
    scores = np.full(len(traces), 0.5, np.float32)
    for fold in range(FOLDS):
        held = np.array([fold_of[trace.question] == fold for trace in traces])
        rest = [trace for trace, out in zip(traces, held, strict=True) if not out]
        if len({trace.right for trace in rest}) == 2 and held.any():
            scores[held] = _train(rest, "", *cell, seed).score(states[held], features[held])
    return scores


def _train(traces: Sequence[Trace], model: str, directions: int, c: float, seed: int) -> Head:
    """A head on every step of the traces; a soft label is a step that is both, by weight."""
    try:
        from sklearn.decomposition import PCA
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise TtcError("training needs scikit-learn", "pip install 'ttc-cli[prm]'") from error
    states = np.concatenate([trace.states for trace in traces])
    features = np.concatenate([trace.features for trace in traces])
    labels = np.concatenate([trace.labels for trace in traces])
    each = np.concatenate([np.full(len(t.labels), 1 / len(t.labels)) for t in traces])
    inputs = np.concatenate([states, features], axis=1)
    mean, scale = _moments(inputs)
    inputs = np.nan_to_num((inputs - mean) / scale)
    width = states.shape[1]
    most = min(directions, width, len(inputs) - 1)
    pca = PCA(most, svd_solver="randomized", random_state=seed).fit(inputs[:, :width])
    # Not centred: the inputs are standardised already, and the bias takes what is left.
    spread = np.sqrt(pca.explained_variance_) + 1e-6
    turn = (pca.components_ / spread[:, None]).T
    rows = np.concatenate([inputs[:, :width] @ turn, inputs[:, width:]], axis=1)
    kept = [labels > 0, labels < 1]
    model_ = LogisticRegression(C=c, max_iter=500)
    model_.fit(
        np.concatenate([rows[kept[0]], rows[kept[1]]]),
        np.concatenate([np.ones(kept[0].sum()), np.zeros(kept[1].sum())]),
        np.concatenate([(each * labels)[kept[0]], (each * (1 - labels))[kept[1]]]),
    )
    assert model_.coef_.shape == (1, most + len(FEATURES))
    return Head(
        model,
        mean.astype(np.float32),
        scale.astype(np.float32),
        turn.astype(np.float32),
        model_.coef_[0].astype(np.float32),
        float(model_.intercept_[0]),
    )


def _moments(inputs: Floats) -> tuple[Floats, Floats]:
    """Mean and spread of each column over what is known of it; 0 and nearly 0 where nothing is."""
    known = ~np.isnan(inputs)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, inputs, 0).sum(axis=0) / count
    squares = np.where(known, (inputs - mean) ** 2, 0).sum(axis=0) / count
    return mean, np.sqrt(squares) + 1e-3
