"""`ttc doctor`: what is installed, what is slow or broken here, what to do about it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ttc_cli.cli.help import Json, tree
from ttc_cli.cli.options import Given, takes
from ttc_cli.cli.output import print_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ttc_cli.session.checkup.finding import Finding

app = tree()

MARKS = {"ok": "✓", "warning": "!", "broken": "✗"}


@app.command()
@takes(names=("model",))
def doctor(
    given: Given,
    quick: Annotated[
        bool, typer.Option("--quick", help="Without the ten-second speed check.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Look at versions, processor, GPU, threads, files, model, memory and speed.

    ✓ is well, ! could be better, ✗ is broken; exit 1 when something is.
    """
    from dataclasses import asdict

    from ttc_cli.session.checkup.build import facts

    found = []
    for finding in _findings(given.settings.get("model"), quick=quick):
        found.append(finding)
        if not as_json:
            sys.stdout.write(f"{MARKS[finding.state]} {finding.check}: {finding.found}\n")
            if finding.advice:
                sys.stdout.write(f"  → {finding.advice}\n")
            sys.stdout.flush()
    broken = any(finding.state == "broken" for finding in found)
    if as_json:
        rows = [asdict(finding) for finding in found]
        print_json({"ok": not broken, "machine": facts(), "findings": rows})
    raise typer.Exit(int(broken))


def _findings(model: str | None, *, quick: bool) -> Iterator[Finding]:
    from dataclasses import replace

    from ttc_cli.engine import machine
    from ttc_cli.session.checkup import build, places
    from ttc_cli.session.checkup import model as models

    yield build.versions()
    finding, settings = places.settings()
    yield finding
    if model is not None:
        settings = replace(settings, model=model)
    loads = True
    for finding in build.llama():
        loads = loads and not (finding.check == "llama.cpp" and finding.state == "broken")
        yield finding
    yield build.threads(settings.threads, machine.available_threads(), machine.processor_quota())
    yield places.jail()
    yield places.warmth(settings)
    yield from places.folders()
    yield from places.databases()
    yield from models.named(settings)
    if loads:
        yield from models.check(settings, quick=quick)
