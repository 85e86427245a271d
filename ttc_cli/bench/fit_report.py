"""The scaling law as text for a terminal, as a picture, and as one page that needs nothing else."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from ttc_cli.bench.charts import X_LABEL, Chart, Mark, Series, svg
from ttc_cli.bench.fitting import spoken
from ttc_cli.bench.tables import Table, aligned, chance, share

LEGEND = (
    "Q(C) = a·log2(C) + b; C in mean sampled and verifier tokens a question. a is the gain of a "
    "doubling, in points; error ∝ C^−beta. Intervals are of 95%, by drawing the questions again. "
    "N=1, 2, 4, … are expectations over random choices of the samples drawn. Coverage is pass@N: "
    "any of N right. p: whether the points can lie on a line."
)
STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color-scheme:light dark}table{border-collapse:collapse;font-size:.9rem;margin:1rem 0}"
    "td,th{padding:.2rem .7rem;text-align:right;border-bottom:1px solid #8884}"
    "td:first-child,th:first-child{text-align:left}svg{width:100%;height:auto}"
)


def text(report: dict[str, Any]) -> str:
    """Format the report for a terminal."""
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
    """Make a table with a row for each curve."""
    head = ["curve", "model", "questions", "a (points)", "b", "beta", "p", "saturation"]
    return [head, *map(_law, report["fits"])]


def points(fit: dict[str, Any]) -> Table:
    """Make a table with a row for each point of a curve."""
    head = ["point", "tokens", "seconds", "quality (95%)", "line", "step", "coverage"]
    return [head, *map(_point, fit["points"])]


def _law(fit: dict[str, Any]) -> list[str]:
    beta, p = fit["beta"], fit["misfit_p"]
    return [
        fit["curve"], fit["model"], str(fit["n"]), spoken(fit["a"]), f"{fit['b']['value']:.2f}",
        f"{beta['value']:.2f} ({beta['low']:.2f}…{beta['high']:.2f})",
        "-" if p is None else chance(p),
        fit["saturation"] or "none seen",
    ]  # fmt: skip


def _point(point: dict[str, Any]) -> list[str]:
    quality, coverage = point["quality"], point["coverage"]
    return [
        point["label"], f"{point['tokens']:.0f}", f"{point['seconds']:.1f}",
        f"{share(quality['value'])} ({share(quality['low'])}–{share(quality['high'])})",
        share(point["line"]), spoken(point["gain"]) if point["gain"] else "-",
        "-" if coverage is None else share(coverage),
    ]  # fmt: skip


def crossed(found: dict[str, Any]) -> str:
    """Say in a sentence where two lines cross, or which is ahead."""
    pair = f"{found['second']} against {found['first']} (n={found['n']})"
    if found["tokens"] is None:
        return f"{pair}: {spoken(found['second_ahead'])} points in the middle; lines do not cross."
    low, high = found["ci"]
    return (f"{pair}: lines cross at {found['tokens']:.0f} tokens ({low:.0f}–{high:.0f}; in "
            f"{100 * found['share']:.0f}% of resamples); {spoken(found['second_ahead'])} points "
            "in the middle.")  # fmt: skip


def bins(found: dict[str, Any]) -> Table:
    """Make a table with a row for each bin of difficulty."""
    sizes = [f"N={k}" for k in found["sizes"]]
    head = ["hardest first", "questions", *sizes, "best N", "one or vote"]
    return [head, *(
        [f"bin {i}", f"{one['n']:.0f}", *map(share, one["quality"]), f"{one['samples']:.1f}",
         f"{100 * one['voting']:.0f}%"]
        for i, one in enumerate(found["bins"], 1)
    )]  # fmt: skip


def mixes(found: dict[str, Any]) -> Table:
    """Make a table with a row for each mix by difficulty."""
    head = ["bins by", "aim", "all: quality", "tokens", "mix: quality", "tokens", "saving at equal"]
    return [head, *map(_mix, found["mixes"])]


def _mix(mix: dict[str, Any]) -> list[str]:
    ratio = mix["ratio"]
    saving = f"{ratio['value']:.2f}x ({ratio['low']:.2f}…{ratio['high']:.2f})"
    return [
        mix["key"], f"N={mix['samples']}", share(mix["quality"]), f"{mix['tokens']:.0f}",
        share(mix["mix_quality"]), f"{mix['mix_tokens']:.0f}", saving,
    ]  # fmt: skip


def chart(fits: Sequence[dict[str, Any]], title: str = "Quality and compute") -> Chart:
    """Points with their intervals, the fitted lines dashed, and what coverage there is."""
    series = [
        Series(
            fit["curve"],
            tuple(Mark(p["tokens"], *(100 * p["quality"][k] for k in ("value", "low", "high")))
                  for p in fit["points"]),
            tuple((p["tokens"], 100 * p["line"]) for p in fit["points"]),
            dashed=True,
        )
        for fit in fits
    ]  # fmt: skip
    drawn: set[tuple[tuple[float, float], ...]] = set()
    for fit in fits:  # curves of the same samples have the same coverage
        line = tuple((p["tokens"], 100 * p["coverage"]) for p in fit["points"]
                     if p["coverage"] is not None)  # fmt: skip
        if line and line not in drawn:
            drawn.add(line)
            name = f"coverage, {fit['curve'].split(':')[0]}"
            series.append(Series(name, line=line))
    return Chart(title, X_LABEL, "right answers, %", tuple(series))


def page(report: dict[str, Any]) -> str:
    """The report as HTML: no script, no style sheet, no font, nothing fetched."""
    parts = ["<h1>The scaling law of test-time compute</h1>",
             _table(laws(report))]  # fmt: skip
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for fit in report["fits"]:
        groups.setdefault((fit["model"], fit["data"]), []).append(fit)
    for (model, data), fits in groups.items():
        parts.append(f"<h2>{html.escape(model)}, questions {html.escape(data[:12])}</h2>")
        parts.append(svg(chart(fits, model)))
        for fit in fits:
            parts.append(f"<h3>{html.escape(fit['curve'])}</h3>")
            parts.append(_table(points(fit)))
            parts += [f"<p>{html.escape(line)}</p>" for line in fit["words"]]
    parts += [f"<p>{html.escape(crossed(one))}</p>" for one in report["crossings"]]
    for found in report["difficulty"]:
        parts.append(f"<h2>By difficulty: {html.escape(found['curve'])}</h2>")
        parts.append(f"<p>{html.escape(found['words'])}</p>")
        parts += [_table(bins(found)), _table(mixes(found))]
    parts.append(f"<p><small>{html.escape(LEGEND)}</small></p>")
    head = f'<meta charset="utf-8"><title>Scaling law</title><style>{STYLE}</style>'
    return "\n".join([f'<!doctype html>\n<html lang="en"><head>{head}</head><body>',
                      *parts, "</body></html>\n"])  # fmt: skip


def _table(rows: Table) -> str:
    head, *body = [[html.escape(cell) for cell in row] for row in rows]
    lines = ["<tr>" + "".join(f"<th>{cell}</th>" for cell in head) + "</tr>"]
    lines += ["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in body]
    return f"<table>{''.join(lines)}</table>"
