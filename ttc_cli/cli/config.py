"""`ttc config`: the settings in force, where they come from, and changing them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from ttc_cli import settings as conf
from ttc_cli.cli.app import Json, arg, named, opt, tree
from ttc_cli.cli.output import print_json
from ttc_cli.core.errors import UsageError
from ttc_cli.settings.files import key_parts, rules_at
from ttc_cli.settings.options import SETTINGS
from ttc_cli.settings.places import PROJECT_FILE
from ttc_cli.settings.rules import rule_of

app = tree(help="Show and change settings.", usual="show")

Profile = Annotated[str | None, opt("--profile", "With a named set of settings.")]
Project = Annotated[bool, opt("--project", "The project's .ttc.toml instead of your config.toml.")]
Key = Annotated[str, arg("KEY", "SETTING, profile.NAME.SETTING or remote.NAME.KEY.")]


def _file(project: bool) -> Path:
    if project:
        return conf.project_path() or Path.cwd() / PROJECT_FILE
    return conf.config_path()


@contextmanager
def _told_of_comments(path: Path) -> Iterator[None]:
    """Say so when a write made a backup, since the comments are only there."""
    backup = conf.backup_path(path)
    before = backup.stat().st_mtime_ns if backup.exists() else 0
    yield
    if backup.exists() and backup.stat().st_mtime_ns != before:
        typer.echo(f"comments are lost in a write: the file as it was is {backup}", err=True)


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _absent(key: str, path: Path) -> NoReturn:
    typer.echo(f"{key} is not set in {path}", err=True)
    raise typer.Exit(1)


@app.command()
def show(
    origin: Annotated[bool, opt("--origin", "Where each value comes from.")] = False,
    profile: Profile = None,
    as_json: Json = False,
) -> None:
    """All settings in force; what is empty is left to the model, the strategy or the machine."""
    settings = conf.load({"profile": profile})
    for warning in settings.warnings:
        typer.echo(warning, err=True)
    remotes = {name: asdict(remote) for name, remote in settings.remotes.items()}
    values = {name: getattr(settings, name) for name in conf.RULES}
    if as_json:
        rows = {n: {"value": value, "origin": settings.origin(n)} for n, value in values.items()}
        print_json({"settings": rows, "remotes": remotes})
        return
    values |= {f"remote.{name}": remote["url"] for name, remote in remotes.items()}
    for name, value in values.items():
        cells = [f"{name:<16}", _text(value)]
        if origin:
            place = settings.origin(name) if name in conf.RULES else str(_file(project=False))
            cells = [cells[0], f"{cells[1]:<24}", place]
        typer.echo("  ".join(cells).rstrip())


@app.command()
def get(
    key: Key,
    origin: Annotated[bool, opt("--origin", "Where it comes from.")] = False,
    profile: Profile = None,
    as_json: Json = False,
) -> None:
    """The value of one setting in force; of a dotted key, what your config.toml holds.

    Exit 1 for a dotted key that is not there; a setting that nobody set has its default.
    """
    *tables, name = key_parts(key)
    if tables:
        document = conf.Document(_file(project=False))
        value: Any = document.values
        for part in (*tables, name):
            value = value.get(part) if isinstance(value, dict) else None
        if value is None:
            _absent(key, document.path)
        place = document.where(*tables, name)
    else:
        rule_of(name, conf.RULES)
        settings = conf.load({"profile": profile})
        value, place = getattr(settings, name), settings.origin(name)
    if as_json:
        print_json({"key": key, "value": value, "origin": place})
    else:
        typer.echo(f"{_text(value)}\t{place}" if origin else _text(value))


# a value may begin with a dash: -1
@app.command("set", context_settings={"ignore_unknown_options": True})
def set_value(
    key: Key,
    value: Annotated[str, arg("", "The value, as a flag would take it.")],
    project: Project = False,
) -> None:
    """Set a key in your config.toml; what ttc does not know stays in the file."""
    path = _file(project)
    *tables, name = key_parts(key)
    rule = rules_at(tuple(tables)).get(name)
    if project and rule is not None and not rule.from_project:
        raise UsageError(f"{key} is ignored in a project's file", "set it without --project")
    with _told_of_comments(path):
        conf.write_value(path, key, value)


@app.command()
def unset(key: Key, project: Project = False) -> None:
    """Remove a key from your config.toml; exit 1 when it was not there."""
    path = _file(project)
    with _told_of_comments(path):
        gone = conf.unset(path, key)
    if not gone:
        _absent(key, path)


@app.command()
def path(project: Project = False) -> None:
    """Where the settings file is, or would be."""
    sys.stdout.write(f"{_file(project)}\n")


@app.command()
def edit(project: Project = False) -> None:
    """Open the file in $VISUAL or $EDITOR, and check what comes back."""
    from ttc_cli.cli.editor import edit as open_editor

    open_editor(_file(project), _starter())
    for warning in conf.load().warnings:
        typer.echo(warning, err=True)


def _starter() -> str:
    """A settings file in which every setting is a comment."""
    about = [
        f"# {name} =    # {named(row.help)} It must be {row.rule.expected}."
        for name, row in SETTINGS.items()
        if row.key
    ]
    head = "# Settings of ttc. `ttc config show --origin` says which are in force."
    return "\n".join([head, *about, ""])
