"""`ttc bench`: run strategies over a data set; what they reach, what it costs, how it scales."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ttc_cli.cli.app import Grouped, Json, arg, opt, tree
from ttc_cli.cli.bench_data import data_app
from ttc_cli.cli.options import Given, takes
from ttc_cli.cli.output import print_json, write_file
from ttc_cli.cli.process import caught
from ttc_cli.core.errors import UsageError
from ttc_cli.settings.options import ENGINE, OUTPUT, SAMPLING

if TYPE_CHECKING:
    from ttc_cli.bench.run import Spec
    from ttc_cli.models.registry import ModelFile
    from ttc_cli.session.model import Served
    from ttc_cli.settings import Settings

app = tree(help="Measure strategies on questions with known answers.", no_args_is_help=True)
app.add_typer(data_app, name="data")

HERE = 63  # branches at once from which on attention on a processor computes each against all

WHAT = "What to run"


@app.command(cls=Grouped)
@takes("bench")
def run(
    given: Given,
    data: Annotated[str, opt("-d --data", "Questions with answers: JSONL, a JSON array or CSV; or"
                             " reasoning-gym:TASK[:N].", WHAT)],
    out: Annotated[Path | None, opt(
        "-o --out", "Folder of results.", OUTPUT, show_default="bench-DATA-MODEL")] = None,
    config: Annotated[list[str] | None, opt(
        "-c --config", "name=..,strategy=..,samples=..: one way to answer (repeatable). The first"
        " is what others are compared with.", WHAT)] = None,
    configs: Annotated[Path | None, opt(
        "--configs", "A TOML file with [[config]] tables.", WHAT)] = None,
    limit: Annotated[int | None, opt("--limit", "Only so many questions.", WHAT, min=1)] = None,
    shuffle: Annotated[bool, opt(
        "--shuffle", "Questions in an order drawn by the seed.", WHAT)] = False,
    resume: Annotated[bool, opt("--resume", "Go on with the run in the folder.", OUTPUT)] = False,
    width: Annotated[int | None, opt(
        "--width", "Branches drawn at once, of all questions; by default 32, or what a server"
        " takes.", ENGINE, min=1, max=4096)] = None,
    seed: Annotated[int, opt("--seed", "Of samples, and of --shuffle.", SAMPLING, min=0)] = 0,
) -> None:  # fmt: skip
    """Answer every question under every configuration; prints the folder of results.

    Samples that several configurations share are drawn once. A run that was stopped, in whatever
    way, goes on with --resume.

    Examples: ttc bench run -d svamp.jsonl -n 8 --no-early-stop ·
    ttc bench run -d gsm8k.jsonl -c strategy=direct -c strategy=self-consistency,samples=16
    """
    from ttc_cli.bench import scoring
    from ttc_cli.bench.configs import read_configs
    from ttc_cli.bench.run import Spec, choose
    from ttc_cli.bench.sources import read_source
    from ttc_cli.cli.pulling import choose_model
    from ttc_cli.settings import load

    settings = load(given.settings)
    chosen = read_configs(given.settings, config or (), configs)
    items, source = read_source(data, seed)
    items = choose(items, limit=limit, shuffle=shuffle, seed=seed)
    scoring.require(items, unsafe_exec=settings.unsafe_exec)
    model = choose_model(settings)
    if width is not None:
        _widen(model, width)
    stem = Path(source["name"]).stem.replace(":", "-")
    out = out or Path(f"bench-{stem}-{model.name}")
    spec = Spec(source, items, chosen, out, seed, resume, width, given.flags.quiet)
    raise typer.Exit(_run(settings, model, spec))


def _widen(model: ModelFile | Served, width: int) -> None:
    """Let a server have that many requests at once; an engine here does not draw that many."""
    from ttc_cli.session.model import Served

    if isinstance(model, Served):
        model.engine.widen(width)
    elif width > HERE:
        raise UsageError(f"--width is {width}", f"a model on this machine draws {HERE} at most")


def _run(settings: Settings, model: ModelFile | Served, spec: Spec) -> int:
    from ttc_cli.bench.run import run as bench
    from ttc_cli.cli.pulling import say
    from ttc_cli.session.loaded import Session
    from ttc_cli.views.text import by_replica

    with caught() as signals, closing(Session(settings, model)) as session:
        assert session.engine  # loaded; from here on there is something to stop
        signals.stops(lambda: None)
        did = bench(session, spec, stopped=lambda: bool(signals.code))
    if len(did.served) > 1 and not spec.quiet:
        say(by_replica(did.served))
    if did.left:
        for why in sorted(set(did.why)):
            say(f"{did.why.count(why)} answers could not be drawn: {why}")
        say(f"stopped with {did.left} answers to go; --resume goes on in {spec.out}")
        if did.over is not None and not signals.code:
            raise did.over
        return signals.code or int(bool(did.why))
    if not spec.quiet:
        speed = f", {did.tokens / did.seconds:.1f} tok/s" if did.seconds else ""
        drawn = f"{did.answers} answers, {did.tokens} tokens drawn{speed}"
        say(f"{drawn}; see `ttc bench report {spec.out}`")
    sys.stdout.write(f"{spec.out}\n")
    return 0


Folders = Annotated[list[Path], arg("DIR...", "Folders that `bench run` wrote.")]


@app.command()
def report(
    folders: Folders,
    as_json: Json = False,
    markdown: Annotated[bool, opt("--markdown", "Markdown tables.")] = False,
    picture: Annotated[str, opt(
        "--picture", "Accuracy against tokens, as .png or .svg; `-` draws it here.", metavar="FILE",
        show_default=False)] = "",
) -> None:  # fmt: skip
    """Accuracy, cost and coverage of every configuration, and differences from the first.

    Intervals are of 95%; p is the exact test of McNemar (sign-flip permutation).
    """
    from ttc_cli.bench import tables
    from ttc_cli.bench.charts import draw
    from ttc_cli.bench.report import build, chart, load

    if as_json + markdown + bool(picture) > 1:
        raise UsageError("--json, --markdown and --picture exclude each other", "give one of them")
    results = load(folders)
    built = build(results)
    if as_json:
        print_json(built)
    elif picture:
        draw(chart(results, built), picture)
    else:
        sys.stdout.write((tables.markdown if markdown else tables.text)(built))


@app.command()
def fit(
    folders: Folders,
    least: Annotated[float, opt(
        "--least", "Gain of a doubling that is worth it, in points.", min=0)] = 1.0,
    seed: Annotated[int, opt("--seed", "Of resampling.", min=0)] = 0,
    as_json: Json = False,
    picture: Annotated[str, opt(
        "--picture", "Points and lines, as .png or .svg; `-` draws them here.", metavar="FILE",
        show_default=False)] = "",
    page: Annotated[Path | None, opt(
        "--html", "All of it as one page that needs no network.", metavar="FILE")] = None,
) -> None:  # fmt: skip
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
