"""The command tree as plain values, with what each flag and argument takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ttc_cli.cli.help import HIDDEN, named
from ttc_cli.settings.flags import FLAGS
from ttc_cli.settings.options import SETTINGS
from ttc_cli.settings.rules import Option

BY_FLAG = {flag: row for row in (*SETTINGS.values(), *FLAGS.values())
           for flag in row.names if flag.startswith("--")}  # fmt: skip
ARGUMENT_KINDS = {
    "models pull": "models",
    "models show": "models",
    "models rm": "models",
    "models alias": "models",
    "models default": "models",
    "templates show": "templates",
    "templates edit": "templates",
    "templates rm": "templates",
    "config get": "settings",
    "config set": "settings",
    "config unset": "settings",
    "again": "runs",
    "logs show": "runs",
    "logs replay": "runs",
    "logs rate": "runs",
    "logs wait": "runs",
    "logs rm": "runs",
}
"""Values of a command's arguments, by its path."""


@dataclass(frozen=True, slots=True)
class Param:
    """A flag, or an argument (then `names` is empty).

    Args:
        names: as they are typed, short ones first: "-e", "--effort".
        metavar: what it takes, in capitals; "" for a switch.
        about: one line for people.
        words: the words it takes, where there are few.
        kind: of values that `ttc _values KIND` lists, or "files"; "" for any text.
        panel: the section of the help it stands in.
        repeatable: may be given several times.
        required: must be given.
    """

    names: tuple[str, ...]
    metavar: str
    about: str
    words: tuple[str, ...] = ()
    kind: str = ""
    panel: str = ""
    repeatable: bool = False
    required: bool = False

    @property
    def takes(self) -> str:
        """What it takes as completion scripts say it: "= words", a kind of values, or "any"."""
        return "= " + " ".join(self.words) if self.words else self.kind or "any"

    @property
    def long(self) -> str:
        """The name to speak of it by."""
        return self.names[-1] if self.names else self.metavar


@dataclass(frozen=True, slots=True)
class Command:
    """A command, or a group of them. `path` is without the program's own name."""

    path: tuple[str, ...]
    about: str
    details: str
    flags: tuple[Param, ...] = ()
    arguments: tuple[Param, ...] = ()
    children: tuple[Command, ...] = ()

    @property
    def name(self) -> str:
        """As it is typed after `ttc`; "" for the program itself."""
        return " ".join(self.path)

    @property
    def usage(self) -> str:
        """The line that shows how it is called."""
        tail = ["COMMAND ..."] if self.children else [a.metavar for a in self.arguments]
        return " ".join(filter(None, ("ttc", self.name, "[OPTIONS]" * bool(self.flags), *tail)))

    @property
    def params(self) -> list[Param]:
        """What there is to explain: all but `--help`."""
        return [*self.arguments, *(f for f in self.flags if f.long != "--help")]

    def offered(self, usual: Command) -> tuple[list[str], list[tuple[str, str]]]:
        """(flags and commands that may follow it, what each flag and the first argument takes).

        Args:
            usual: whose flags the program itself takes too.
        """
        flags = self.flags + (() if self.path else usual.flags)
        names = [child.path[-1] for child in self.children]
        names += [name for flag in flags for name in flag.names]
        takes = [(name, flag.takes) for flag in flags if flag.metavar for name in flag.names]
        takes += [("", one.takes) for one in self.arguments[:1] if one.kind or one.words]
        return list(dict.fromkeys(names)), takes

    def child(self, name: str) -> Command:
        """The command of that name right under it."""
        return next(child for child in self.children if child.path[-1] == name)

    def walk(self) -> Iterator[Command]:
        """This command and all under it, depth first."""
        yield self
        for child in self.children:
            yield from child.walk()


def command_tree() -> Command:
    """The whole tree; imports every command's module."""
    from typer.main import get_command

    from ttc_cli.cli.app import app

    root: Any = get_command(app)
    return _command(root, (), None)


def _command(command: Any, path: tuple[str, ...], above: Any) -> Command:
    context = command.make_context(
        path[-1] if path else "ttc", [], parent=above, resilient_parsing=True
    )
    names = command.list_commands(context) if hasattr(command, "list_commands") else []
    children = [command.get_command(context, name) for name in names]
    params = [p for p in command.get_params(context) if not getattr(p, "hidden", False)]
    text = str(command.help or "").strip()
    first, _, rest = text.partition("\n\n")
    return Command(
        path,
        _line(first),
        "\n\n".join(_line(part) for part in rest.split("\n\n") if part.strip()),
        tuple(_flag(p) for p in params if p.param_type_name == "option"),
        tuple(_argument(p, path) for p in params if p.param_type_name == "argument"),
        tuple(
            _command(child, (*path, name), context)
            for name, child in zip(names, children, strict=True)
            if not child.hidden
        ),
    )


def _line(text: str) -> str:
    return " ".join(text.split())


def _words(param: Any) -> tuple[str, ...]:
    if choices := getattr(param.type, "choices", None):
        return tuple(map(str, choices))
    row = _row(param)
    return row.rule.words if row is not None else ()


def _row(param: Any) -> Option | None:
    """What the table says of a flag; None for one that stands in a command of its own."""
    return next((BY_FLAG[name] for name in param.opts if name in BY_FLAG), None)


def _kind(param: Any) -> str:
    if param.type.name in ("path", "file", "filename") or "PATH" in (param.metavar or ""):
        return "files"
    row = _row(param)
    return row.complete if row is not None else ""


def _flag(param: Any) -> Param:
    shown = [n for n in (*param.opts, *param.secondary_opts) if f", {n}" not in HIDDEN]
    switch = param.is_flag or param.count
    number = {"int": "N", "integer": "N", "float": "X"}.get(param.type.name)
    metavar = "" if switch else param.metavar or number or param.name.upper().replace("_", "-")
    return Param(
        tuple(sorted(shown, key=lambda n: n.startswith("--"))),
        metavar,
        _line(named(param.help or "")),
        () if switch else _words(param),
        "" if switch else _kind(param),
        getattr(param, "rich_help_panel", None) or "Options",
        bool(param.multiple),
    )


def _argument(param: Any, path: tuple[str, ...]) -> Param:
    many = param.nargs == -1
    name = param.metavar or param.name.upper() + "..." * many
    return Param(
        (),
        name if param.required or name.startswith("[") else f"[{name}]",
        _line(getattr(param, "help", "") or ""),
        _words(param),
        ARGUMENT_KINDS.get(" ".join(path)) or _kind(param),
        repeatable=many,
        required=bool(param.required),
    )
