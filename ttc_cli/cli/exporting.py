"""`ttc logs export`: verified runs into a JSONL file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from ttc_cli.cli.output import check_place, write_file
from ttc_cli.core.errors import UsageError
from ttc_cli.store.log import Log
from ttc_cli.verifiers.registry import ranks_only
from ttc_cli.views.export import FORMATS, WAYS, Criteria, Logged, rows
from ttc_cli.views.text import to_json


def export(
    log: Log,
    form: str,
    output: Path | None,
    by: str,
    min_agreement: float,
    min_score: float,
    thoughts: bool,
    since: float | None,
) -> None:
    """Write the rows, to stdout without a file; on stderr, how many there were.

    Raises:
        UsageError: no such form or way.
    """
    ways = tuple(way.strip() for way in by.split(","))
    if form not in FORMATS:
        raise UsageError(f"no format is called {form!r}", f"give one of {', '.join(FORMATS)}")
    if wrong := [way for way in ways if way not in WAYS]:
        raise UsageError(f"--by does not take {wrong[0]!r}", f"give any of {', '.join(WAYS)}")
    if output is not None:
        check_place(output)
    criteria = Criteria(ways, min_agreement, min_score, ranks_only)
    logged = list(_logged(log, since))
    found = rows(logged, form, criteria, thoughts=thoughts)
    lines = [to_json(row, out=sys.stdout) + "\n" for row in found]
    if output is None:
        sys.stdout.writelines(lines)
    else:
        write_file(output, lines)
    sys.stderr.write(f"{len(lines)} rows of {form} from {len(logged)} runs with an answer\n")


def _logged(log: Log, since: float | None) -> Iterator[Logged]:
    for run in reversed(log.runs(since=since)):
        if (result := log.result(run)) is not None and run.ours["cache"] != "hit":
            events = tuple(event for _, event in log.events(run))
            yield Logged(run, log.texts(run), log.turns(run)[:-1], result, events)
