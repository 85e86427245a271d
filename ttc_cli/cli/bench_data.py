"""`ttc bench data`: list, check and convert data sets."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ttc_cli.bench.questions import Item, examine
from ttc_cli.cli.app import Json, arg, opt, tree
from ttc_cli.cli.output import print_json, write_file
from ttc_cli.core.errors import TtcError
from ttc_cli.views.text import to_json

ENDINGS = (".jsonl", ".json", ".csv", ".gz")
data_app = tree(help="List, check and convert data sets.", no_args_is_help=True)


@data_app.command("list")
def list_data(
    places: Annotated[list[Path] | None, arg("[PATH...]", "Files and folders; here.")] = None,
    as_json: Json = False,
) -> None:
    """Data sets in some folders: how many questions, of what kind, and an example."""
    rows = [row for path in _files(places or [Path()]) if (row := _facts(path))]
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
    tasks = ", ".join(sorted({item.task for item in items}))
    return {
        "file": str(path), "questions": len(items), "tasks": tasks, "problems": len(problems),
        "example": items[0].record(),
    } if items else None  # fmt: skip


@data_app.command("check")
def check_data(
    file: Annotated[Path, arg("FILE", "Questions with answers.")],
    unsafe_exec: Annotated[bool, opt(
        "--unsafe-exec", "Run solutions also where they cannot be locked in.")] = False,
) -> None:  # fmt: skip
    """Can every record be asked and scored? One line for each that cannot; exit 1 if any."""
    items, problems = examine(file)
    problems += [f"{item.id}: {why}" for item in items if (why := _unscorable(item, unsafe_exec))]
    for problem in problems:
        sys.stdout.write(f"{file}: {problem}\n")
    tasks = Counter(item.task for item in items)
    told = ", ".join(f"{n} {task}" for task, n in sorted(tasks.items()))
    sys.stderr.write(f"{len(items)} questions ({told}), {len(problems)} problems\n")
    raise typer.Exit(1 if problems else 0)


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


@data_app.command("convert")
def convert_data(
    source: Annotated[str, arg("", "JSONL, a JSON array, CSV, or reasoning-gym:TASK[:N].")],
    out: Annotated[Path, arg("", "The JSONL file to write.")],
    seed: Annotated[int, opt("--seed", "Of reasoning-gym.", min=0)] = 0,
) -> None:
    """Write a data set in the one form that needs no guessing: id, question, answer, task."""
    from ttc_cli.bench.sources import read_source

    items, _ = read_source(source, seed)
    write_file(out, [f"{to_json(item.record())}\n" for item in items])
    sys.stderr.write(f"{len(items)} questions\n")
