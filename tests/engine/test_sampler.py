"""The sampler against the same filters written the slow and obvious way."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from ttc_cli.core.sampling import GREEDY, LIKELIEST, Outputs, Sampling, uniform
from ttc_cli.engine.llama.sampler import draw, log_softmax_at, measure

N = 400
SAMPLINGS = [
    Sampling(t, k, p, m)
    for t, k, p, m in itertools.product((0.3, 1.0, 2.0), (0, 1, 5, 40), (0.5, 0.95, 1.0), (0, 0.1))
]


def rows(spread: float, count: int = 1, n: int = N) -> np.ndarray:
    return np.random.default_rng(count).normal(0, spread, (count, n)).astype(np.float32)


def reference(row: np.ndarray, sampling: Sampling) -> np.ndarray:
    """Probabilities after top-k, top-p, min-p and temperature, in that order."""
    logits = row.astype(np.float64)
    keep = np.argsort(-logits, kind="stable")
    if sampling.top_k:
        keep = keep[: sampling.top_k]
    p = np.exp(logits[keep] - logits[keep].max())
    p /= p.sum()
    if sampling.top_p < 1:
        keep = keep[: int(np.argmax(np.cumsum(p) >= sampling.top_p)) + 1]
    if sampling.min_p:
        keep = keep[logits[keep] >= logits.max() + math.log(sampling.min_p)]
    out = np.zeros(len(row))
    out[keep] = np.exp((logits[keep] - logits[keep].max()) / sampling.temperature)
    return out / out.sum()


@pytest.mark.parametrize("sampling", SAMPLINGS, ids=str)
def test_draws_follow_the_reference_distribution(sampling: Sampling) -> None:
    """Shares of 4,000 evenly spaced numbers are the probabilities, within one part in 4,000."""
    row = rows(2.5)[0]
    expected = reference(row, sampling)
    n = 4_000
    us = [(i + 0.5) / n for i in range(n)]
    drawn = np.bincount(draw(np.tile(row, (n, 1)), [sampling] * n, us), minlength=N) / n
    assert np.abs(drawn - expected).max() <= 1.01 / n
    assert not drawn[expected == 0].any(), "a token was drawn that the filters drop"


def test_draws_by_seed_follow_the_reference_too() -> None:
    """Chi-square over 8 tokens, 7 degrees of freedom: above 36 once in 140,000 times."""
    row = rows(1.0)[0, :8]
    n = 4_000
    us = [uniform(5, i) for i in range(n)]
    sampling = Sampling(0.8, min_p=0.0)
    drawn = np.bincount(draw(np.tile(row, (n, 1)), [sampling] * n, us), minlength=8)
    expected = reference(row, sampling) * n
    assert ((drawn - expected) ** 2 / expected).sum() < 36


@pytest.mark.parametrize("spread", [0.01, 1.0, 30.0])
def test_rows_are_drawn_as_if_alone(spread: float) -> None:
    logits = rows(spread, count=len(SAMPLINGS))
    us = [uniform(1, i) for i in range(len(SAMPLINGS))]
    together = draw(logits, SAMPLINGS, us)
    assert together == [
        draw(row[None], [s], [u])[0] for row, s, u in zip(logits, SAMPLINGS, us, strict=True)
    ]


def test_greedy_takes_the_likeliest_and_the_first_of_equals() -> None:
    row = np.zeros(10, dtype=np.float32)
    row[[3, 7]] = 5.0
    for u in (0.0, 0.5, 0.999):
        assert draw(row[None], [GREEDY], [u]) == [3]


@pytest.mark.parametrize("u", [0.0, 0.5, 1 - 2**-53])
def test_masked_tokens_are_never_drawn(u: float) -> None:
    row = np.full(50, -np.inf, dtype=np.float32)
    row[[4, 9]] = (1.0, -30.0)
    for sampling in (Sampling(5.0, min_p=0.0), Sampling(1.0, 10, 0.9, 0.0), GREEDY):
        assert draw(row[None], [sampling], [u])[0] in (4, 9)


def test_the_ends_of_the_unit_interval_are_tokens() -> None:
    row = rows(1.0)[0]
    for sampling in SAMPLINGS:
        kept = set(np.flatnonzero(reference(row, sampling)))
        assert {draw(row[None], [sampling], [u])[0] for u in (0.0, 1 - 2**-53)} <= kept


@pytest.mark.parametrize("spread", [0.1, 3.0, 12.0, 40.0])
def test_measures_are_the_plain_formulas(spread: float) -> None:
    outputs = Outputs(logprobs=True, confidence=True, certainty=True)
    for row in rows(spread, count=5):
        logp = row.astype(np.float64) - np.logaddexp.reduce(row.astype(np.float64))
        for token in (0, int(row.argmax()), int(row.argmin())):
            stats = measure(row, token, outputs)
            assert stats["logprobs"] == pytest.approx(logp[token], abs=1e-4)
            assert stats["confidences"] == pytest.approx(
                -np.sort(logp)[::-1][:LIKELIEST].mean(), abs=1e-4
            )
            certainty = -(logp + math.log(len(logp))).mean()  # -1/V sum log(V p)
            assert stats["certainties"] == pytest.approx(certainty, abs=1e-4)


def test_what_is_not_wanted_is_not_measured() -> None:
    stats = measure(rows(1.0)[0], 0, Outputs(logprobs=True))
    assert stats.keys() == {"logprobs"}


def test_measures_of_a_masked_row_are_numbers() -> None:
    row = np.full(8, -np.inf, dtype=np.float32)
    row[:2] = 1.0
    stats = measure(row, 0, Outputs(logprobs=True, certainty=True))
    assert stats["certainties"] == pytest.approx(0, abs=1e-6)  # uniform over what is allowed
    assert stats["logprobs"] == pytest.approx(-math.log(2), abs=1e-6)


def test_log_softmax_of_some_tokens() -> None:
    row = rows(4.0)[0]
    logp = row.astype(np.float64) - np.logaddexp.reduce(row.astype(np.float64))
    assert log_softmax_at(row, [3, 1, 3]) == pytest.approx(logp[[3, 1, 3]], abs=1e-5)
