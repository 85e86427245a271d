"""The command tree. Commands import what they need when they run, so that help is quick."""

from __future__ import annotations

import typer

from ttc_cli.cli import again, ask, bench, calibrate, models
from ttc_cli.cli.help import Grouped

app = typer.Typer(
    name="ttc",
    help="Make a small local model reason better by spending compute at answer time.",
    epilog='`ttc "a question"` is `ttc ask "a question"`.',
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("ask", cls=Grouped)(ask.ask)
app.command("again")(again.again)
app.command("calibrate")(calibrate.calibrate)
app.add_typer(models.app, name="models")
app.add_typer(bench.app, name="bench")

COMMANDS = frozenset({"again", "ask", "bench", "calibrate", "models"})


@app.callback()
def root(
    version: bool = typer.Option(False, "--version", help="Print the version and leave."),
) -> None:
    """Make a small local model reason better by spending compute at answer time."""
