"""`ttc stats`: what was asked, what it cost, how long it took, how sure the answers were."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

from ttc_cli.cli.app import Json, Since, opt, tree
from ttc_cli.cli.inputs import moment
from ttc_cli.cli.logs import opened
from ttc_cli.cli.output import check_place, write_file
from ttc_cli.core.errors import UsageError
from ttc_cli.store.statistics import summary
from ttc_cli.views.text import cleaned, styled, to_json

if TYPE_CHECKING:
    from rich.table import Table

app = tree()

BAR, DAY_BAR = 24, 12  # columns of the longest bar
PADDING = 6  # columns between those of a table
DAYS_WIDE = 70  # columns of a terminal from which on days have bars
DAYS = 14  # newest days that are drawn


@app.command()
def stats(
    since: Since = None,
    as_json: Json = False,
    prometheus: Annotated[bool, opt(
        "--prometheus", "Prometheus' text format, for node exporter's textfile collector.")
    ] = False,
    output: Annotated[Path | None, opt(
        "-o --output", "Into a file, whole or not at all.")] = None,
) -> None:  # fmt: skip
    """Figures over the logged runs.

    Example, from a timer: ttc stats --prometheus -o /var/lib/node_exporter/ttc.prom
    """
    if as_json and prometheus:
        raise UsageError("--json and --prometheus exclude each other", "give one of them")
    if output is not None:
        check_place(output)
    with opened() as log:
        found = summary(log.runs(since=moment(since)))
    out = sys.stdout if output is None else io.StringIO()
    if as_json:
        out.write(to_json(found, indent=2, out=out) + "\n")
    elif prometheus:
        from ttc_cli.views.prometheus import exposition

        out.write(exposition(found))
    else:
        _draw(cleaned(found), out)
    if output is not None and isinstance(out, io.StringIO):
        write_file(output, [out.getvalue()])


def _draw(found: dict[str, Any], out: TextIO) -> None:
    """The figures for people: facts, distributions with bars, days."""
    from rich.console import Console

    console = Console(file=styled(out), markup=False, highlight=False, emoji=False)
    for name, value in _facts(found).items():
        console.print(f"{name:<12}{value}", soft_wrap=True)
    for name in ("tasks", "paths", "efforts", "strategies", "models", "states"):
        if found[name]:
            console.print()
            console.print(_bars(name, found[name], console.width))
    if found["days"]:
        console.print()
        console.print(_days(found["days"][-DAYS:], bars=console.width >= DAYS_WIDE))


def _facts(found: dict[str, Any]) -> dict[str, str]:
    latency, agreement = found["latency"], found["quality"]["agreement"]
    money, rated = found["cost"]["money"], found["quality"]["feedback"]
    return {
        "requests": f"{found['requests']}, {latency['count']} answered",
        "latency": f"{_number(latency['p50'])} s at p50, {_number(latency['p95'])} s at p95",
        "cost": "no prices are set" if money is None else f"{money:.6g}",
        "tokens": _tokens({**found["tokens"], "saved by the cache": found["tokens_saved"]}),
        "seconds": ", ".join(f"{value:.1f} {phase}" for phase, value in found["seconds"].items()),
        "agreement": f"{_number(agreement['mean'])} on average over {agreement['votes']} votes",
        "stopped": _listed(found["quality"]["stopped"]),
        "feedback": _listed(rated),
        "cache": _listed(found["cache"]),
        "simple path": "-" if found["simple_share"] is None else f"{found['simple_share']:.0%}",
    }


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "-"


def _tokens(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count) or "-"


def _bars(title: str, counts: dict[str, int], columns: int) -> Table:
    from rich.table import Table

    table = Table(title, "", "", box=None)
    most, total = max(counts.values()), sum(counts.values())
    room = columns - max(map(len, (title, *counts))) - len(f"{total} (100%)") - PADDING
    for name, count in counts.items():
        shown = bar(count, most, max(1, min(BAR, room)))
        table.add_row(name, shown, f"{count} ({count / total:.0%})")
    return table


def _days(days: list[dict[str, Any]], *, bars: bool) -> Table:
    from rich.table import Table

    table = Table("day", "requests", "", "sampled", "", "p50 seconds", box=None)
    if not bars:
        table = Table("day", "requests", "sampled", "p50", box=None)
    most = max(day["requests"] for day in days)
    most_sampled = max(day["sampled"] for day in days)
    for day in days:
        requests, sampled = [str(day["requests"])], [f"{day['sampled']:,}"]
        if bars:
            requests.append(bar(day["requests"], most, DAY_BAR))
            sampled.append(bar(day["sampled"], most_sampled, DAY_BAR))
        table.add_row(day["day"], *requests, *sampled, _number(day["p50"]))
    return table


def bar(value: float, most: float, columns: int) -> str:
    """A bar as long as `value` is of `most`; anything above 0 shows."""
    length = round(columns * value / most) if most else 0
    return "█" * max(length, 1 if value else 0)
