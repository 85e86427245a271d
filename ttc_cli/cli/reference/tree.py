"""The command tree as plain values, with what each flag and argument takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ttc_cli.cli.app import HIDDEN, named
from ttc_cli.settings.flags import FLAGS
from ttc_cli.settings.options import SETTINGS

BY_FLAG = {flag: row for row in (*SETTINGS.values(), *FLAGS.values())
           for flag in row.names if flag.startswith("--")}  # fmt: skip
_OF = (
    ("models", "models", "pull show rm alias default"),
    ("config", "settings", "get set unset"),
    ("templates", "templates", "show edit rm"),
    ("logs", "runs", "show replay rate wait rm"),
)
ARGUMENT_KINDS = {
    "again": "runs", "config set value": "value:", "models alias name": "",
    "models add ref": "files",
} | {
    f"{group} {name}": kind for group, kind, names in _OF for name in names.split()
}  # fmt: skip
"""Kinds of values of a command's arguments, by its path, or of one by path and name."""


@dataclass(frozen=True, slots=True)
class Param:
    """A flag, or an argument (then `names` is empty).

    Args:
        names: as they are typed, short ones first: "-e", "--effort".
        metavar: what it takes, in capitals; "" for a switch. about: one line for people.
        words: the words it takes, where there are few.
        kind: of values that `cli.values` lists, or "files"; "" for any text. To one that ends in
            a colon the word before is added.
    """

    names: tuple[str, ...]
    metavar: str
    about: str
    words: tuple[str, ...] = ()
    kind: str = ""

    @property
    def takes(self) -> str:
        """What it takes as completion has it: "= words", a kind of values, or "any"."""
        return "= " + " ".join(self.words) if self.words else self.kind or "any"


@dataclass(frozen=True, slots=True)
class Command:
    """A command, or a group of them.

    Args:
        path: without the program's own name.
        usual: the path of the command that runs where none of `children` is named.
    """

    path: tuple[str, ...]
    about: str
    details: str
    flags: tuple[Param, ...] = ()
    arguments: tuple[Param, ...] = ()
    children: tuple[Command, ...] = ()
    usual: tuple[str, ...] = ()

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
        return [*self.arguments, *(f for f in self.flags if f.names[-1] != "--help")]

    def offered(self) -> tuple[dict[str, str], dict[str, str]]:
        """(what may follow it with a line on each, what its flags and arguments take).

        A group takes the flags of its usual command too. Arguments go by their number, the first
        by "".
        """
        flags = self.flags + (self.child(self.usual[-1]).flags if self.usual else ())
        names = {child.path[-1]: child.about for child in self.children}
        names |= {name: flag.about for flag in flags for name in flag.names}
        takes = {name: flag.takes for flag in flags if flag.metavar for name in flag.names}
        arguments = zip(("", "2", "3"), self.arguments, strict=False)
        return names, takes | {nth: one.takes for nth, one in arguments if one.kind or one.words}

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
    name = path[-1] if path else "ttc"
    context = command.make_context(name, [], parent=above, resilient_parsing=True)
    names = command.list_commands(context) if hasattr(command, "list_commands") else []
    children = [(name, command.get_command(context, name)) for name in names]
    params = [p for p in command.get_params(context) if not getattr(p, "hidden", False)]
    usual = getattr(command, "usual", "") if path else "ask"
    first, *rest = str(command.help or "").strip().split("\n\n")
    return Command(
        path, _line(first), "\n\n".join(_line(part) for part in rest if part.strip()),
        tuple(_flag(p) for p in params if p.param_type_name == "option"),
        tuple(_argument(p, path) for p in params if p.param_type_name == "argument"),
        tuple(_command(one, (*path, name), context) for name, one in children if not one.hidden),
        (*path, usual) if usual else (),
    )  # fmt: skip


def _line(text: str) -> str:
    return " ".join(text.split())


def _taken(param: Any) -> tuple[tuple[str, ...], str]:
    """(the few words that a parameter takes, the kind of values), by the table where it can."""
    row = next((BY_FLAG[name] for name in param.opts if name in BY_FLAG), None)
    choices = getattr(param.type, "choices", None) or (row.rule.words if row else ())
    if "|" in (metavar := param.metavar or "") and metavar.islower():
        choices = choices or metavar.strip("[]").split("|")
    files = param.type.name in ("path", "file", "filename") or "PATH" in (param.metavar or "")
    return tuple(map(str, choices)), "files" if files else row.complete if row else ""


def _flag(param: Any) -> Param:
    shown = [n for n in (*param.opts, *param.secondary_opts) if f", {n}" not in HIDDEN]
    names, about = (
        tuple(sorted(shown, key=lambda n: n.startswith("--"))),
        _line(named(param.help or "")),
    )
    if param.is_flag or param.count:
        return Param(names, "", about)
    number = {"int": "N", "integer": "N", "float": "X"}.get(param.type.name)
    metavar = param.metavar or number or param.name.upper().replace("_", "-")
    return Param(names, metavar, about, *_taken(param))


def _argument(param: Any, path: tuple[str, ...]) -> Param:
    many, (words, kind) = param.nargs == -1, _taken(param)
    name = param.metavar or param.name.upper() + "..." * many
    name = name if param.required or name.startswith("[") else f"[{name}]"
    at = " ".join(path)
    kind = ARGUMENT_KINDS.get(f"{at} {param.name}", ARGUMENT_KINDS.get(at, kind))
    return Param((), name, _line(getattr(param, "help", "") or ""), words, kind)
