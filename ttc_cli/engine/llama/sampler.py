"""Drawing tokens from a matrix of logits, all branches of a decode at once.

Filters come in llama.cpp's order (top-k, top-p, min-p, then temperature). Only tokens that can
survive are looked at one by one: the matrix is cut by one threshold a row first, which is what
makes a row cost about 0.1 ms where a 150k-entry candidate array costs many times that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ttc_cli.core.sampling import LIKELIEST, Outputs, Sampling

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.intp]

NEGLIGIBLE = 25.0
"""Nats below the likeliest token, after temperature, where a token no longer counts: even
150,000 such tokens together have less than 3e-6 of the likeliest one's weight."""
ROWS = 128  # a row of logits is seen as a table of so many rows to find its largest values


def thresholds(peaks: Floats, samplings: Sequence[Sampling]) -> Floats:
    """Per row, the logit below which no token can be drawn. Shape (rows,)."""
    least = [-math.log(s.min_p) if s.min_p > 0 and s.temperature else math.inf for s in samplings]
    cut = [min(NEGLIGIBLE * s.temperature, low) for s, low in zip(samplings, least, strict=True)]
    return (peaks - np.asarray(cut, dtype=np.float32)).astype(np.float32)


def draw(logits: Floats, samplings: Sequence[Sampling], uniforms: Sequence[float]) -> list[int]:
    """Draw one token for each row.

    Args:
        logits: shape (rows, vocabulary).
        samplings: one a row.
        uniforms: one number in [0, 1) a row; the token is a function of row and number.
    """
    peaks = logits.max(axis=1)
    floors = thresholds(peaks, samplings).tolist()
    rows = zip(logits, peaks.tolist(), floors, samplings, uniforms, strict=True)
    return [_draw_row(*row) for row in rows]


def _draw_row(row: Floats, peak: float, floor: float, sampling: Sampling, u: float) -> int:
    if sampling.temperature == 0:
        return int(row.argmax())
    ids = np.flatnonzero(row >= floor)
    if len(ids) == 1:
        return int(ids[0])
    kept = row[ids].astype(np.float64)
    if sampling.top_k or sampling.top_p < 1:
        ids, kept = _filter(row, peak, ids, kept, sampling)
    weights = np.exp((kept - peak) / sampling.temperature)
    steps = np.cumsum(weights)
    return int(ids[min(int(np.searchsorted(steps, u * steps[-1], side="right")), len(ids) - 1)])


def _filter(
    row: Floats, peak: float, ids: Ints, kept: npt.NDArray[np.float64], sampling: Sampling
) -> tuple[Ints, npt.NDArray[np.float64]]:
    """Top-k and top-p over the tokens above the floor; likeliest first."""
    order = np.argsort(-kept, kind="stable")
    if sampling.top_k:
        order = order[: sampling.top_k]
    ids, kept = ids[order], kept[order]
    if sampling.top_p < 1:
        # The share is of the whole distribution, or of the top k where there is one.
        if sampling.top_k:
            k = min(sampling.top_k, len(row))
            total = float(np.exp(np.partition(row, -k)[-k:].astype(np.float64) - peak).sum())
        else:
            total = float(np.exp(row - np.float32(peak)).sum(dtype=np.float64))
        share = np.cumsum(np.exp(kept - peak)) / total
        n = min(int(np.searchsorted(share, sampling.top_p, side="left")) + 1, len(ids))
        ids, kept = ids[:n], kept[:n]
    return ids, kept


def measure(row: Floats, token: int, outputs: Outputs) -> dict[str, float]:
    """Log-probability, top-k confidence and self-certainty of one token, in nats, as asked for.

    Confidence is DeepConf's (arXiv 2508.15260): minus the mean log-probability of the k
    likeliest candidates; the flatter the distribution, the lower it is. Self-certainty (arXiv
    2502.18581) is the KL divergence from uniform, over the whole vocabulary V:
    -1/V sum log(V p) = norm + peak - log V - mean of the logits. Each is named as in `Delta`.
    """
    peak = float(row.max())
    weights = row - np.float32(peak)
    logprob = float(weights[token])
    np.exp(weights, out=weights)
    # summed in pairs: as good as doubles, in half the time
    norm = math.log(float(weights.sum(dtype=np.float32)))
    found = {"logprobs": logprob - norm} if outputs.logprobs else {}
    if outputs.confidence:
        top = float(_top(row, LIKELIEST).mean(dtype=np.float64))
        found["confidences"] = norm + peak - top
    if outputs.certainty:
        allowed = row if math.isfinite(row.sum()) else row[np.isfinite(row)]  # masked tokens: -inf
        found["certainties"] = norm + peak - float(allowed.mean()) - math.log(len(allowed))
    return found


def _top(row: Floats, k: int) -> Floats:
    """Find the k largest values of a row, in any order.

    Seen as a table of many columns, the k columns with the largest maxima hold at least k
    values that reach the least of these maxima: all others are below the k largest.
    """
    k = min(k, len(row))
    columns = len(row) // ROWS
    if columns <= k:
        return np.partition(row, len(row) - k)[-k:]
    peaks = row[: columns * ROWS].reshape(ROWS, columns).max(axis=0)
    few = row[row >= np.partition(peaks, columns - k)[columns - k]]
    return np.partition(few, len(few) - k)[-k:]


def log_softmax_at(row: Floats, tokens: Sequence[int]) -> tuple[float, ...]:
    """Natural-log probabilities of some tokens in one row."""
    peak = float(row.max())
    norm = math.log(float(np.exp(row - np.float32(peak)).sum(dtype=np.float64)))
    return tuple(float(row[token]) - peak - norm for token in tokens)
