"""Help as plain text, flags grouped by what they are about: ready 100 ms before Rich is."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

HIDDEN = (", --reasoning-effort",)
"""Names that work and are not shown."""
HELP = ("-h", "--help")
Json = Annotated[bool, typer.Option("--json", help="One JSON value.")]


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


def tree(cls: type[TyperGroup] = Listed, usual: str = "", **given: Any) -> typer.Typer:
    """A command, or a group of them, as every module of this folder offers one.

    Args:
        usual: the command of a group that runs when none is named.
    """
    if usual:
        cls = type("Usual", (cls,), {"usual": usual})
    return typer.Typer(
        cls=cls,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": list(HELP)},
        **given,
    )


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
        """Write the sections, in the order in which the flags first name them."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            if row := param.get_help_record(ctx):
                names, about = row[0], named(row[1])
                for alias in HIDDEN:
                    names = names.replace(alias, "")
                section = getattr(param, "rich_help_panel", None) or "Help"
                sections.setdefault(section, []).append((names, about))
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl(rows)
