"""`ttc plan`: more compute a request, a larger model, or training? The budget calculator."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ttc_cli.cli.app import Grouped, opt, tree
from ttc_cli.cli.output import print_json
from ttc_cli.core.errors import UsageError
from ttc_cli.settings.options import OUTPUT

app = tree(help="Test-time compute, a larger model, or training: what costs least.")

WANTS, KNOWN = "What is wanted", "What is known"


@app.command(cls=Grouped)
def plan(
    folders: Annotated[list[Path] | None, opt(
        "--from", "A folder of `ttc bench run` (repeatable).", KNOWN)] = None,
    model: Annotated[list[str] | None, opt(
        "--model", "name=..,params=..,quality=SHARE@TOKENS[@SECONDS],..; price= (a million tokens),"
        " speed= (tokens a second), memory= (bytes), train= (money), train-tokens= (repeatable)."
        " Adds to a measured model of that name.", KNOWN, metavar="SPEC")] = None,
    requests: Annotated[str, opt("-n --requests", "How many, in all: 20k, 1e6.", WANTS)] = "1",
    quality: Annotated[str, opt(
        "--quality", "Share of right answers: 0.6 or 60%.", WANTS)] = "0",
    seconds: Annotated[float | None, opt("--seconds", "A request may take.", WANTS, min=0)] = None,
    memory: Annotated[str | None, opt("--memory", "Bytes there are: 4G.", WANTS)] = None,
    unit: Annotated[str | None, opt(
        "--unit", "Of costs.", WANTS, metavar="money|flops|seconds|tokens")] = None,
    split: Annotated[str, opt(
        "--split", "Share of traffic that one answer does for.", WANTS)] = "70%",
    picture: Annotated[str, opt(
        "--picture", "The Pareto front, as .png or .svg; `-` draws it here.", OUTPUT,
        metavar="FILE", show_default=False)] = "",
    as_json: Annotated[bool, opt("--json", "One JSON value.", OUTPUT)] = False,
) -> None:  # fmt: skip
    """C_total = C_train + N·C_inference, for every model at every effort.

    With nothing given: what easy, medium, hard and extreme questions cost, and what to measure.
    Leaves with 3 when nothing meets what is wanted.

    Example: ttc plan -n 1M --quality 60% --model name=small,params=0.5B,quality=45%@229,62%@687
    --model name=large,params=3B,quality=65%@200
    """
    from ttc_cli.bench import plan_models, plan_report
    from ttc_cli.bench.charts import draw
    from ttc_cli.bench.plan_models import number, share
    from ttc_cli.bench.planning import UNITS, Requirements

    if unit and unit not in UNITS:
        raise UsageError(f"--unit must be one of {', '.join(UNITS)}, not {unit!r}")
    many, most = number(requests, "--requests"), memory and number(memory, "--memory")
    wants = Requirements(many, share(quality, "--quality"), seconds, most or None)
    if wants.requests <= 0:
        raise UsageError("--requests must be more than 0")
    simple = share(split, "--split")
    if not folders and not model:
        if picture:
            raise UsageError("there is nothing to draw", "give --from or --model")
        seeds = plan_report.seeds(simple)
        print_json(seeds) if as_json else sys.stdout.write(plan_report.seeds_text(seeds))
        return
    found, notes = plan_models.measured(folders) if folders else ([], [])
    models = plan_models.joined(found, [plan_models.parsed(text) for text in model or ()])
    built = plan_report.build(models, wants, unit=unit, notes=notes)
    if as_json:
        print_json(built)
    elif picture != "-":
        sys.stdout.write(plan_report.text(built))
    if picture:
        draw(plan_report.chart(built), picture)
    raise typer.Exit(0 if built["choice"] else 3)
