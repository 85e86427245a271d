"""Quality against cost on a logarithmic axis: in characters, as a file, or as SVG in a page."""

from __future__ import annotations

import html
import math
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ttc_cli.core.errors import UnreadableFile, UsageError
from ttc_cli.views.text import styled

FORMATS = (".png", ".svg", ".pdf")
EXTRA = "pip install 'ttc-cli[plots]'"
COLORS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#17becf")
Place = tuple[float, float]
X_LABEL = "tokens per question"


@dataclass(frozen=True, slots=True)
class Mark:
    """A point with its interval, in percent."""

    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Series:
    """Marks and a line of one name; either may be empty."""

    name: str
    marks: tuple[Mark, ...] = ()
    line: tuple[Place, ...] = ()
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """Series to draw on one pair of axes; x is drawn as its logarithm, y is in percent."""

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]

    def places(self) -> Iterator[Place]:
        """Yield every point that must fit into the picture."""
        for one in self.series:
            yield from one.line
            for mark in one.marks:
                yield mark.x, mark.low
                yield mark.x, mark.high


def ticks(low: float, high: float) -> list[float]:
    """At most nine powers of two (or of their powers) from below `low` to above `high`."""
    first, last = math.floor(math.log2(low)), math.ceil(math.log2(high))
    last = max(last, first + 1)
    step = -(-(last - first) // 8)
    return [2.0**i for i in range(first, last + step, step)]


def tick(x: float) -> str:
    """Format a number on the axis: whole where that is short."""
    return f"{x:.0f}" if 1 <= x < 1e5 else f"{x:.3g}"


def draw(chart: Chart, where: str) -> None:
    """Draw on stdout for `-`, else into a file; UsageError where the extra is not installed."""
    if where != "-":
        write(chart, Path(where))
        return
    color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    width = shutil.get_terminal_size((100, 24)).columns
    styled(sys.stdout).write(terminal(chart, width=width, color=color) + "\n")


def terminal(chart: Chart, *, width: int, height: int = 22, color: bool = False) -> str:
    """Draw the picture in characters."""
    try:
        import plotext as plt
    except ImportError:
        raise UsageError("plotext is not installed", EXTRA) from None
    plt.clear_figure()
    plt.plotsize(width, height)
    if chart.title:
        plt.title(chart.title)
    for one in chart.series:
        if len(one.line) > 1:
            xs, ys = zip(*one.line, strict=True)
            label = None if one.marks else one.name
            plt.plot([math.log2(x) for x in xs], list(ys), marker="dot", label=label)
    for one in chart.series:  # over the lines, which would hide them
        if one.marks:
            plt.scatter([math.log2(mark.x) for mark in one.marks], [m.y for m in one.marks],
                        label=one.name, marker="hd")  # fmt: skip
    places = list(chart.places())
    at = ticks(min(x for x, _ in places), max(x for x, _ in places))
    plt.xticks([math.log2(x) for x in at], [tick(x) for x in at])
    plt.ylim(min(y for _, y in places), max(y for _, y in places))
    plt.xlabel(chart.x_label)
    plt.ylabel(chart.y_label)
    built = str(plt.build())
    return built if color else str(plt.uncolorize(built))


def write(chart: Chart, path: Path) -> None:
    """Write the picture as PNG, SVG or PDF, by the file's name."""
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"a picture cannot be written as {path.name}", "end it in .png or .svg")
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError("matplotlib is not installed", EXTRA) from None
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for number, one in enumerate(chart.series):
        color = COLORS[number % len(COLORS)]
        if one.line:
            xs, ys = zip(*one.line, strict=True)
            axes.plot(xs, ys, color=color, linestyle="--" if one.dashed else "-",
                      label=None if one.marks else one.name)  # fmt: skip
        if one.marks:
            error = [[m.y - m.low for m in one.marks], [m.high - m.y for m in one.marks]]
            axes.errorbar([m.x for m in one.marks], [m.y for m in one.marks], yerr=error, fmt="o",
                          color=color, capsize=3, label=one.name)  # fmt: skip
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(lambda x, _: tick(x))
    axes.set(title=chart.title, xlabel=chart.x_label, ylabel=chart.y_label)
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    undated = {"Date": None} if path.suffix.lower() == ".svg" else {}
    try:
        with mpl.rc_context({"svg.hashsalt": "ttc"}):  # the same picture is the same file
            figure.savefig(path, dpi=150, metadata=undated)
    except OSError as error_:
        raise UnreadableFile(f"cannot write {path}: {error_.strerror}") from error_


WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 36, 44


def svg(chart: Chart) -> str:
    """The picture as an `<svg>` element that needs nothing else: for a page, or mail."""
    places = list(chart.places())
    at = ticks(min(x for x, _ in places), max(x for x, _ in places))
    bottom = 10 * math.floor(min(y for _, y in places) / 10)
    top = max(10 * math.ceil(max(y for _, y in places) / 10), bottom + 10)
    left, right = math.log2(at[0]), math.log2(at[-1])

    def put(x: float, y: float) -> Place:
        across = (math.log2(x) - left) / (right - left) * (WIDTH - LEFT - RIGHT)
        up = (y - bottom) / (top - bottom) * (HEIGHT - TOP - BOTTOM)
        return round(LEFT + across, 1), round(HEIGHT - BOTTOM - up, 1)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
           f"<title>{html.escape(chart.title)}</title>"]  # fmt: skip
    for x in at:
        px, py = put(x, bottom)
        out.append(_rule(px, TOP, px, py) + _words(px, py + 16, tick(x), "middle"))
    for y in range(bottom, top + 1, 10):
        px, py = put(at[0], y)
        out.append(_rule(px, py, WIDTH - RIGHT, py) + _words(px - 6, py + 4, str(y), "end"))
    out.append(_words(WIDTH / 2, HEIGHT - 8, chart.x_label, "middle"))
    out.append(_words(LEFT, TOP - 20, chart.y_label, "start"))
    for number, one in enumerate(chart.series):
        color = COLORS[number % len(COLORS)]
        out += _drawn(one, [put(*place) for place in one.line], put, color)
        y = HEIGHT - BOTTOM - 14 * (len(chart.series) - number)
        out.append(f'<circle cx="{WIDTH - 300}" cy="{y - 4}" r="4" fill="{color}"/>')
        out.append(_words(WIDTH - 290, y, one.name, "start"))
    return "\n".join([*out, "</svg>"])


def _drawn(one: Series, line: Sequence[Place], put: object, color: str) -> Iterator[str]:
    assert callable(put)
    if line:
        path = " ".join(f"{x},{y}" for x, y in line)
        dash = ' stroke-dasharray="6 4"' if one.dashed else ""
        yield f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"{dash}/>'
    for mark in one.marks:
        (x, y), (_, low), (_, high) = (put(mark.x, v) for v in (mark.y, mark.low, mark.high))
        title = f"{mark.y:.1f} ({mark.low:.1f}–{mark.high:.1f}) at {mark.x:.4g}"
        yield f'<line x1="{x}" y1="{low}" x2="{x}" y2="{high}" stroke="{color}"/>'
        yield f'<circle cx="{x}" cy="{y}" r="4" fill="{color}"><title>{title}</title></circle>'


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#8884"/>'


def _words(x: float, y: float, text: str, anchor: str) -> str:
    return (f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="12" fill="currentColor" '
            f'font-family="sans-serif">{html.escape(text)}</text>')  # fmt: skip
