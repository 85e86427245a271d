"""`ttc map`: one prompt over many records."""

from __future__ import annotations

from typing import Annotated

import typer

from ttc_cli.cli.help import Grouped, tree
from ttc_cli.cli.options import Given, opt, takes
from ttc_cli.cli.signals import caught
from ttc_cli.cli.start import hello
from ttc_cli.settings.options import INPUT, OUTPUT

app = tree()


@app.command(cls=Grouped)
@takes("map")
def map(  # noqa: A001 - the command's name
    given: Given,
    prompt: Annotated[
        str | None,
        typer.Argument(
            metavar="[PROMPT]",
            help="With {line}, or {name} for a field of a JSON record; {{name}} is not filled."
            " With -t it may be left out.",
            show_default=False,
            rich_help_panel=INPUT,
        ),
    ] = None,
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE]",
            help="Lines or JSON records; `-`, the default, is stdin.",
            show_default=False,
            rich_help_panel=INPUT,
        ),
    ] = None,
    jsonl_input: Annotated[
        bool | None,
        opt(
            "--jsonl-input/--line-input",
            help="What the lines are; by default JSON if the name ends in .jsonl or the first"
            " character is {.",
            panel=INPUT,
        ),
    ] = None,
    field: Annotated[
        str, opt("--field", metavar="NAME", help="Name of the answer in a result.", panel=OUTPUT)
    ] = "answer",
    resume: Annotated[
        bool, opt("--resume", help="Go on with the -o file of a run that ended.", panel=OUTPUT)
    ] = False,
    unordered: Annotated[
        bool, opt("--unordered", help="Results as they come, not in input order.", panel=OUTPUT)
    ] = False,
    fail_fast: Annotated[
        bool, opt("--fail-fast", help="Stop at the first bad record.", panel=OUTPUT)
    ] = False,
) -> None:
    """Ask one prompt about every line or JSON record of FILE.

    With -t the prompt is a saved one: -p gives its variables, or else a record's fields do, and
    PROMPT, or else the line, its {input}.

    Many records are answered at once. Each gives a line of JSON on stdout, in input order: its
    fields and the answer, or an error, which makes the exit code 1. Blank lines are left out.
    With -o a run that was killed goes on with --resume; nothing is lost or done twice.

    Examples: ttc map "Translate to French: {line}" words.txt ·
    ttc map -x -o out.jsonl "{question}" gsm8k.jsonl
    """
    with caught() as signals:
        if not given.flags.quiet:
            hello()
        from ttc_cli.cli.mapping import Over, run

        if (
            given.flags.template is not None and file is None
        ):  # one word: the template is the prompt
            prompt, file = None, prompt
        over = Over(prompt or "", file or "-", jsonl_input, field, resume, unordered, fail_fast)
        raise typer.Exit(run(given, over, signals))
