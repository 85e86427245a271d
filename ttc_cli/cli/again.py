"""`ttc again`: the last question, or another one from the log, once more."""

from __future__ import annotations

import typer

from ttc_cli.cli.app import Grouped, RunId, tree
from ttc_cli.cli.options import Given, takes
from ttc_cli.cli.process import caught

app = tree()


@app.command(cls=Grouped)
@takes("again")
def again(given: Given, run_id: RunId = None) -> None:
    """Ask the last question, or that of a run, once more.

    With another effort, number of samples or model the seed stays, so that what was drawn is
    used again; otherwise the seed counts up, for another answer.
    """
    with caught() as signals:
        from dataclasses import replace

        from ttc_cli.cli.ask import run
        from ttc_cli.cli.logged import asked_before
        from ttc_cli.settings import log_dir
        from ttc_cli.store.log import Log

        with Log(log_dir(), make=False) as log:
            said, known = asked_before(log, log.get(run_id, asked=True))
        if not given.settings and known.settings["seed"] != "random":
            seed = int(known.settings["seed"]) + 1
            known = replace(known, settings={**known.settings, "seed": seed})
        raise typer.Exit(run(Given(said | given.settings, given.flags), (), signals, known))
