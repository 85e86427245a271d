"""`ttc bench`: run strategies over a data set; what they reach, what it costs, how it scales."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ttc_cli.cli.help import Grouped, tree
from ttc_cli.cli.options import Given, opt, takes
from ttc_cli.settings.options import ENGINE, OUTPUT, SAMPLING

app = tree(help="Measure strategies on questions with known answers.", no_args_is_help=True)

WHAT = "What to run"


@app.command(cls=Grouped)
@takes("bench")
def run(
    given: Given,
    data: Annotated[
        str,
        opt(
            "-d",
            "--data",
            help="Questions with answers: JSONL, a JSON array or CSV; or reasoning-gym:TASK[:N].",
            panel=WHAT,
        ),
    ],
    out: Annotated[
        Path | None,
        opt(
            "-o", "--out", help="Folder of results.", panel=OUTPUT, show_default="bench-DATA-MODEL"
        ),
    ] = None,
    config: Annotated[
        list[str] | None,
        opt(
            "-c",
            "--config",
            help="name=..,strategy=..,samples=..: one way to"
            " answer (repeatable). The first is what others are compared with.",
            panel=WHAT,
        ),
    ] = None,
    configs: Annotated[
        Path | None, opt("--configs", help="A TOML file with [[config]] tables.", panel=WHAT)
    ] = None,
    limit: Annotated[
        int | None, opt("--limit", help="Only so many questions.", panel=WHAT, min=1)
    ] = None,
    shuffle: Annotated[
        bool, opt("--shuffle", help="Questions in an order drawn by the seed.", panel=WHAT)
    ] = False,
    resume: Annotated[
        bool, opt("--resume", help="Go on with the run in the folder.", panel=OUTPUT)
    ] = False,
    width: Annotated[
        int | None,
        opt(
            "--width",
            help="Branches drawn at once, of all questions; by default 32, or what a server takes.",
            panel=ENGINE,
            min=1,
            max=4096,
        ),
    ] = None,
    seed: Annotated[
        int, opt("--seed", help="Of samples, and of --shuffle.", panel=SAMPLING, min=0)
    ] = 0,
) -> None:
    """Answer every question under every configuration; prints the folder of results.

    Samples that several configurations share are drawn once. A run that was stopped, in whatever
    way, goes on with --resume.

    Examples: ttc bench run -d svamp.jsonl -n 8 --no-early-stop ·
    ttc bench run -d gsm8k.jsonl -c strategy=direct -c strategy=self-consistency,samples=16
    """
    from ttc_cli.cli.benching import What
    from ttc_cli.cli.benching import run as bench_run

    what = What(data, out, tuple(config or ()), configs, limit, shuffle, seed, resume, width)
    raise typer.Exit(bench_run(given, what))


@app.command()
def report(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Folders that `bench run` wrote.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON value.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Markdown tables.")] = False,
    picture: Annotated[
        str,
        typer.Option(
            "--picture",
            metavar="FILE",
            help="Accuracy against tokens, as .png or .svg; `-` draws it here.",
            show_default=False,
        ),
    ] = "",
) -> None:
    """Accuracy, cost and coverage of every configuration, and differences from the first.

    Intervals are of 95%; p is the exact test of McNemar (sign-flip permutation).
    """
    from ttc_cli.cli.benching import report as bench_report

    bench_report(folders, as_json=as_json, markdown=markdown, picture=picture)


@app.command()
def fit(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Folders that `bench run` wrote.")
    ],
    least: Annotated[
        float,
        typer.Option("--least", help="Gain of a doubling that is worth it, in points.", min=0),
    ] = 1.0,
    seed: Annotated[int, typer.Option("--seed", help="Of resampling.", min=0)] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON value.")] = False,
    picture: Annotated[
        str,
        typer.Option(
            "--picture",
            metavar="FILE",
            help="Points and lines, as .png or .svg; `-` draws them here.",
            show_default=False,
        ),
    ] = "",
    page: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="All of it as one page that needs no network."),
    ] = None,
) -> None:
    """The scaling law Q(C) = a·log2(C) + b of every strategy, and where it fails.

    From a fixed vote (--no-early-stop) all smaller votes follow by replay; configurations that
    differ in effort alone are points of one curve. Also: saturation, coverage, crossings, and
    what choosing the number of samples by difficulty would save.
    """
    from ttc_cli.bench import fit_report
    from ttc_cli.bench.charts import draw
    from ttc_cli.bench.curves import read
    from ttc_cli.bench.fitting import build
    from ttc_cli.bench.report import load
    from ttc_cli.cli.output import print_json, write_file
    from ttc_cli.core.errors import UsageError

    if as_json and picture == "-":
        raise UsageError("--json and --picture - both write to stdout", "give a file")
    curves = read(load(folders))
    if not curves:
        raise UsageError(
            "no curve to fit: nothing was run at two costs",
            "run `ttc bench run -n 16 --no-early-stop`, or several --config that differ in effort",
        )
    built = build(curves, least=least / 100, seed=seed)
    if picture:
        draw(fit_report.chart(built["fits"]), picture)
    if page:
        write_file(page, [fit_report.page(built)])
    if as_json:
        print_json(built)
    elif picture != "-":
        sys.stdout.write(fit_report.text(built))


data_app = tree(help="List, check and convert data sets.", no_args_is_help=True)
app.add_typer(data_app, name="data")


@data_app.command("list")
def list_data(
    places: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH...]", help="Files and folders; here.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON value.")] = False,
) -> None:
    """Data sets in some folders: how many questions, of what kind, and an example."""
    from ttc_cli.cli.bench_data import list_sets

    list_sets(places or [Path()], as_json=as_json)


@data_app.command("check")
def check_data(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Questions with answers.")],
    unsafe_exec: Annotated[
        bool,
        typer.Option("--unsafe-exec", help="Run solutions also where they cannot be locked in."),
    ] = False,
) -> None:
    """Can every record be asked and scored? One line for each that cannot; exit 1 if any."""
    from ttc_cli.cli.bench_data import check_set

    raise typer.Exit(check_set(Path(file), unsafe_exec=unsafe_exec))


@data_app.command("convert")
def convert_data(
    source: Annotated[
        str, typer.Argument(help="JSONL, a JSON array, CSV, or reasoning-gym:TASK[:N].")
    ],
    out: Annotated[Path, typer.Argument(help="The JSONL file to write.")],
    seed: Annotated[int, typer.Option("--seed", help="Of reasoning-gym.", min=0)] = 0,
) -> None:
    """Write a data set in the one form that needs no guessing: id, question, answer, task."""
    from ttc_cli.cli.bench_data import convert_set

    convert_set(source, out, seed)
