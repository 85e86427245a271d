"""The scaling law as text for a terminal."""

from __future__ import annotations

from typing import Any

from ttc_cli.bench.fitting import spoken
from ttc_cli.bench.tables import Table, aligned

LEGEND = (
    "Q(C) = a·log2(C) + b; C in mean sampled and verifier tokens a question. a is the gain of a "
    "doubling, in points; error ∝ C^−beta. Intervals are of 95%, by drawing the questions again. "
    "N=1, 2, 4, … are expectations over random choices of the samples drawn. Coverage is pass@N: "
    "any of N right. p: whether the points can lie on a line."
)


def text(report: dict[str, Any]) -> str:
    """For a terminal."""
    parts = [aligned(laws(report))]
    for fit in report["fits"]:
        parts += [f"{fit['curve']}:\n{aligned(points(fit))}", "\n".join(fit["words"])]
    if report["crossings"]:
        parts.append("\n".join(map(crossed, report["crossings"])))
    for found in report["difficulty"]:
        title = f"By difficulty, {found['curve']}: bins and numbers are chosen on half of each "
        title += "question's samples, judged on the other."
        parts += [f"{title}\n{aligned(bins(found))}", aligned(mixes(found)), found["words"]]
    return "\n\n".join([*parts, LEGEND]) + "\n"


def laws(report: dict[str, Any]) -> Table:
    """A row for each curve."""
    head = ["curve", "model", "questions", "a (points)", "b", "beta", "p", "saturation"]
    return [head, *map(_law, report["fits"])]


def points(fit: dict[str, Any]) -> Table:
    """A row for each point of a curve."""
    head = ["point", "tokens", "seconds", "quality (95%)", "line", "step", "coverage"]
    return [head, *map(_point, fit["points"])]


def _law(fit: dict[str, Any]) -> list[str]:
    beta, p = fit["beta"], fit["misfit_p"]
    return [
        fit["curve"],
        fit["model"],
        str(fit["n"]),
        spoken(fit["a"]),
        f"{fit['b']['value']:.2f}",
        f"{beta['value']:.2f} ({beta['low']:.2f}…{beta['high']:.2f})",
        "-" if p is None else f"{p:.3f}" if p >= 0.001 else "<0.001",
        fit["saturation"] or "none seen",
    ]


def _point(point: dict[str, Any]) -> list[str]:
    quality, coverage = point["quality"], point["coverage"]
    return [
        point["label"],
        f"{point['tokens']:.0f}",
        f"{point['seconds']:.1f}",
        f"{share(quality['value'])} ({share(quality['low'])}–{share(quality['high'])})",
        share(point["line"]),
        spoken(point["gain"]) if point["gain"] else "-",
        "-" if coverage is None else share(coverage),
    ]


def crossed(found: dict[str, Any]) -> str:
    """A crossing, or who is ahead, as a sentence."""
    pair = f"{found['second']} against {found['first']} (n={found['n']})"
    if found["tokens"] is None:
        return f"{pair}: {spoken(found['second_ahead'])} points in the middle; lines do not cross."
    low, high = found["ci"]
    return (f"{pair}: lines cross at {found['tokens']:.0f} tokens ({low:.0f}–{high:.0f}; in "
            f"{100 * found['share']:.0f}% of resamples); {spoken(found['second_ahead'])} points "
            "in the middle.")  # fmt: skip


def bins(found: dict[str, Any]) -> Table:
    """A row for each bin of difficulty."""
    head = [
        "hardest first",
        "questions",
        *(f"N={k}" for k in found["sizes"]),
        "best N",
        "one or vote",
    ]
    rows = [
        [
            f"bin {i}",
            f"{one['n']:.0f}",
            *map(share, one["quality"]),
            f"{one['samples']:.1f}",
            f"{100 * one['voting']:.0f}%",
        ]
        for i, one in enumerate(found["bins"], 1)
    ]
    return [head, *rows]


def mixes(found: dict[str, Any]) -> Table:
    """A row for each mix by difficulty."""
    head = ["bins by", "aim", "all: quality", "tokens", "mix: quality", "tokens", "saving at equal"]
    rows = [
        [
            mix["key"],
            f"N={mix['samples']}",
            share(mix["quality"]),
            f"{mix['tokens']:.0f}",
            share(mix["mix_quality"]),
            f"{mix['mix_tokens']:.0f}",
            f"{mix['ratio']['value']:.2f}x ({mix['ratio']['low']:.2f}…{mix['ratio']['high']:.2f})",
        ]
        for mix in found["mixes"]
    ]
    return [head, *rows]


def share(value: float) -> str:
    """In percent."""
    return f"{100 * value:.1f}"
