"""A chart to the terminal or to a file."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ttc_cli.bench.charts import Chart


def draw(chart: Chart, where: str) -> None:
    """Draw on stdout for `-`, else into the file.

    Raises:
        UsageError: the extra is not installed, or the file is of no known kind.
        UnreadableFile: it cannot be written.
    """
    from ttc_cli.bench import charts

    if where != "-":
        charts.write(chart, Path(where))
        return
    color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    width = shutil.get_terminal_size((100, 24)).columns
    sys.stdout.write(charts.terminal(chart, width=width, color=color) + "\n")
