"""What `ttc bench data` does: list, check and convert data sets."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ttc_cli.bench.questions import Item, examine
from ttc_cli.cli.output import print_json, write_file
from ttc_cli.core.errors import TtcError
from ttc_cli.views.text import to_json

ENDINGS = (".jsonl", ".json", ".csv", ".gz")


def list_sets(places: Sequence[Path], *, as_json: bool) -> None:
    """Print the data sets in some places; files that hold none are passed over."""
    rows = [row for path in _files(places) if (row := _facts(path))]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        problems = f", {row['problems']} records cannot be used" if row["problems"] else ""
        sys.stdout.write(f"{row['file']}\t{row['questions']} questions\t{row['tasks']}{problems}\n")


def _files(places: Sequence[Path]) -> Iterator[Path]:
    for place in places:
        if place.is_dir():
            yield from sorted(p for p in place.iterdir() if p.suffix.lower() in ENDINGS)
        else:
            yield place


def _facts(path: Path) -> dict[str, Any] | None:
    try:
        items, problems = examine(path)
    except TtcError:
        return None
    if not items:
        return None
    tasks = Counter(item.task for item in items)
    return {
        "file": str(path),
        "questions": len(items),
        "tasks": ", ".join(sorted(tasks)),
        "problems": len(problems),
        "example": items[0].record(),
    }


def check_set(path: Path, *, unsafe_exec: bool) -> int:
    """Print what is wrong with a data set; returns the exit code."""
    items, problems = examine(path)
    problems += [f"{item.id}: {why}" for item in items if (why := _unscorable(item, unsafe_exec))]
    for problem in problems:
        sys.stdout.write(f"{path}: {problem}\n")
    tasks = Counter(item.task for item in items)
    told = ", ".join(f"{n} {task}" for task, n in sorted(tasks.items()))
    sys.stderr.write(f"{len(items)} questions ({told}), {len(problems)} problems\n")
    return 1 if problems else 0


def _unscorable(item: Item, unsafe_exec: bool) -> str:
    """Why a question's own reference would not be scored as right, if it would not."""
    from ttc_cli.answers import extract
    from ttc_cli.bench import scoring
    from ttc_cli.jail import available
    from ttc_cli.session.plan import KINDS

    if item.task == "code":
        reply = f"```python\n{item.more['prompt']}{item.reference}\n```"
        runs = unsafe_exec or not available()
        if runs and not scoring.right(item, None, reply):
            return "its own solution fails its test"
        return ""
    found = extract(f"\\boxed{{{item.reference}}}", KINDS.get(item.task))
    if found is None or not scoring.right(item, found.text, ""):
        return f"an answer like its reference {item.reference[:40]!r} would not be recognised"
    return ""


def convert_set(source: str, out: Path, seed: int) -> None:
    """Write a data set in our own form."""
    from ttc_cli.bench.sources import read_source

    items, _ = read_source(source, seed)
    lines = [to_json(item.record()) for item in items]
    write_file(out, [f"{line}\n" for line in lines])
    sys.stderr.write(f"{len(items)} questions\n")
