"""`ttc models`: what can be had, what is here, and getting, naming and removing it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, Any

import typer

from ttc_cli.cli.app import Json, Yes, arg, opt, tree
from ttc_cli.cli.output import confirm_deletion, print_json, print_table
from ttc_cli.cli.pulling import pull_progress, say
from ttc_cli.core.errors import ModelMissing, UsageError
from ttc_cli.models import registry
from ttc_cli.models.catalogue import Entry
from ttc_cli.models.disk import disk_errors, size_text
from ttc_cli.models.listing import describe, lines
from ttc_cli.models.listing import rows as all_rows
from ttc_cli.settings import home, load

app = tree(help="List, fetch, inspect, name and remove models.", usual="list")

COLUMNS = {"name": 0, "": 50, "size": 0, "state": 0, "aliases": 90, "good for": 70}
"""Of the list, each with the width of a terminal from which on it is shown."""


def _cells(row: dict[str, Any]) -> list[str]:
    state = {"found": "found", "added": "added", "remote": "server"}.get(row["kind"])
    state = state or ("installed" if row["installed"] else "-")
    about = "~" if row.get("bytes_are_estimate") else ""
    return [
        row["name"], "default" if row["default"] else "-",
        about + size_text(row["bytes"]) if row["bytes"] else "-", state,
        ",".join(row["aliases"]) or "-", row["good_for"],
    ]  # fmt: skip


def _used() -> str:
    """What is used when none is named: a setting's model ahead of the registry's default."""
    return load().model or registry.default_ref(home())


@app.command("list")
def list_models(as_json: Json = False) -> None:
    """Models of the catalogue, your own names and servers, files other programs keep here."""
    rows = all_rows(home(), load().remotes, _used())
    print_json(rows) if as_json else print_table(COLUMNS, list(map(_cells, rows)))


@app.command()
def pull(
    name: Annotated[str, arg("", "A catalogue name or hf:// URL; or the default.")] = "",
    offline: Annotated[bool, opt("--offline", "Only use files that are already here.")] = False,
    _yes: Annotated[bool, opt("--yes -y", "Accepted; a pull asks nothing.", hidden=True)] = False,
) -> None:
    """Fetch a model, check its hash and install it; goes on where an earlier pull stopped."""
    from ttc_cli.models.pull import pull as fetch

    name = name or _used()
    remote = load().remotes.get(name)
    entry = remote or registry.locate(name, home())
    if not isinstance(entry, Entry):
        raise UsageError(f"{name} needs no pull", f"use it: `ttc ask -m {name}`")
    with pull_progress() as progress:
        model = fetch(entry, home=home(), offline=offline, notify=say, progress=progress)
    typer.echo(str(model.path))


@app.command()
def show(
    name: Annotated[str, arg("", "A name, a GGUF file or a URL; or the default.")] = "",
    as_json: Json = False,
) -> None:
    """Architecture, size, quantisation, context, memory a token, thinking, chat template."""
    facts = describe(name, home(), load().remotes, _used())
    if as_json:
        print_json(facts)
    else:
        for label, value in lines(facts):
            typer.echo(f"{label + ':':<16}{value}")


@app.command("rm")
def remove(
    name: Annotated[str, arg("", "A catalogue name, or one of your own names.")], yes: Yes = False
) -> None:
    """Delete a pulled model's file; of your own names, forget the name and keep the file."""
    if name in registry.names(home()):
        registry.forget_name(name, home())
        say(f"forgot the name {name}; no file was touched")
        return
    entry = registry.locate(name, home())
    if not isinstance(entry, Entry):
        raise UsageError(f"{name} is not ttc's to delete", "delete the file itself")
    folder = registry.models_dir(home())
    path, partial = folder / entry.file, folder / ".partial" / entry.file
    if not (path.is_symlink() or path.exists() or partial.exists()):
        raise ModelMissing(f"{name} is not on this machine", "see `ttc models list`")
    size = size_text(path.stat().st_size) if path.exists() else "a partial download"
    confirm_deletion(f"{path} ({size})", yes)
    with disk_errors(folder):
        path.unlink(missing_ok=True)
        shutil.rmtree(partial, ignore_errors=True)
    say(f"deleted {name} ({size})")


@app.command()
def add(
    name: Annotated[str, arg("", "The new name.")],
    ref: Annotated[str, arg("FILE|URL", "A GGUF file, or a URL.")],
) -> None:
    """Give a GGUF file or a server a name of your own; the file stays where it is."""
    from ttc_cli.models.gguf import read_gguf

    target = registry.locate(ref, home())
    if isinstance(target, Path):
        read_gguf(registry.model_file(target, name, home()).path)  # refuse what cannot work, now
    registry.set_name(name, ref, home())
    say(f"{name} is {ref}")


@app.command()
def alias(
    name: Annotated[str, arg("", "The new name.")],
    model: Annotated[str, arg("", "The model it stands for.")],
) -> None:
    """Give a model a shorter name; `ttc models rm NAME` forgets it."""
    registry.set_name(name, model, home())
    say(f"{name} is {model}")


@app.command()
def default(name: Annotated[str, arg("", "The model; nothing: print which it is.")] = "") -> None:
    """Print or set the model that is used when none is named."""
    if not name:
        typer.echo(_used())
        return
    registry.set_default(name, home())
    say(f"the default model is {name}")
    settings = load()
    if settings.model not in (None, name):
        say(f"but {settings.origin('model')} names {settings.model}, and that is used")
