"""`ttc again`: the last question, or another one from the log, once more."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from ttc_cli.cli.help import tree
from ttc_cli.cli.signals import caught

app = tree()


@app.command()
def again(
    run_id: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="A run in the log; by default the last."),
    ] = None,
    effort: Annotated[
        str | None, typer.Option("-e", "--effort", help="low, medium, high or max.")
    ] = None,
    samples: Annotated[int | None, typer.Option("-n", "--samples", help="Branches.")] = None,
    model: Annotated[str | None, typer.Option("-m", "--model", help="Another model.")] = None,
    seed: Annotated[
        str | None, typer.Option("--seed", help="A number, or random; see above for the default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One result object.")] = False,
    extract: Annotated[
        bool, typer.Option("-x", "--extract", help="Only the short form of the answer.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="Nothing on stderr but errors.")
    ] = False,
) -> None:
    """Ask the last question, or that of a run, once more.

    With another effort, number of samples or model the seed stays, so that what was drawn is
    used again; otherwise the seed counts up, for another answer.
    """
    with caught() as signals:
        from ttc_cli.cli.asking import Output, run
        from ttc_cli.cli.logged import asked_before
        from ttc_cli.settings import log_dir
        from ttc_cli.store.log import Log

        with Log(log_dir(), make=False) as log:
            settings, flags = asked_before(log, log.get(run_id, asked=True))
        flags = replace(flags, refresh=False)
        changed = {"effort": effort, "samples": samples, "model": model, "seed": seed}
        settings.update({k: v for k, v in changed.items() if v is not None})
        if not any(value is not None for value in changed.values()):
            before = str(settings.get("seed", 0))
            settings["seed"] = str(int(before) + 1) if before.isdecimal() else before
        how = Output(as_json, False, extract, None, quiet, False, None)
        raise typer.Exit(run(settings, flags, how, signals))
