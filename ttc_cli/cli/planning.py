"""What `ttc plan` does once its flags are parsed."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from ttc_cli.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Asked:
    """The flags."""

    folders: tuple[Path, ...]
    models: tuple[str, ...]
    requests: str
    quality: str
    seconds: float | None
    memory: str | None
    unit: str | None
    split: str
    picture: str
    as_json: bool


def run(asked: Asked) -> int:
    """Print the plan; returns the exit code: 3 when nothing meets what is wanted.

    Raises:
        UsageError: a flag is wrong, or costs cannot be compared.
        UnreadableFile: a folder is none of a bench, or the picture cannot be written.
    """
    from ttc_cli.bench import plan_models, plan_report
    from ttc_cli.bench.charts import draw
    from ttc_cli.bench.planning import UNITS, Requirements
    from ttc_cli.cli.output import print_json

    if asked.unit and asked.unit not in UNITS:
        raise UsageError(f"--unit must be one of {', '.join(UNITS)}, not {asked.unit!r}")
    if not asked.folders and not asked.models:
        if asked.picture:
            raise UsageError("there is nothing to draw", "give --from or --model")
        seeds = plan_report.seeds(plan_models.share(asked.split, "--split"))
        if asked.as_json:
            print_json(seeds)
        else:
            sys.stdout.write(plan_report.seeds_text(seeds))
        return 0
    wants = Requirements(
        plan_models.number(asked.requests, "--requests"),
        plan_models.share(asked.quality, "--quality"),
        asked.seconds,
        None if asked.memory is None else plan_models.number(asked.memory, "--memory"),
    )
    if wants.requests <= 0:
        raise UsageError("--requests must be more than 0")
    found, notes = plan_models.measured(asked.folders) if asked.folders else ([], [])
    models = plan_models.joined(found, [plan_models.parsed(text) for text in asked.models])
    built = plan_report.build(models, wants, unit=asked.unit, notes=notes)
    if asked.as_json:
        print_json(built)
    elif asked.picture != "-":
        sys.stdout.write(plan_report.text(built))
    if asked.picture:
        draw(plan_report.chart(built), asked.picture)
    return 0 if built["choice"] else 3
