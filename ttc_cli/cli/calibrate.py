"""`ttc calibrate`: measure this machine and model once."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from ttc_cli.cli import options
from ttc_cli.cli.help import tree

app = tree()

BUSY = 0.5
"""Processes waiting for a processor, on average, above which a measurement is doubtful."""


def _load() -> float:
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):  # Windows has none
        return 0.0


@app.command()
def calibrate(
    model: options.Model = None,
    threads: options.Threads = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Measure how fast this machine decodes one branch and many, and keep it.

    Takes half a minute to two. From then on no more branches are decoded at once than pays.
    """
    from ttc_cli.cli.output import print_json
    from ttc_cli.core.errors import UsageError
    from ttc_cli.models.registry import Remote, resolve
    from ttc_cli.session.calibrate import calibrate as measured
    from ttc_cli.session.calibrate import good_widths
    from ttc_cli.settings import home, load

    settings = load({"model": model, "threads": threads}, cwd=Path.cwd(), environ=os.environ)
    found = resolve(settings.model or "", home())
    if isinstance(found, Remote):
        raise UsageError("a server schedules itself", "calibrate a local model")
    if (busy := _load()) > BUSY:
        sys.stderr.write(f"the machine is busy (load {busy:.1f}): the figures will be low\n")
    speeds: dict[int, float] = {}
    for width, speed in measured(settings, found):
        speeds[width] = round(speed, 1)
        if not as_json:
            sys.stdout.write(f"{width:>3} at once  {speed:6.1f} tokens/s\n")
            sys.stdout.flush()
    good = good_widths(speeds)
    if as_json:
        print_json({"model": found.name, "tokens_per_second": speeds, "good_widths": good})
    else:
        sys.stdout.write(f"good widths: {', '.join(map(str, good))}\n")
