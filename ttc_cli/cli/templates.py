"""`ttc templates`: saved prompts with variables."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer

from ttc_cli.cli.app import Json, Yes, arg, tree
from ttc_cli.cli.editor import edit as open_editor
from ttc_cli.cli.output import confirm_deletion, print_json
from ttc_cli.core.errors import TtcError, UsageError
from ttc_cli.core.text import did_you_mean
from ttc_cli.settings import home
from ttc_cli.store import templates

app = tree(help="Saved prompts, used with `ttc -t NAME -p KEY VALUE`.", usual="list")

Name = Annotated[str, arg("", "The template.")]

STARTER = '''# {name} is a variable: `ttc -t TEMPLATE -p name VALUE`.
# {input} is the prompt, or piped text.
prompt = """
{input}
"""
# system = "You are brief."
# effort = "high"
# strategy = "self-consistency"
# schema = "answer.schema.json"    # a file beside this one, or the JSON itself
# verifiers = ["regex:^[0-9]+$"]
# [defaults]
# name = "value"
'''


def _facts(name: str) -> dict[str, Any]:
    template, path = templates.load(name, home()), templates.path_of(name, home())
    return {**asdict(template), "variables": template.variables, "path": str(path)}


@app.command("list")
def list_templates(as_json: Json = False) -> None:
    """All saved prompts: name, variables, first line. A wrong one is told and passed over."""
    rows = []
    for name in templates.names(home()):
        try:
            rows.append(_facts(name))
        except TtcError as error:
            typer.echo(str(error), err=True)
    if as_json:
        print_json(rows)
        return
    if not rows:
        typer.echo("no templates yet: ttc templates edit NAME", err=True)
    for row in rows:
        first = row["prompt"].strip().splitlines()[0]
        typer.echo(f"{row['name']}\t{','.join(row['variables']) or '-'}\t{first}")


@app.command()
def show(name: Name, as_json: Json = False) -> None:
    """The file of a saved prompt."""
    facts, path = _facts(name), templates.path_of(name, home())
    if as_json:
        print_json(facts)
    else:
        sys.stdout.write(path.read_text("utf-8").rstrip("\n") + "\n")


@app.command()
def edit(name: Name) -> None:
    """Open a saved prompt in $VISUAL or $EDITOR, a new one too, and check what comes back."""
    path = templates.path_of(name, home())
    open_editor(path, STARTER)
    if path.exists():
        templates.load(name, home())


@app.command("rm")
def remove(name: Name, yes: Yes = False) -> None:
    """Delete a saved prompt."""
    path = templates.path_of(name, home())
    if not path.is_file():
        hint = did_you_mean(name, templates.names(home()))
        raise UsageError(f"no template is called {name!r}", hint)
    confirm_deletion(str(path), yes)
    path.unlink()
