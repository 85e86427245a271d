"""The report as text: aligned columns for a terminal, or Markdown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Table = list[list[str]]
COSTS = [
    "config", "questions", "accuracy (95%)", "tokens", "verifier", "wasted", "seconds",
    "tokens/right", "coverage", "gap", "random pick",
]  # fmt: skip
AGAINST = ["config", "as run", "p", "equal samples", "p", "equal tokens", "p"]
LEGEND = (
    "Tokens and seconds are means per question; seconds are the engine's, shared out over the "
    "samples it drew at the same time. Coverage: any sample right; gap: coverage less accuracy. "
    "Differences are in points, paired by question, with 95% intervals; for equal samples or "
    "tokens the vote that spends more is cut to the other's number."
)


def text(report: dict[str, Any]) -> str:
    """Format the report for a terminal."""
    return _join(report, aligned)


def markdown(report: dict[str, Any]) -> str:
    """Format the report as Markdown."""
    return _join(report, _piped)


def _join(report: dict[str, Any], draw: Callable[[Table], str]) -> str:
    rows = report["rows"]
    parts = [draw([COSTS, *map(_costs, rows)])]
    if len(rows) > 1:
        parts += [f"Against {rows[0]['config']}:", draw([AGAINST, *map(_against, rows[1:])])]
    failed = [f"{row['config']}: {row['failed']} could not be asked, and count as wrong"
              for row in rows if row["failed"]]  # fmt: skip
    return "\n\n".join([*parts, *failed, LEGEND]) + "\n"


def _costs(row: dict[str, Any]) -> list[str]:
    low, high = row["accuracy_ci"]
    per_right = row["tokens_per_correct"]
    tokens = ("sampled_tokens", "verifier_tokens", "wasted_tokens")
    return [
        row["config"], str(row["n"]), f"{share(row['accuracy'])} ({share(low)}–{share(high)})",
        *(f"{row[name]:.0f}" for name in tokens), f"{row['seconds']:.1f}",
        "-" if per_right is None else f"{per_right:.0f}",
        *(share(row[name]) for name in ("coverage", "selection_gap", "random_pick")),
    ]  # fmt: skip


def _against(row: dict[str, Any]) -> list[str]:
    ways = ("vs_first", "vs_first_equal_samples", "vs_first_equal_tokens")
    return [row["config"], *(cell for way in ways for cell in _difference(row[way]))]


def _difference(found: dict[str, Any] | None) -> list[str]:
    if found is None:
        return ["-", "-"]
    low, high = found["ci"]
    points = f"{100 * found['difference']:+.1f} ({100 * low:+.1f}…{100 * high:+.1f})"
    size = f" n={found['samples']}" if "samples" in found else ""
    size = f" at {found['tokens']:.0f}" if "tokens" in found else size
    return [points + size, chance(found["p"])]


def share(value: float) -> str:
    """Format a share in percent."""
    return f"{100 * value:.1f}"


def chance(p: float) -> str:
    """Format the p of a test."""
    return f"{p:.3f}" if p >= 0.001 else "<0.001"


def aligned(rows: Table) -> str:
    """Align columns, the first to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _piped(rows: Table) -> str:
    ruler = ["---", *("---:" for _ in rows[0][1:])]
    escaped = [[cell.replace("|", "\\|") for cell in row] for row in (rows[0], ruler, *rows[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in escaped)
