"""What `ttc bench fit` does once its flags are parsed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ttc_cli.core.errors import UsageError


def fit(folders: Sequence[Path], *, as_json: bool, least: float, seed: int) -> None:
    """Print the fit.

    Raises:
        UsageError: nothing to fit.
        UnreadableFile: a folder is none of a bench.
    """
    from ttc_cli.bench import fit_text
    from ttc_cli.bench.curves import read
    from ttc_cli.bench.fitting import build
    from ttc_cli.bench.report import load
    from ttc_cli.cli.output import print_json

    curves = read(load(folders))
    if not curves:
        raise UsageError(
            "no curve to fit: nothing was run at two costs",
            "run `ttc bench run -n 16 --no-early-stop`, or several --config that differ in effort",
        )
    built: dict[str, Any] = build(curves, least=least, seed=seed)
    if as_json:
        print_json(built)
    else:
        sys.stdout.write(fit_text.text(built))
