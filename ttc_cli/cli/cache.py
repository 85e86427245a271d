"""`ttc cache`: what is kept to be found again, how much of it, and how to be rid of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Literal

from ttc_cli.cli.app import Json, arg, tree
from ttc_cli.cli.output import print_json
from ttc_cli.models.disk import size_text
from ttc_cli.settings import MEGABYTE, cache_dir, load
from ttc_cli.store.file_cache import FileCache, hits
from ttc_cli.store.pool import SamplePool

app = tree(help="Results, samples and evaluated prompts that are kept.", usual="info")
Part = Annotated[
    Literal["results", "samples", "prompts"] | None,
    arg("[results|samples|prompts]", "Only this; by default all three."),
]


def _parts() -> dict[str, FileCache | SamplePool]:
    settings, folder = load(), cache_dir()
    return {
        "results": FileCache(folder / "results", settings.result_cache_mb * MEGABYTE),
        "samples": SamplePool(folder / "samples", limit=settings.sample_cache_mb * MEGABYTE),
        "prompts": FileCache(folder / "prompts", settings.prompt_cache_mb * MEGABYTE),
    }


@app.command()
def info(as_json: Json = False) -> None:
    """Entries, bytes, the cap and the hits of each kind."""
    facts = {
        name: {"entries": kept.size().entries, "bytes": kept.size().bytes,
               "limit_bytes": kept.limit, "hits": hits(kept.folder)}
        for name, kept in _parts().items()
    }  # fmt: skip
    if as_json:
        print_json({"path": str(cache_dir()), **facts})
        return
    for name, row in facts.items():
        sizes = f"{size_text(row['bytes'])} of {size_text(row['limit_bytes'])}"
        sys.stdout.write(f"{name:8} {row['entries']:>7} kept  {row['hits']:>7} hits  {sizes}\n")


@app.command()
def clear(part: Part = None) -> None:
    """Remove what is kept. All of it can be computed again."""
    _remove(lambda kept: kept.clear(), part)


@app.command()
def prune() -> None:
    """Bring each kind under its cap now, as every write does."""
    _remove(lambda kept: kept.prune())


@app.command()
def path() -> None:
    """The folder."""
    sys.stdout.write(f"{cache_dir()}\n")


def _remove(act: Callable[[FileCache | SamplePool], None], only: str | None = None) -> None:
    for name, kept in _parts().items():
        if only not in (None, name):
            continue
        before = kept.size()
        act(kept)
        after = kept.size()
        if gone := before.entries - after.entries:
            freed = before.bytes - after.bytes  # a database keeps its pages for what comes next
            size = f", {size_text(freed)}" if freed > 0 else ""
            sys.stdout.write(f"removed {gone} {name}{size}\n")
