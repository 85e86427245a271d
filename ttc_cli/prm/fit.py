"""Training a probe's head on labelled traces, cross-validated by question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ttc_cli.core.errors import TtcError, UsageError
from ttc_cli.prm.measures import auc, brier, calibration
from ttc_cli.prm.traces import Rows, Trace, ends, finals, under_way
from ttc_cli.verifiers.head import FEATURES, Floats, Head

FOLDS = 5
HALF = 0.5
GRID = tuple((k, c) for k in (16, 48, 128) for c in (0.01, 0.1, 1.0))
"""(directions of the states, inverse strength of regularisation) to choose from."""
BASELINES = {"mean log-probability": 4, "mean confidence": 2, "lowest confidence": 3}
"""Scores that need no training, each a column of the features."""


def fit(traces: Sequence[Trace], model: str, seed: int = 0) -> Head:
    """A head trained on all traces, with the figures that cross-validation gave it.

    What tells at the end of a reply is not what tells on the way: of replies to SVAMP a head
    trained on both alike ranked the ends by 0.755, one trained on ends alone by 0.80.

    Args:
        model: sha256 of the model that wrote the traces.

    Raises:
        UsageError: too few questions, or all came out alike. TtcError: no scikit-learn.
    """
    scores, cell = held_out(traces, seed)
    last = _train(ends(traces), model, *cell, seed)
    facts = _facts(traces, scores, cell)
    steps = under_way(traces) if any(len(trace.labels) > 1 for trace in traces) else None
    if steps is None or len(set(_truth(steps))) < 2:
        return replace(last, facts=facts)
    on_the_way, cell = _best(steps, seed)
    facts["auc_under_way"] = round(auc(on_the_way, _truth(steps)), 4)
    return replace(_train(steps, model, *cell, seed), facts=facts, ends=last)


def held_out(traces: Sequence[Trace], seed: int = 0) -> tuple[Floats, tuple[int, float]]:
    """(scores of the traces' ends by heads trained on other questions, the grid's best cell).

    Raises:
        UsageError: too few questions, or all came out alike.
    """
    names = {trace.question for trace in traces}
    if len(names) < 2 * FOLDS or len({trace.right for trace in traces}) < 2:
        raise UsageError(
            f"{len(traces)} traces of {len(names)} questions are too few, or all came out alike",
            f"give at least {2 * FOLDS} questions that the model gets right now and then",
        )
    return _best(ends(traces), seed)


def _truth(rows: Rows) -> Floats:
    """Round soft labels to 0 or 1."""
    return (rows.labels > HALF).astype(np.float32)


def _best(rows: Rows, seed: int) -> tuple[Floats, tuple[int, float]]:
    found = {cell: _cross_validate(rows, cell, seed) for cell in GRID}
    truth = _truth(rows)
    best = max(GRID, key=lambda cell: (auc(found[cell], truth), -cell[0], -cell[1]))
    return found[best], best


def _facts(traces: Sequence[Trace], scores: Floats, cell: tuple[int, float]) -> dict[str, Any]:
    """Figures on whole replies that the head had not seen; rollouts come of wrong ones alone."""
    whole = np.array([not trace.begun for trace in traces])
    _, features, truth = (part[whole] for part in finals(traces))
    scores = scores[whole]
    return {
        "questions": len({trace.question for trace in traces}),
        "traces": int(whole.sum()),
        "rollouts": int((~whole).sum()),
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


def _cross_validate(rows: Rows, cell: tuple[int, float], seed: int) -> Floats:
    """Scores of the rows by heads that were trained on other questions."""
    names = sorted(set(rows.names))
    order = np.random.default_rng(seed).permutation(len(names))
    fold_of = {names[at]: i % FOLDS for i, at in enumerate(order)}
    folds = np.array([fold_of[name] for name in rows.names])
    scores = np.full(len(folds), HALF, np.float32)
    for fold in range(FOLDS):
        held, rest = folds == fold, rows.take(folds != fold)
        if len(set(_truth(rest))) == 2 and held.any():
            head = _train(rest, "", *cell, seed)
            scores[held] = head.score(rows.states[held], rows.features[held])
    return scores


def _train(rows: Rows, model: str, directions: int, c: float, seed: int) -> Head:
    """A head on the rows; a soft label is a row that is both, by weight."""
    try:
        from sklearn.decomposition import PCA
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise TtcError("training needs scikit-learn", "pip install 'ttc-cli[prm]'") from error
    inputs = np.concatenate([rows.states, rows.features], axis=1)
    mean, scale = _moments(inputs)
    inputs = np.nan_to_num((inputs - mean) / scale)
    width = rows.states.shape[1]
    most = min(directions, width, len(inputs) - 1)
    pca = PCA(most, svd_solver="randomized", random_state=seed).fit(inputs[:, :width])
    # Not centred: the inputs are standardised already, and the bias takes what is left.
    spread = np.sqrt(pca.explained_variance_) + 1e-6
    turn = (pca.components_ / spread[:, None]).T
    reduced = np.concatenate([inputs[:, :width] @ turn, inputs[:, width:]], axis=1)
    labels, weights = rows.labels, rows.weights
    yes, no = labels > 0, labels < 1
    model_ = LogisticRegression(C=c, max_iter=500)
    model_.fit(
        np.concatenate([reduced[yes], reduced[no]]),
        np.concatenate([np.ones(yes.sum()), np.zeros(no.sum())]),
        np.concatenate([(weights * labels)[yes], (weights * (1 - labels))[no]]),
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
