"""`ttc models`: what can be had, what is here, and getting, naming and removing it."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ttc_cli.cli.help import Json, tree
from ttc_cli.cli.output import print_json
from ttc_cli.cli.pulling import pull_progress, say
from ttc_cli.core.errors import ModelMissing, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ttc_cli.settings import NamedRemote

app = tree(help="List, fetch, inspect, name and remove models.", usual="list")

COLUMNS = {"name": 0, "": 50, "size": 0, "state": 0, "aliases": 90, "good for": 70}
"""Of the list, each with the width of a terminal from which on it is shown."""
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")]


def _home() -> Path:
    from ttc_cli.settings import home

    return home()


def _remotes() -> Mapping[str, NamedRemote]:
    """The servers that the settings name."""
    from ttc_cli.settings import load

    return load().remotes


def _cells(row: dict[str, Any]) -> list[str]:
    from ttc_cli.models.disk import size_text

    state = {"found": "found", "added": "added", "remote": "server"}.get(row["kind"])
    state = state or ("installed" if row["installed"] else "-")
    about = "~" if row.get("bytes_are_estimate") else ""
    return [
        row["name"],
        "default" if row["default"] else "-",
        about + size_text(row["bytes"]) if row["bytes"] else "-",
        state,
        ",".join(row["aliases"]) or "-",
        row["good_for"],
    ]


@app.command("list")
def list_models(as_json: Json = False) -> None:
    """Models of the catalogue, your own names and servers, files other programs keep here."""
    from ttc_cli.models.listing import rows as all_rows

    rows = all_rows(_home(), _remotes())
    if as_json:
        print_json(rows)
    elif sys.stdout.isatty():
        from ttc_cli.views.text import plain, table

        wide = os.get_terminal_size(sys.stdout.fileno()).columns or 80
        for line in table(COLUMNS, [[plain(cell) for cell in _cells(row)] for row in rows], wide):
            typer.echo(line)
    else:
        for row in rows:
            typer.echo("\t".join(_cells(row)))


@app.command()
def pull(
    name: Annotated[
        str, typer.Argument(help="A catalogue name or hf:// URL; or the default.")
    ] = "",
    offline: Annotated[
        bool, typer.Option("--offline", help="Only use files that are already here.")
    ] = False,
    _yes: Annotated[
        bool, typer.Option("--yes", "-y", hidden=True, help="Accepted; a pull asks nothing.")
    ] = False,
) -> None:
    """Fetch a model, check its hash and install it; goes on where an earlier pull stopped."""
    from ttc_cli.models import registry
    from ttc_cli.models.catalogue import Entry
    from ttc_cli.models.pull import pull as fetch

    home = _home()
    entry = registry.locate(name or registry.default_ref(home), home)
    if not isinstance(entry, Entry):
        raise UsageError(f"{name} needs no pull", f"use it: `ttc ask -m {name}`")
    with ExitStack() as stack:
        progress = pull_progress(stack)
        model = fetch(entry, home=home, offline=offline, notify=say, progress=progress)
    typer.echo(str(model.path))


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A name, a GGUF file or a URL; or the default.")] = "",
    as_json: Json = False,
) -> None:
    """Architecture, size, quantisation, context, memory a token, thinking, chat template."""
    from ttc_cli.models.listing import describe, lines

    facts = describe(name, _home(), _remotes())
    if as_json:
        print_json(facts)
    else:
        for label, value in lines(facts):
            typer.echo(f"{label + ':':<16}{value}")


@app.command("rm")
def remove(
    name: Annotated[str, typer.Argument(help="A catalogue name, or one of your own names.")],
    yes: Yes = False,
) -> None:
    """Delete a pulled model's file; of your own names, forget the name and keep the file."""
    import shutil

    from ttc_cli.models import registry
    from ttc_cli.models.catalogue import Entry
    from ttc_cli.models.disk import disk_errors, size_text

    home = _home()
    if name in registry.names(home):
        registry.forget_name(name, home)
        say(f"forgot the name {name}; no file was touched")
        return
    entry = registry.locate(name, home)
    if not isinstance(entry, Entry):
        raise UsageError(f"{name} is not ttc's to delete", "delete the file itself")
    folder = registry.models_dir(home)
    path, partial = folder / entry.file, folder / ".partial" / entry.file
    if not (path.is_symlink() or path.exists() or partial.exists()):
        raise ModelMissing(f"{name} is not on this machine", "see `ttc models list`")
    size = size_text(path.stat().st_size) if path.exists() else "a partial download"
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError(f"this would delete {path} ({size})", "add --yes")
        typer.confirm(f"Delete {path} ({size})?", abort=True, err=True)
    with disk_errors(folder):
        path.unlink(missing_ok=True)
        shutil.rmtree(partial, ignore_errors=True)
    say(f"deleted {name} ({size})")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The new name.")],
    ref: Annotated[str, typer.Argument(metavar="FILE|URL", help="A GGUF file, or a URL.")],
) -> None:
    """Give a GGUF file or a server a name of your own; the file stays where it is."""
    from pathlib import Path

    from ttc_cli.models import registry
    from ttc_cli.models.gguf import read_gguf

    home = _home()
    target = registry.locate(ref, home)
    if isinstance(target, Path):
        read_gguf(registry.model_file(target, name, home).path)  # refuse what cannot work, now
    registry.set_name(name, ref, home)
    say(f"{name} is {ref}")


@app.command()
def alias(
    name: Annotated[str, typer.Argument(help="The new name.")],
    model: Annotated[str, typer.Argument(help="The model it stands for.")],
) -> None:
    """Give a model a shorter name; `ttc models rm NAME` forgets it."""
    from ttc_cli.models import registry

    registry.set_name(name, model, _home())
    say(f"{name} is {model}")


@app.command()
def default(
    name: Annotated[str, typer.Argument(help="The model; nothing: print which it is.")] = "",
) -> None:
    """Print or set the model that is used when none is named."""
    from ttc_cli.models import registry

    home = _home()
    if name:
        registry.set_default(name, home)
        say(f"the default model is {name}")
    else:
        typer.echo(registry.default_ref(home))
