"""`ttc plugins`: strategies and verifiers that other packages add."""

from __future__ import annotations

import typer

from ttc_cli.cli.app import Json, tree
from ttc_cli.cli.output import print_json
from ttc_cli.core.errors import UsageError

app = tree()


@app.command()
def plugins(as_json: Json = False) -> None:
    """Strategies and verifiers of other packages: kind, name, package, version, state.

    One that is broken is told and stops nothing. How to write one: docs/plugins.md.
    """
    from ttc_cli.strategies.registry import REGISTRY as STRATEGIES
    from ttc_cli.verifiers.registry import REGISTRY as VERIFIERS

    rows = []
    for registry in (STRATEGIES, VERIFIERS):
        for plugin in registry.plugins():
            state = "hidden by ttc's own of that name" if plugin.taken else "works"
            try:
                registry.load(plugin)
            except UsageError as error:
                state = "broken"
                typer.echo(str(error), err=True)
            rows.append({"kind": plugin.kind, "name": plugin.name, "package": plugin.package,
                         "version": plugin.version, "state": state})  # fmt: skip
    if as_json:
        print_json(rows)
        return
    if not rows:
        typer.echo("no plugins are installed", err=True)
    for row in rows:
        typer.echo("\t".join(row.values()))
