"""`ttc doctor`: what is installed, what is slow or broken here, what to do about it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Annotated

import typer

from ttc_cli.cli.app import Json, opt, tree
from ttc_cli.cli.options import Given, takes
from ttc_cli.cli.output import print_json
from ttc_cli.engine import machine
from ttc_cli.session.checkup import Finding, build, places
from ttc_cli.session.checkup import model as models

app = tree()

MARKS = {"ok": "✓", "warning": "!", "broken": "✗"}


@app.command()
@takes(names=("model",))
def doctor(
    given: Given,
    quick: Annotated[bool, opt("--quick", "Without the ten-second speed check.")] = False,
    as_json: Json = False,
) -> None:
    """Look at versions, processor, GPU, threads, files, model, memory and speed.

    ✓ is well, ! could be better, ✗ is broken; exit 1 when something is.
    """
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
        print_json({"ok": not broken, "machine": build.facts(), "findings": rows})
    raise typer.Exit(int(broken))


def _findings(model: str | None, *, quick: bool) -> Iterator[Finding]:
    yield build.versions()
    finding, settings = places.settings()
    yield finding
    if model is not None:
        settings = replace(settings, model=model, from_project=settings.from_project - {"model"})
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
