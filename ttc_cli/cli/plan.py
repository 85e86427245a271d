"""`ttc plan`: more compute a request, a larger model, or training? The budget calculator."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ttc_cli.cli.help import Grouped, tree
from ttc_cli.cli.options import opt
from ttc_cli.cli.output import print_json
from ttc_cli.core.errors import UsageError
from ttc_cli.settings.options import OUTPUT

if TYPE_CHECKING:
    from ttc_cli.bench.planning import Requirements

app = tree(help="Test-time compute, a larger model, or training: what costs least.")

WANTS, KNOWN = "What is wanted", "What is known"


@app.command(cls=Grouped)
def plan(
    folders: Annotated[
        list[Path] | None,
        opt("--from", help="A folder of `ttc bench run` (repeatable).", panel=KNOWN),
    ] = None,
    model: Annotated[
        list[str] | None,
        opt(
            "--model",
            metavar="SPEC",
            help="name=..,params=..,quality=SHARE@TOKENS[@SECONDS],..;"
            " price= (a million tokens), speed= (tokens a second), memory= (bytes), train="
            " (money), train-tokens= (repeatable). Adds to a measured model of that name.",
            panel=KNOWN,
        ),
    ] = None,
    requests: Annotated[
        str, opt("-n", "--requests", help="How many, in all: 20k, 1e6.", panel=WANTS)
    ] = "1",
    quality: Annotated[
        str, opt("--quality", help="Share of right answers: 0.6 or 60%.", panel=WANTS)
    ] = "0",
    seconds: Annotated[
        float | None, opt("--seconds", help="A request may take.", panel=WANTS, min=0)
    ] = None,
    memory: Annotated[str | None, opt("--memory", help="Bytes there are: 4G.", panel=WANTS)] = None,
    unit: Annotated[
        str | None, opt("--unit", help="Of costs: money, flops, seconds or tokens.", panel=WANTS)
    ] = None,
    split: Annotated[
        str, opt("--split", help="Share of traffic that one answer does for.", panel=WANTS)
    ] = "70%",
    picture: Annotated[
        str,
        opt(
            "--picture",
            metavar="FILE",
            help="The Pareto front, as .png or .svg; `-` draws it here.",
            panel=OUTPUT,
            show_default=False,
        ),
    ] = "",
    as_json: Annotated[bool, opt("--json", help="One JSON value.", panel=OUTPUT)] = False,
) -> None:
    """C_total = C_train + N·C_inference, for every model at every effort.

    With nothing given: what easy, medium, hard and extreme questions cost, and what to measure.
    Leaves with 3 when nothing meets what is wanted.

    Example: ttc plan -n 1M --quality 60% --model name=small,params=0.5B,quality=45%@229,62%@687
    --model name=large,params=3B,quality=65%@200
    """
    from ttc_cli.bench import plan_models, plan_report
    from ttc_cli.bench.charts import draw
    from ttc_cli.bench.planning import UNITS

    if unit and unit not in UNITS:
        raise UsageError(f"--unit must be one of {', '.join(UNITS)}, not {unit!r}")
    if not folders and not model:
        if picture:
            raise UsageError("there is nothing to draw", "give --from or --model")
        seeds = plan_report.seeds(plan_models.share(split, "--split"))
        print_json(seeds) if as_json else sys.stdout.write(plan_report.seeds_text(seeds))
        return
    wants = _requirements(requests, quality, seconds, memory)
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


def _requirements(
    requests: str, quality: str, seconds: float | None, memory: str | None
) -> Requirements:
    from ttc_cli.bench.plan_models import number, share
    from ttc_cli.bench.planning import Requirements

    bytes_ = None if memory is None else number(memory, "--memory")
    wants = Requirements(
        number(requests, "--requests"), share(quality, "--quality"), seconds, bytes_
    )
    if wants.requests <= 0:
        raise UsageError("--requests must be more than 0")
    return wants
