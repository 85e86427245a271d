"""Pictures of the scaling law, and the report as one page that needs nothing else."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from ttc_cli.bench import charts, fit_text, plots
from ttc_cli.bench.charts import Chart, Mark, Series
from ttc_cli.bench.tables import Table

STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color-scheme:light dark}table{border-collapse:collapse;font-size:.9rem;margin:1rem 0}"
    "td,th{padding:.2rem .7rem;text-align:right;border-bottom:1px solid #8884}"
    "td:first-child,th:first-child{text-align:left}svg{width:100%;height:auto}"
)


def chart(fits: Sequence[dict[str, Any]], title: str = "Quality and compute") -> Chart:
    """Points with their intervals, the fitted lines dashed, and what coverage there is."""
    series = []
    for fit in fits:
        points = fit["points"]
        series.append(Series(
            fit["curve"],
            tuple(Mark(p["tokens"], *(100 * p["quality"][k] for k in ("value", "low", "high")))
                  for p in points),
            tuple((p["tokens"], 100 * p["line"]) for p in points),
            dashed=True,
        ))  # fmt: skip
    drawn: set[tuple[tuple[float, float], ...]] = set()
    for fit in fits:  # curves of the same samples have the same coverage
        line = tuple((p["tokens"], 100 * p["coverage"]) for p in fit["points"]
                     if p["coverage"] is not None)  # fmt: skip
        if line and line not in drawn:
            drawn.add(line)
            name = f"coverage, {fit['curve'].split(':')[0]}"
            series.append(Series(name, line=line))
    return Chart(title, plots.X_LABEL, "right answers, %", tuple(series))


def page(report: dict[str, Any]) -> str:
    """The report as HTML: no script, no style sheet, no font, nothing fetched."""
    parts = ["<h1>The scaling law of test-time compute</h1>",
             _table(fit_text.laws(report))]  # fmt: skip
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for fit in report["fits"]:
        groups.setdefault((fit["model"], fit["data"]), []).append(fit)
    for (model, data), fits in groups.items():
        parts.append(f"<h2>{html.escape(model)}, questions {html.escape(data[:12])}</h2>")
        parts.append(charts.svg(chart(fits, model)))
        for fit in fits:
            parts.append(f"<h3>{html.escape(fit['curve'])}</h3>")
            parts.append(_table(fit_text.points(fit)))
            parts += [f"<p>{html.escape(line)}</p>" for line in fit["words"]]
    parts += [f"<p>{html.escape(fit_text.crossed(one))}</p>" for one in report["crossings"]]
    for found in report["difficulty"]:
        parts.append(f"<h2>By difficulty: {html.escape(found['curve'])}</h2>")
        parts.append(f"<p>{html.escape(found['words'])}</p>")
        parts += [_table(fit_text.bins(found)), _table(fit_text.mixes(found))]
    parts.append(f"<p><small>{html.escape(fit_text.LEGEND)}</small></p>")
    head = f'<meta charset="utf-8"><title>Scaling law</title><style>{STYLE}</style>'
    return "\n".join([f'<!doctype html>\n<html lang="en"><head>{head}</head><body>',
                      *parts, "</body></html>\n"])  # fmt: skip


def _table(rows: Table) -> str:
    head, *body = [[html.escape(cell) for cell in row] for row in rows]
    lines = ["<tr>" + "".join(f"<th>{cell}</th>" for cell in head) + "</tr>"]
    lines += ["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in body]
    return f"<table>{''.join(lines)}</table>"
