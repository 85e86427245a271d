"""`ttc cache`: what is kept to be found again, how much of it, and how to be rid of it."""

from __future__ import annotations

import sys
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ttc_cli.cli.help import Json, tree
from ttc_cli.cli.output import print_json

if TYPE_CHECKING:
    from ttc_cli.store.file_cache import FileCache
    from ttc_cli.store.pool import SamplePool

app = tree(help="Results, samples and evaluated prompts that are kept.", usual="info")


class Part(Enum):
    """What is kept, each in a folder of its own."""

    results = "results"
    samples = "samples"
    prompts = "prompts"


def _parts() -> dict[Part, FileCache | SamplePool]:
    from ttc_cli.settings import MEGABYTE, cache_dir, load
    from ttc_cli.store.file_cache import FileCache
    from ttc_cli.store.pool import SamplePool

    settings, folder = load(), cache_dir()
    return {
        Part.results: FileCache(folder / "results", settings.result_cache_mb * MEGABYTE),
        Part.samples: SamplePool(folder / "samples", limit=settings.sample_cache_mb * MEGABYTE),
        Part.prompts: FileCache(folder / "prompts", settings.prompt_cache_mb * MEGABYTE),
    }


def _facts(parts: dict[Part, FileCache | SamplePool]) -> dict[str, dict[str, int]]:
    from ttc_cli.store.file_cache import hits

    return {
        part.value: {
            "entries": kept.size().entries,
            "bytes": kept.size().bytes,
            "limit_bytes": kept.limit,
            "hits": hits(kept.folder),
        }
        for part, kept in parts.items()
    }


@app.command()
def info(as_json: Json = False) -> None:
    """Entries, bytes, the cap and the hits of each kind."""
    from ttc_cli.models.disk import size_text
    from ttc_cli.settings import cache_dir

    facts: dict[str, Any] = _facts(_parts())
    if as_json:
        print_json({"path": str(cache_dir()), **facts})
        return
    for name, row in facts.items():
        sizes = f"{size_text(row['bytes'])} of {size_text(row['limit_bytes'])}"
        sys.stdout.write(f"{name:8} {row['entries']:>7} kept  {row['hits']:>7} hits  {sizes}\n")


@app.command()
def clear(
    part: Annotated[Part | None, typer.Argument(help="Only this; by default all three.")] = None,
) -> None:
    """Remove what is kept. All of it can be computed again."""
    _remove(lambda kept: kept.clear(), part)


@app.command()
def prune() -> None:
    """Bring each kind under its cap now, as every write does."""
    _remove(lambda kept: kept.prune(), None)


@app.command()
def path() -> None:
    """The folder."""
    from ttc_cli.settings import cache_dir

    sys.stdout.write(f"{cache_dir()}\n")


def _remove(act: Any, only: Part | None) -> None:
    from ttc_cli.models.disk import size_text

    parts = {part: kept for part, kept in _parts().items() if only in (None, part)}
    for part, kept in parts.items():
        before = kept.size()
        act(kept)
        after = kept.size()
        gone = before.entries - after.entries
        if gone:
            freed = before.bytes - after.bytes  # a database keeps its pages for what comes next
            size = f", {size_text(freed)}" if freed > 0 else ""
            sys.stdout.write(f"removed {gone} {part.value}{size}\n")
