"""`ttc bench fit` as one JSON value: laws, coverage, crossings, difficulty, and all in words.

Shares are in [0, 1], tokens and seconds means per question, intervals of 95%.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ttc_cli.bench import difficulty
from ttc_cli.bench.curves import Array, Curve
from ttc_cli.bench.scaling import LEAST, Estimate, Law, crossing, fit
from ttc_cli.bench.tables import chance

SCHEMA_VERSION = 1
CLAIM = 4.0  # what Snell et al. 2024 report of the compute-optimal mix against best-of-N.
LEVEL = 0.05
FEW = 30  # questions, below which percentile intervals are known to be too short


def build(curves: Sequence[Curve], *, least: float = LEAST, seed: int = 0) -> dict[str, Any]:
    """Build the report; `least` is the gain of a doubling that is worth its cost."""
    laws = [fit(curve.tokens, curve.score, least=least, seed=seed) for curve in curves]
    return {
        "schema_version": SCHEMA_VERSION,
        "least": least,
        "fits": [_fit(*pair, least) for pair in zip(curves, laws, strict=True)],
        "crossings": _crossings(curves, seed),
        "difficulty": _difficulties(curves, seed),
    }


def _fit(curve: Curve, law: Law, least: float) -> dict[str, Any]:
    seconds = curve.seconds.mean(axis=0)
    coverage = None if curve.coverage is None else curve.coverage.mean(axis=0)
    points = [
        {
            "label": label,
            "tokens": law.tokens[i],
            "seconds": float(seconds[i]),
            "quality": asdict(law.quality[i]),
            "line": law.a.value * math.log2(law.tokens[i]) + law.b.value,
            "gain": asdict(law.gains[i - 1]) if i else None,
            "coverage": None if coverage is None else float(coverage[i]),
        }
        for i, label in enumerate(curve.labels)
    ]
    return {
        "curve": curve.name,
        "model": curve.model,
        "data": curve.data,
        "n": law.n,
        **{name: asdict(getattr(law, name)) for name in ("a", "b", "beta")},
        "points": points,
        "saturation": None if law.saturation is None else curve.labels[law.saturation],
        "misfit_p": law.misfit,
        "bend": None if law.bend is None else asdict(law.bend),
        "ceiling_tokens": law.ceiling if math.isfinite(law.ceiling) else None,
        "words": [
            _doubling(law),
            _saturated(curve, law, least),
            _fails(law, points),
            *_limits(law),
        ],
    }


def spoken(value: Estimate | dict[str, float]) -> str:
    """Format an estimate in points, such as `+5.7 (+4.0…+7.4)`."""
    one = asdict(value) if isinstance(value, Estimate) else value
    return f"{100 * one['value']:+.1f} ({100 * one['low']:+.1f}…{100 * one['high']:+.1f})"


def _doubling(law: Law) -> str:
    shown = "" if law.a.clear else ": that cannot be told from nothing"
    return f"A doubling of compute gives {spoken(law.a)} points{shown}."


def _saturated(curve: Curve, law: Law, least: float) -> str:
    last = law.gains[-1]
    if law.saturation is None:
        return (f"No saturation up to {curve.labels[-1]}: the last step still gave "
                f"{spoken(last)} points.")  # fmt: skip
    gain = law.gains[law.saturation]
    why = f"less than {100 * least:g} a doubling"
    why = why if gain.low > 0 else f"not to be told from 0 with {law.n} questions"
    where = f"From {curve.labels[law.saturation]} on more compute shows no clear gain"
    return f"{where}: the next step gave {spoken(gain)} points, {why}."


def _fails(law: Law, points: list[dict[str, Any]]) -> str:
    if law.misfit is None or law.bend is None:
        return "Two points always lie on a line: whether there is a law they cannot say."
    p = f"p {chance(law.misfit)}"
    bend = f"the last step gave {spoken(law.bend)} points beyond the line's"
    if law.misfit >= LEVEL:
        return f"The points cannot be told from a line ({p}); {bend}."
    off = max(points, key=lambda point: abs(point["quality"]["value"] - point["line"]))
    away = 100 * (off["quality"]["value"] - off["line"])
    side = "above" if away > 0 else "below"
    way = "down" if law.bend.value < 0 else "up"
    then = f", so it bends {way}." if law.bend.clear else "."
    return (f"The law fails ({p}): {off['label']} is {abs(away):.1f} points {side} the line; "
            f"{bend}{then}")  # fmt: skip


def _limits(law: Law) -> list[str]:
    out = []
    if math.isfinite(law.ceiling) and law.ceiling < 1e15:
        out.append(
            f"Beyond {law.tokens[-1]:.0f} tokens nothing was measured; the line reaches 100% at "
            f"{law.ceiling:.3g}, so it must bend before."
        )
    if law.n < FEW:
        out.append(f"With {law.n} questions the intervals are too short; measure {FEW} or more.")
    return out


def _crossings(curves: Sequence[Curve], seed: int) -> list[dict[str, Any]]:
    out = []
    for i, first in enumerate(curves):
        for second in curves[i + 1 :]:
            if (first.data, first.model) != (second.data, second.model):
                continue  # tokens of another model cost something else: that is `ttc plan`
            one, two, n = _common(first, second)
            found = crossing(one, two, seed=seed) if n else None
            if found:
                out.append({"first": first.name, "second": second.name, "n": n,
                            "tokens": found.tokens, "ci": found.interval, "share": found.share,
                            "second_ahead": asdict(found.ahead)})  # fmt: skip
    return out


def _common(first: Curve, second: Curve) -> tuple[tuple[Array, Array], tuple[Array, Array], int]:
    """Tokens and scores of the questions that both have."""
    ids = [key for key in first.ids if key in set(second.ids)]
    parts = []
    for one in (first, second):
        rows = [one.ids.index(key) for key in ids]
        parts.append((one.tokens[rows], one.score[rows]))
    return parts[0], parts[1], len(ids)


def _difficulties(curves: Sequence[Curve], seed: int) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    seen: list[object] = []
    for curve in curves:
        if not curve.pool or curve.pool in seen:
            continue
        seen.append(curve.pool)
        found = difficulty.study(curve.pool, seed=seed)
        if found:
            name = curve.name
            out.append({"curve": name, "model": curve.model, "n": len(curve.ids),
                        **asdict(found), "words": _claim(found)})  # fmt: skip
    return out


def _claim(found: difficulty.Difficulty) -> str:
    most, key = found.sizes[-1], difficulty.KEYS[0]
    mix = next(mix for mix in found.mixes if (mix.samples, mix.key) == (most, key))
    ratio = mix.ratio
    said = f"{ratio.value:.2f}x ({ratio.low:.2f}…{ratio.high:.2f})"
    if ratio.low > CLAIM:
        verdict = f"more than the {CLAIM:g}x of the literature"
    elif ratio.high < CLAIM:
        verdict = f"the {CLAIM:g}x of the literature is not reached here"
        verdict += "" if ratio.low > 1 else ", nor can it be told from no saving"
    else:
        verdict = f"the {CLAIM:g}x of the literature is neither shown nor excluded"
    return (f"At the quality it reaches, the mix by difficulty takes {said} fewer tokens than the "
            f"same number for all (up to {found.sizes[-1]}): {verdict}.")  # fmt: skip
