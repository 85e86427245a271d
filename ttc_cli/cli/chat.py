"""`ttc chat`: a conversation."""

from __future__ import annotations

import typer

from ttc_cli.cli.app import Grouped, tree
from ttc_cli.cli.options import Given, takes
from ttc_cli.cli.process import caught, hello

app = tree()


@app.command(cls=Grouped)
@takes("chat")
def chat(given: Given) -> None:
    r"""Talk to a model: each turn costs only what is new.

    Enter sends, Alt-Enter or a `\` at the end begins another line, Ctrl-C stops an answer,
    Ctrl-D leaves; /help lists the commands. Without a terminal each line of stdin is a turn.
    """
    with caught() as signals:
        if not given.flags.quiet:
            hello()
        from ttc_cli.cli.talk import run

        raise typer.Exit(run(given, signals))
