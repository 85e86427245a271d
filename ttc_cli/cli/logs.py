"""`ttc logs`: past runs, and those under way in the background."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ttc_cli.cli.help import Json, tree
from ttc_cli.cli.output import print_json
from ttc_cli.cli.process import caught
from ttc_cli.core.errors import TtcError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ttc_cli.store.log import Log
    from ttc_cli.store.runs import Run

app = tree(help="List, show, replay, rate, export and remove past runs.", usual="list")

RunId = Annotated[
    str | None,
    typer.Argument(metavar="[ID]", help="A run, or how its id begins; by default the last."),
]
LOOK_SECONDS = 0.1


def opened(*, make: bool = False) -> Log:
    """The run log."""
    from ttc_cli.settings import log_dir
    from ttc_cli.store.log import Log

    return Log(log_dir(), make=make)


@app.command("list")
def list_runs(
    number: Annotated[int, typer.Option("-n", "--number", help="How many; 0 for all.", min=0)] = 20,
    search: Annotated[
        str | None, typer.Option("--search", help="Only with this text in question or answer.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="Only since 90m, 12h, 7d, 4w or a date.")
    ] = None,
    model: Annotated[str, typer.Option("-m", "--model", help="Only of this model.")] = "",
    effort: Annotated[str, typer.Option("-e", "--effort", help="Only with this effort.")] = "",
    command: Annotated[
        str,
        typer.Option("--command", help="Only of ask, chat or map; without, all but map's."),
    ] = "",
    as_json: Json = False,
) -> None:
    """Runs, the newest first; those of map only when they are asked for."""
    from ttc_cli.views import runs as view
    from ttc_cli.views.text import table

    with opened() as log:
        found = log.runs(
            limit=number or None,
            search=search,
            since=_since(since),
            only=(model, effort, command, "" if command else "map"),
        )
    if as_json:
        print_json([view.as_json(run) for run in found])
    elif not found:
        typer.echo("no such runs" if search or since else "no runs yet", err=True)
    elif sys.stdout.isatty():
        columns = os.get_terminal_size(sys.stdout.fileno()).columns or 80
        for line in table(view.COLUMNS, [view.row(run) for run in found], columns):
            typer.echo(line)
    else:
        for run in found:
            typer.echo("\t".join(view.row(run)))


def _since(text: str | None) -> float | None:
    from ttc_cli.cli.inputs import moment

    return None if text is None else moment(text, "--since")


@app.command()
def show(
    run_id: RunId = None,
    as_tree: Annotated[
        bool, typer.Option("--tree", help="The branches, as the tree that a search grew.")
    ] = False,
    form: Annotated[
        str, typer.Option("--format", help="Of the tree: text, dot (Graphviz) or mermaid.")
    ] = "text",
    as_json: Json = False,
) -> None:
    """All that is known of a run."""
    from ttc_cli.views import runs as view

    with opened() as log:
        run = log.get(run_id)
        if as_tree or form != "text":
            for line in _tree(log, run, form):
                typer.echo(line)
            return
        result = log.result(run)
        if as_json:
            texts = [{"name": name, "text": text} for name, text in log.texts(run)]
            value = {**view.as_json(run), "documents": texts, "request": run.request}
            print_json({**value, "result": result})
            return
    for line in view.details(run, result):
        typer.echo(line)


def _tree(log: Log, run: Run, form: str) -> Sequence[str]:
    """The branches of a run as lines; as a graph only where a search grew them.

    Raises:
        UsageError: a form that there is not, or a run without a search.
    """
    from ttc_cli.views.traces import FORMATS, traces, tree

    if form == "text":
        return tree(traces(event for _, event in log.events(run)))
    if form not in FORMATS:
        raise UsageError(f"no format is called {form!r}", f"text, {', '.join(FORMATS)}")
    grown = ((log.result(run) or {}).get("ttc") or {}).get("tree")
    if not grown:
        raise UsageError(f"run {run.id[:12]} is no search: it grew no tree", "ask with -S beam")
    return FORMATS[form](grown).splitlines()


@app.command()
def rate(
    run_id: Annotated[str, typer.Argument(metavar="ID", help="A run, or how its id begins.")],
    rating: Annotated[str, typer.Argument(metavar="good|bad", help="What you think of it.")],
) -> None:
    """Say whether an answer was good or bad; `stats` and `export` go by it."""

    if rating not in ("good", "bad"):
        raise UsageError(f"a run is rated good or bad, not {rating!r}", "give one of them")
    with opened() as log:
        log.rate(log.get(run_id), rating)


@app.command("rm")
def remove(
    run_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Runs, or how their ids begin.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All runs.")] = False,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Ask nothing.")] = False,
) -> None:
    """Forget runs."""

    if bool(run_ids) == everything:
        raise UsageError("say which runs to forget", "give their ids, or --all")
    with opened() as log:
        found = log.runs() if everything else [log.get(one) for one in run_ids or ()]
        if everything and not yes:
            typer.confirm(f"forget {len(found)} runs?", abort=True, err=True)
        log.remove(run.id for run in found)


@app.command()
def wait(
    run_id: RunId = None,
    as_json: Json = False,
    extract: Annotated[
        bool, typer.Option("-x", "--extract", help="Only the short form of the answer.")
    ] = False,
) -> None:
    """Wait for a run, print its answer, and leave with its exit code."""
    with opened() as log:
        run = log.get(run_id)
        while run.standing == "running":
            time.sleep(LOOK_SECONDS)
            run = log.get(run.id)
        if run.state == "running":  # it may have ended between two looks
            run = log.get(run.id)
        result = log.result(run)
    _ended_well(run)
    if result is not None:
        from ttc_cli.cli.background import wanted
        from ttc_cli.cli.delivery import deliver, presented

        how = replace(wanted(run), as_json=as_json, extract=extract, output=None)
        deliver(presented(result, how), how, shown=False)
    raise typer.Exit(run.exit or 0)


def _ended_well(run: Run) -> None:
    """Raise what a run failed with, or that its process is no more."""

    if run.state == "running":
        why = "the machine was restarted" if run.fate == "rebooted" else "its process was ended"
        raise TtcError(f"{run.id} is lost: {why} before it was done", f"ttc again {run.id}")
    if run.error:
        error = TtcError(run.error, run.hint)
        error.exit_code = run.exit or 1
        raise error


@app.command(hidden=True)
def work(run_id: Annotated[str, typer.Argument(metavar="ID", help="A run.")]) -> None:
    """Do what `ttc ask --detach` began."""

    with caught() as signals:
        from ttc_cli.cli.ask import run as ask
        from ttc_cli.cli.background import taken_up

        with opened() as log:
            given, known = taken_up(log, log.get(run_id))
        raise typer.Exit(ask(given, (), signals, known))


@app.command()
def replay(
    run_id: RunId = None,
    speed: Annotated[
        float, typer.Option("--speed", help="Times as fast as it was; 0 waits for nothing.", min=0)
    ] = 1.0,
) -> None:
    """Show a run once more as it happened."""
    from ttc_cli.cli.delivery import look
    from ttc_cli.settings import Flags, load
    from ttc_cli.views.live import make

    with opened() as log:
        run = log.get(run_id)
        events = list(log.events(run))
    if not events:  # it is under way, or was lost
        raise UsageError(f"{run.id} has no events", f"it is {run.standing}")
    before = events[0][0]
    view = make(look(load(), Flags()), sys.stdout, sys.stderr, lambda: before)
    try:
        for seconds, event in events:
            if speed and seconds > before:
                time.sleep((seconds - before) / speed)
            before = seconds
            view(event)
    finally:
        view.end()


@app.command()
def export(
    form: Annotated[str, typer.Option("--format", help="sft, dpo, steps or grpo.")] = "sft",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The file; by default stdout.")
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            help="What makes a trace verified: any of feedback, verifier, agreement (commas).",
        ),
    ] = "feedback,verifier,agreement",
    min_agreement: Annotated[
        float, typer.Option("--min-agreement", help="Votes that count.", min=0, max=1)
    ] = 0.75,
    min_score: Annotated[
        float, typer.Option("--min-score", help="Scores that pass.", min=0, max=1)
    ] = 0.5,
    thoughts: Annotated[
        bool, typer.Option("--thoughts/--no-thoughts", help="Keep thoughts in replies.")
    ] = True,
    since: Annotated[
        str | None, typer.Option("--since", help="Only since 90m, 12h, 7d, 4w or a date.")
    ] = None,
) -> None:
    """Write verified runs as training data (JSONL) in the forms that trl and axolotl read."""
    from ttc_cli.cli.exporting import export as write

    with opened() as log:
        write(log, form, output, by, min_agreement, min_score, thoughts, _since(since))
