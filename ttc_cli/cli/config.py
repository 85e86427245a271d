"""`ttc config`: the settings in force, where they come from, and changing them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ttc_cli.cli.help import Json, tree
from ttc_cli.cli.output import print_json
from ttc_cli.core.errors import UsageError

if TYPE_CHECKING:
    from ttc_cli.settings import Settings

app = tree(help="Show and change settings.", usual="show")

Profile = Annotated[str | None, typer.Option("--profile", help="With a named set of settings.")]
Project = Annotated[
    bool, typer.Option("--project", help="The project's .ttc.toml instead of your config.toml.")
]
Key = Annotated[
    str, typer.Argument(metavar="KEY", help="SETTING, profile.NAME.SETTING or remote.NAME.KEY.")
]


def _settings(profile: str | None = None) -> Settings:
    from ttc_cli.settings import load

    return load({"profile": profile})


def _file(project: bool) -> Path:
    from ttc_cli.settings import config_path, project_path
    from ttc_cli.settings.paths import PROJECT_FILE

    if project:
        return project_path(Path.cwd()) or Path.cwd() / PROJECT_FILE
    return config_path()


@contextmanager
def _told_of_comments(path: Path) -> Iterator[None]:
    """Say so when a write made a backup, since the comments are only there."""
    from ttc_cli.settings import backup_path

    backup = backup_path(path)
    before = backup.stat().st_mtime_ns if backup.exists() else 0
    yield
    if backup.exists() and backup.stat().st_mtime_ns != before:
        typer.echo(f"comments are lost in a write: the file as it was is {backup}", err=True)


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


@app.command()
def show(
    origin: Annotated[bool, typer.Option("--origin", help="Where each value comes from.")] = False,
    profile: Profile = None,
    as_json: Json = False,
) -> None:
    """All settings in force; what is empty is left to the model, the strategy or the machine."""
    from ttc_cli.settings import RULES

    settings = _settings(profile)
    for warning in settings.warnings:
        typer.echo(warning, err=True)
    remotes = {name: asdict(remote) for name, remote in settings.remotes.items()}
    values = {name: getattr(settings, name) for name in RULES}
    if as_json:
        rows: dict[str, Any] = {
            name: {"value": value, "origin": settings.origin(name)}
            for name, value in values.items()
        }
        print_json({"settings": rows, "remotes": remotes})
        return
    values |= {f"remote.{name}": remote["url"] for name, remote in remotes.items()}
    for name, value in values.items():
        cells = [f"{name:<16}", _text(value)]
        if origin:
            place = settings.origin(name) if name in RULES else str(_file(project=False))
            cells = [cells[0], f"{cells[1]:<24}", place]
        typer.echo("  ".join(cells).rstrip())


@app.command()
def get(
    key: Key,
    origin: Annotated[bool, typer.Option("--origin", help="Where it comes from.")] = False,
    profile: Profile = None,
    as_json: Json = False,
) -> None:
    """The value of one setting in force; of a dotted key, what your config.toml holds."""
    from ttc_cli.settings import RULES, Document
    from ttc_cli.settings.files import key_parts
    from ttc_cli.settings.rules import rule_of

    *tables, name = key_parts(key)
    if tables:
        document = Document(_file(project=False))
        value: Any = document.values
        for part in (*tables, name):
            value = value.get(part) if isinstance(value, dict) else None
        place = document.where(*tables, name) if value is not None else "default"
    else:
        rule_of(name, RULES)
        settings = _settings(profile)
        value, place = getattr(settings, name), settings.origin(name)
    if as_json:
        print_json({"key": key, "value": value, "origin": place})
    else:
        typer.echo(f"{_text(value)}\t{place}" if origin else _text(value))


@app.command("set")
def set_value(
    key: Key,
    value: Annotated[str, typer.Argument(help="The value, as a flag would take it.")],
    project: Project = False,
) -> None:
    """Set a key in your config.toml; what ttc does not know stays in the file."""
    from ttc_cli.settings import write_value
    from ttc_cli.settings.files import key_parts, rules_at

    path = _file(project)
    *tables, name = key_parts(key)
    rule = rules_at(tuple(tables)).get(name)
    if project and rule is not None and not rule.from_project:
        raise UsageError(f"{key} is ignored in a project's file", "set it without --project")
    with _told_of_comments(path):
        write_value(path, key, value)


@app.command()
def unset(key: Key, project: Project = False) -> None:
    """Remove a key from your config.toml; exit 1 when it was not there."""
    from ttc_cli.settings import unset as remove

    path = _file(project)
    with _told_of_comments(path):
        gone = remove(path, key)
    if not gone:
        typer.echo(f"{key} is not set in {path}", err=True)
        raise typer.Exit(1)


@app.command()
def path(project: Project = False) -> None:
    """Where the settings file is, or would be."""
    sys.stdout.write(f"{_file(project)}\n")


@app.command()
def edit(project: Project = False) -> None:
    """Open the file in $VISUAL or $EDITOR, and check what comes back."""
    from ttc_cli.cli.editor import edit as open_editor

    open_editor(_file(project), _starter())
    for warning in _settings().warnings:
        typer.echo(warning, err=True)


def _starter() -> str:
    """A settings file in which every setting is a comment."""
    from ttc_cli.cli.help import named
    from ttc_cli.settings.options import SETTINGS

    about = [
        f"# {name} =    # {named(row.help)} It must be {row.rule.expected}."
        for name, row in SETTINGS.items()
        if row.key
    ]
    return "\n".join(["# Settings of ttc. `ttc config show --origin` says which are in force.",
                      *about, ""])  # fmt: skip
