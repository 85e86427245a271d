"""Accuracy against tokens on a logarithmic axis, in the terminal or as a file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ttc_cli.bench.report import Results, points
from ttc_cli.core.errors import UnreadableFile, UsageError

X_LABEL, Y_LABEL = "tokens per question", "accuracy, %"
FORMATS = (".png", ".svg", ".pdf")


@dataclass(frozen=True, slots=True)
class Point:
    """A configuration in the picture: where it is, its interval, and its vote's way there."""

    name: str
    tokens: float
    accuracy: float
    low: float
    high: float
    way: list[tuple[float, float]]


def read(results: Sequence[Results], report: dict[str, Any]) -> list[Point]:
    """What there is to draw, in percent."""
    return [
        Point(
            row["config"],
            max(row["sampled_tokens"] + row["verifier_tokens"], 1.0),
            100 * row["accuracy"],
            100 * row["accuracy_ci"][0],
            100 * row["accuracy_ci"][1],
            [(tokens, 100 * share) for tokens, share in points(one)],
        )
        for one, row in zip(results, report["rows"], strict=True)
    ]


def terminal(drawn: Sequence[Point], *, width: int, height: int = 22, color: bool = False) -> str:
    """The picture in characters.

    Raises:
        UsageError: the extra is not installed.
    """
    try:
        import plotext as plt
    except ImportError:
        raise UsageError("plotext is not installed", "pip install 'ttc-cli[plots]'") from None
    plt.clear_figure()
    plt.plotsize(width, height)
    for point in drawn:
        if len(point.way) > 1:
            xs, ys = zip(*point.way, strict=True)
            plt.plot([math.log2(x) for x in xs], list(ys), marker="dot")
        plt.scatter([math.log2(point.tokens)], [point.accuracy], label=point.name, marker="hd")
    ends = [math.log2(x) for point in drawn for x, _ in [*point.way, (point.tokens, 0.0)]]
    # plotext labels a logarithmic axis with powers of ten, too far apart for one bench
    ticks = range(math.floor(min(ends)), math.ceil(max(ends)) + 1)
    plt.xticks(list(ticks), [f"{2**tick:g}" for tick in ticks])
    plt.ylim(min(point.low for point in drawn), max(point.high for point in drawn))
    plt.xlabel(X_LABEL)
    plt.ylabel(Y_LABEL)
    built = str(plt.build())
    return built if color else str(plt.uncolorize(built))


def write(drawn: Sequence[Point], path: Path) -> None:
    """The picture as PNG, SVG or PDF, by the file's name.

    Raises:
        UsageError: the extra is not installed, or another ending.
        UnreadableFile: it cannot be written.
    """
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"a picture cannot be written as {path.name}", "end it in .png or .svg")
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError("matplotlib is not installed", "pip install 'ttc-cli[plots]'") from None
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for number, point in enumerate(drawn):
        color = f"C{number % 10}"
        if len(point.way) > 1:
            xs, ys = zip(*point.way, strict=True)
            axes.plot(xs, ys, color=color, alpha=0.5)
        error = [[point.accuracy - point.low], [point.high - point.accuracy]]
        axes.errorbar([point.tokens], [point.accuracy], yerr=error, fmt="o", color=color,
                      capsize=3, label=point.name)  # fmt: skip
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
    axes.set_xlabel(X_LABEL)
    axes.set_ylabel(Y_LABEL)
    axes.grid(alpha=0.3)
    axes.legend()
    try:
        figure.savefig(path, dpi=150)
    except OSError as error_:
        raise UnreadableFile(f"cannot write {path}: {error_.strerror}") from error_
