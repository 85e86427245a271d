"""The command tree. A command's module is imported when the command runs: start is quick."""

from __future__ import annotations

import importlib
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from ttc_cli.cli.help import tree

COMMANDS = {
    "ask": "Answer a question (also without a command's name).",
    "map": "One prompt over every line or JSON record; resumable.",
    "chat": "Talk: many turns, one loaded model.",
    "serve": "Answer other programs: an OpenAI-compatible endpoint.",
    "again": "Ask the last question once more, with more effort.",
    "logs": "Past runs: list, show, replay, rate, export, wait for.",
    "stats": "What was asked, what it cost, how long it took.",
    "models": "The models on this machine and those that can be fetched.",
    "bench": "Run strategies over a data set; accuracy, tokens, seconds.",
    "templates": "Saved prompts with variables.",
    "cache": "Results, samples and evaluated prompts that are kept.",
    "config": "Show and change settings, and where each comes from.",
    "doctor": "What is installed, what is slow or broken here, what to do about it.",
    "plugins": "Strategies and verifiers that other packages add.",
    "completion": "Print a shell's completion script.",
    "prm": "Train a step verifier on your own model; judge verifiers.",
    "plan": "Test-time compute, a larger model, or training: what costs least.",
    "calibrate": "Measure how this machine runs a model best, and keep it.",
}
"""Name: one line of help. Each is a module beside this one, with a `help.tree` called `app`."""


class Commands(TyperGroup):
    """Commands by name, imported one at a time."""

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        command = get_command(importlib.import_module(f"ttc_cli.cli.{cmd_name}").app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The table, without importing what it names."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


app = tree(
    name="ttc",
    cls=Commands,
    help="Make a small local model reason better by spending compute at answer time.",
    epilog='`ttc "a question"` is `ttc ask "a question"`.',
    no_args_is_help=True,
)


@app.callback()
def root(
    version: bool = typer.Option(False, "--version", help="Print the version and leave."),
) -> None:
    """Make a small local model reason better by spending compute at answer time."""
