"""The command tree, and its help as plain text: ready 100 ms before Rich is.

A command's module is imported when the command runs: start is quick. Flags are grouped by what they
are about."""

from __future__ import annotations

import importlib
from typing import Annotated, Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

HIDDEN = (", --reasoning-effort",)  # names that work and are not shown
HELP = ("-h", "--help")


def opt(names: str, help: str, panel: str = "", **more: Any) -> Any:  # noqa: A002 - Typer's word
    """An option of one command alone: its flags, its help, the panel of the help."""
    return typer.Option(*names.split(), help=help, rich_help_panel=panel or None, **more)


def arg(metavar: str, help: str, **more: Any) -> Any:  # noqa: A002 - as typer names it
    """An argument; without a metavar it is its name in capitals."""
    return typer.Argument(metavar=metavar or None, help=help, **more)


Json = Annotated[bool, opt("--json", "One JSON value.")]
Yes = Annotated[bool, opt("-y --yes", "Ask nothing.")]
Since = Annotated[str | None, opt("--since", "Only since 90m, 12h, 7d, 4w or a date.")]
RunId = Annotated[str | None, arg("[ID]", "A run, or how its id begins; by default the last.")]


def named(text: str) -> str:
    """Put the names that there are into an option's help: only who reads it waits for them."""
    if "{strategies}" in text:
        from ttc_cli.strategies.registry import BUILTIN

        return text.replace("{strategies}", ", ".join(BUILTIN))
    if "{verifiers}" in text:
        from ttc_cli.verifiers.registry import USAGES

        return text.replace("{verifiers}", ", ".join(USAGES))
    return text


class Listed(TyperGroup):
    """A group whose help has the whole first sentence of each command's.

    `usual` is the command that runs when none is named; empty for the help.
    """

    usual = ""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the usual command's name ahead of its flags, where none was given."""
        flags = not args or (args[0].startswith("-") and args[0] not in HELP)
        return super().parse_args(ctx, [self.usual, *args] if self.usual and flags else args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, each with as many lines as its sentence takes."""
        commands = [self.commands[name] for name in self.list_commands(ctx)]
        rows = [(c.name, c.get_short_help_str(limit=1000)) for c in commands if not c.hidden]
        rows = [(n, f"{said} The usual one." if n == self.usual else said) for n, said in rows]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
        if self.usual:
            for title, found in sections(self.commands[self.usual], ctx, "Options").items():
                if kept := [row for row in found if HELP[-1] not in row[0]]:
                    with formatter.section(f"{title} ({self.usual})"):
                        formatter.write_dl(kept)


def sections(command: Any, ctx: Any, other: str) -> dict[str, list[tuple[str, str]]]:
    """The help of a command's flags by its panels, in the order in which the flags first name them.

    `other` is the section of those without a panel.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for param in command.get_params(ctx):
        if row := param.get_help_record(ctx):
            names, about = row[0], named(row[1])
            for alias in HIDDEN:
                names = names.replace(alias, "")
            section = getattr(param, "rich_help_panel", None) or other
            found.setdefault(section, []).append((names, about))
    return found


def tree(cls: type[TyperGroup] = Listed, usual: str = "", **given: Any) -> typer.Typer:
    """A command, or a group of them; `usual` is the one that runs when none is named."""
    if usual:
        cls = type("Usual", (cls,), {"usual": usual})
    return typer.Typer(
        cls=cls, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
        context_settings={"help_option_names": list(HELP)}, **given,
    )  # fmt: skip


class Filled(TyperCommand):
    """A command whose help names what there is, see `named`."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write them as every command does."""
        for param in self.params:
            if isinstance(param, TyperArgument | TyperOption):
                param.help = named(param.help or "")
        super().format_options(ctx, formatter)


class Grouped(TyperCommand):
    """A command whose help has a section for each `rich_help_panel` of its flags.

    An option whose metavar is two words takes two, which Typer has no annotation for.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for param in self.params:
            if param.metavar == "KEY VALUE":
                param.nargs = 2

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the sections."""
        for title, rows in sections(self, ctx, "Help").items():
            with formatter.section(title):
                formatter.write_dl(rows)


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
}  # name: one line of help. Each is a module beside this one, with a `tree` called `app`.


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
