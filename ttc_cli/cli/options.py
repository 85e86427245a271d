"""The options of a command, made from the table in `settings.options`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from ttc_cli.settings.flags import FLAGS, Flags
from ttc_cli.settings.options import PANELS, SETTINGS
from ttc_cli.settings.rules import Option

Body = Callable[..., None]
TYPES = {"text": str, "choice": str, "whole": int, "number": float, "switch": bool,
         "texts": list[str], "pairs": list[str]}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Given:
    """What was said on a command line: settings by name, and flags that are no settings."""

    settings: dict[str, Any]
    flags: Flags


def takes(command: str = "", *, names: Sequence[str] = ()) -> Callable[[Body], Body]:
    """Give a command's function the options that the table has for it, behind its own.

    The function's first parameter is a `Given`. `names` are of settings that the command takes
    besides what the rows say.
    """

    def wrap(body: Body) -> Body:
        table = {**SETTINGS, **FLAGS}
        offered = [name for name, row in table.items() if command in row.on]
        offered.sort(key=lambda name: PANELS.index(table[name].panel))
        rows = {name: table[name] for name in names or offered}

        def run(**said: Any) -> None:
            taken = {name: _value(row, said.pop(name)) for name, row in rows.items()}
            given = {name: value for name, value in taken.items() if value is not None}
            settings = {name: value for name, value in given.items() if name in SETTINGS}
            flags = {name: value for name, value in given.items() if name in FLAGS}
            body(Given(settings, Flags(**flags)), **said)

        own = list(inspect.signature(body, eval_str=True).parameters.values())[1:]
        own = [param.replace(kind=param.KEYWORD_ONLY) for param in own]
        made = [_parameter(name, row) for name, row in rows.items()]
        run.__signature__ = inspect.Signature([*own, *made])  # type: ignore[attr-defined]  # read by Typer
        run.__name__, run.__doc__ = body.__name__, body.__doc__
        return run

    return wrap


def _parameter(name: str, row: Option) -> inspect.Parameter:
    kind: Any = str if row.rule.words else TYPES[row.rule.kind]
    if row.complete == "files" and row.rule.kind == "text" and not row.takes:
        kind = Path
    if any(flag.startswith("--no-") or "/" in flag for flag in row.names):
        kind = bool
    shown = typer.Option(
        *row.names, help=row.help, rich_help_panel=row.panel, metavar=row.takes or None
    )
    kind = Annotated[kind | None, shown]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)


def _value(row: Option, said: Any) -> Any:
    """What was said, as the setting takes it; None when nothing was."""
    if said is None or said == []:
        return None
    if row.names[-1].startswith("--no-"):
        return False
    if row.takes == "KEY VALUE":
        return tuple((pair[0], pair[1]) for pair in said)
    return tuple(said) if row.rule.kind == "texts" else said


def filled(settings: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """The settings, with others where nothing was said."""
    return {**settings, **{k: v for k, v in others.items() if settings.get(k) is None}}
