"""`ttc ask`: one question, one answer."""

from __future__ import annotations

from typing import Annotated

import typer

from ttc_cli.cli.help import Grouped, tree
from ttc_cli.cli.options import Given, takes
from ttc_cli.cli.signals import caught
from ttc_cli.cli.start import hello
from ttc_cli.settings.options import INPUT

app = tree()


@app.command(cls=Grouped)
@takes("ask")
def ask(
    given: Given,
    prompt: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PROMPT]...",
            help="The question; `-` is stdin.",
            show_default=False,
            rich_help_panel=INPUT,
        ),
    ] = None,
) -> None:
    """Answer a question.

    stdout gets the answer and nothing else; piped text is attached ahead of the question.

    Examples: ttc "What is 17 * 23?" · ttc -e high "..." · cat notes.txt | ttc "Summarise this"
    """
    with caught() as signals:  # from here on: an import takes a while, and Ctrl-C may come
        if not (given.flags.quiet or given.flags.help_options):
            hello()
        from ttc_cli.cli.asking import run

        raise typer.Exit(run(given, tuple(prompt or ()), signals))
