"""`ttc logs`: past runs, and those under way in the background."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ttc_cli.cli.app import Json, RunId, Since, Yes, arg, opt, tree
from ttc_cli.cli.inputs import moment
from ttc_cli.cli.output import check_place, confirm_deletion, print_json, print_table, write_file
from ttc_cli.cli.process import caught
from ttc_cli.core.errors import TtcError, UsageError
from ttc_cli.core.text import counted
from ttc_cli.settings import Flags, load, log_dir
from ttc_cli.settings.rules import EFFORTS
from ttc_cli.store.log import Log
from ttc_cli.store.runs import Run
from ttc_cli.views import runs as view
from ttc_cli.views.text import to_json

app = tree(help="List, show, replay, rate, export and remove past runs.", usual="list")

LOOK_SECONDS = 0.1
COMMANDS = ("ask", "chat", "map", "serve")


def opened() -> Log:
    """The run log."""
    return Log(log_dir(), make=False)


@app.command("list")
def list_runs(
    number: Annotated[int, opt("-n --number", "How many; 0 for all.", min=0)] = 20,
    search: Annotated[str | None, opt(
        "--search", "Only with this text in question or answer.")] = None,
    since: Since = None,
    model: Annotated[str, opt("-m --model", "Only of this model.")] = "",
    effort: Annotated[str, opt("-e --effort", "Only with this effort.")] = "",
    command: Annotated[str, opt(
        "--command", "Only of this; without, all but map's.", metavar="ask|chat|map|serve")] = "",
    as_json: Json = False,
) -> None:  # fmt: skip
    """Runs, the newest first; those of map only when they are asked for."""
    for given, known in ((effort, EFFORTS), (command, COMMANDS)):
        if given and given not in known:
            raise UsageError(f"no such runs: there is no {given!r}", f"give {', '.join(known)}")
    with opened() as log:
        found = log.runs(
            limit=number or None,
            search=search,
            since=moment(since),
            only=(model, effort, command, "" if command else "map"),
        )
        any_run = bool(found or log.runs(limit=1))
    if as_json:
        print_json([view.as_json(run) for run in found])
    elif not found:
        typer.echo("no such runs" if any_run else "no runs yet", err=True)
    else:
        print_table(view.COLUMNS, list(map(view.row, found)))


@app.command()
def show(
    run_id: RunId = None,
    as_tree: Annotated[bool, opt(
        "--tree", "The branches, as the tree that a search grew.")] = False,
    form: Annotated[str, opt(
        "--format", "Of the tree; dot is Graphviz's.", metavar="text|dot|mermaid")] = "text",
    as_json: Json = False,
) -> None:  # fmt: skip
    """All that is known of a run."""
    with opened() as log:
        run = log.get(run_id)
        if as_tree or form != "text":
            for line in _tree(log, run, form):
                typer.echo(line)
            return
        result = log.result(run)
        if as_json:
            texts = [{"name": name, "text": text} for name, text in log.texts(run)]
            more = {"documents": texts, "request": run.request, "result": result}
            print_json({**view.as_json(run), **more})
            return
    for line in view.details(run, result):
        typer.echo(line)


def _tree(log: Log, run: Run, form: str) -> Sequence[str]:
    """The branches of a run as lines; as a graph only where a search grew them."""
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
    run_id: Annotated[str, arg("ID", "A run, or how its id begins.")],
    rating: Annotated[str, arg("good|bad", "What you think of it.")],
) -> None:
    """Say whether an answer was good or bad; `stats` and `export` go by it."""
    if rating not in ("good", "bad"):
        raise UsageError(f"a run is rated good or bad, not {rating!r}", "give one of them")
    with opened() as log:
        log.rate(log.get(run_id), rating)


@app.command("rm")
def remove(
    run_ids: Annotated[list[str] | None, arg("[ID]...", "Runs, or how their ids begin.")] = None,
    everything: Annotated[bool, opt("--all", "All runs.")] = False,
    yes: Yes = False,
) -> None:
    """Forget runs."""
    if bool(run_ids) == everything:
        raise UsageError("say which runs to forget", "give their ids, or --all")
    with opened() as log:
        found = log.runs() if everything else [log.get(one) for one in run_ids or ()]
        if everything and found:
            confirm_deletion(counted(len(found), "run"), yes)
        log.remove(run.id for run in found)


@app.command()
def wait(
    run_id: RunId = None,
    as_json: Json = False,
    extract: Annotated[bool, opt("-x --extract", "Only the short form of the answer.")] = False,
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
    if run.state == "running":
        why = "the machine was restarted" if run.fate == "rebooted" else "its process was ended"
        raise TtcError(f"{run.id} is lost: {why} before it was done", f"ttc again {run.id}")
    if run.error:
        error = TtcError(run.error, run.hint)
        error.exit_code = run.exit or 1
        raise error
    if result is not None:
        from ttc_cli.cli.delivery import deliver, presented
        from ttc_cli.cli.logged import wanted

        how = replace(wanted(run), as_json=as_json, extract=extract, output=None)
        deliver(presented(result, how), how, shown=False)
    raise typer.Exit(run.exit or 0)


@app.command(hidden=True)
def work(run_id: Annotated[str, arg("ID", "A run.")]) -> None:
    """Do what `ttc ask --detach` began."""
    with caught() as signals:
        from ttc_cli.cli.ask import run as ask
        from ttc_cli.cli.logged import asked_before, wanted
        from ttc_cli.cli.options import Given

        with opened() as log:
            run = log.get(run_id)
            settings, known = asked_before(log, run)
        raise typer.Exit(ask(Given(settings, wanted(run)), (), signals, replace(known, run=run.id)))


@app.command()
def replay(
    run_id: RunId = None,
    speed: Annotated[float, opt(
        "--speed", "Times as fast as it was; 0 waits for nothing.", min=0)] = 1.0,
) -> None:  # fmt: skip
    """Show a run once more as it happened."""
    from ttc_cli.cli.delivery import viewed

    with opened() as log:
        run = log.get(run_id)
        events = list(log.events(run))
    if not events:  # it is under way, or was lost
        raise UsageError(f"{run.id} has no events", f"it is {run.standing}")
    before = events[0][0]
    view = viewed(load(), Flags(), lambda: before)
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
    form: Annotated[str, opt(
        "--format", "For what training.", metavar="sft|dpo|steps|grpo")] = "sft",
    output: Annotated[Path | None, opt("-o --output", "The file; by default stdout.")] = None,
    by: Annotated[str, opt(
        "--by", "What makes a trace verified: any of feedback, verifier, agreement (commas)."
    )] = "feedback,verifier,agreement",
    min_agreement: Annotated[float, opt(
        "--min-agreement", "Votes that count.", min=0, max=1)] = 0.75,
    min_score: Annotated[float, opt("--min-score", "Scores that pass.", min=0, max=1)] = 0.5,
    thoughts: Annotated[bool, opt("--thoughts/--no-thoughts", "Keep thoughts in replies.")] = True,
    since: Since = None,
) -> None:  # fmt: skip
    """Write verified runs as training data (JSONL) in the forms that trl and axolotl read."""
    from ttc_cli.verifiers.registry import ranks_only
    from ttc_cli.views.export import FORMATS, WAYS, Criteria, Logged, rows

    ways = tuple(way.strip() for way in by.split(","))
    if form not in FORMATS:
        raise UsageError(f"no format is called {form!r}", f"give one of {', '.join(FORMATS)}")
    if wrong := [way for way in ways if way not in WAYS]:
        raise UsageError(f"--by does not take {wrong[0]!r}", f"give any of {', '.join(WAYS)}")
    if output is not None:
        check_place(output)
    logged = []
    with opened() as log:
        for run in reversed(log.runs(since=moment(since))):
            if (result := log.result(run)) is not None and run.ours["cache"] != "hit":
                events = tuple(event for _, event in log.events(run))
                logged.append(Logged(run, log.texts(run), log.turns(run)[:-1], result, events))
    criteria = Criteria(ways, min_agreement, min_score, ranks_only)
    found = rows(logged, form, criteria, thoughts=thoughts)
    lines = [to_json(row, out=sys.stdout) + "\n" for row in found]
    if output is None:
        sys.stdout.writelines(lines)
    else:
        write_file(output, lines)
    written, runs = counted(len(lines), "row"), counted(len(logged), "run")
    sys.stderr.write(f"{written} of {form} from {runs} with an answer\n")
