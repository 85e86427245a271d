"""What `ttc bench fit` does once its flags are parsed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ttc_cli.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Flags:
    """How the fit is shown: `picture` and `page` are files, `-` for a picture here."""

    as_json: bool
    least: float
    seed: int
    picture: str
    page: Path | None


def fit(folders: Sequence[Path], flags: Flags) -> None:
    """Print the fit, draw it, write the page.

    Raises:
        UsageError: nothing to fit, forms that exclude each other, or a missing extra.
        UnreadableFile: a folder is none of a bench, or a file cannot be written.
    """
    from ttc_cli.bench import fit_report
    from ttc_cli.bench.charts import draw
    from ttc_cli.bench.curves import read
    from ttc_cli.bench.fitting import build
    from ttc_cli.bench.report import load
    from ttc_cli.cli.output import print_json, write_file

    if flags.as_json and flags.picture == "-":
        raise UsageError("--json and --picture - both write to stdout", "give a file")
    curves = read(load(folders))
    if not curves:
        raise UsageError(
            "no curve to fit: nothing was run at two costs",
            "run `ttc bench run -n 16 --no-early-stop`, or several --config that differ in effort",
        )
    built = build(curves, least=flags.least, seed=flags.seed)
    if flags.picture:
        draw(fit_report.chart(built["fits"]), flags.picture)
    if flags.page:
        write_file(flags.page, [fit_report.page(built)])
    if flags.as_json:
        print_json(built)
    elif flags.picture != "-":
        sys.stdout.write(fit_report.text(built))
