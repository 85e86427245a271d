"""The rows of `ttc models list` and the facts of `ttc models show`, as plain values."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ttc_cli.models import registry
from ttc_cli.models.catalogue import Entry, catalogue
from ttc_cli.models.disk import size_text
from ttc_cli.models.found import scan
from ttc_cli.models.gguf import read_gguf

if TYPE_CHECKING:
    from ttc_cli.models.found import Found


def _catalogue_row(entry: Entry, home: Path, own: dict[str, str], default: str) -> dict[str, Any]:

    have = registry.installed(entry, home)
    return {
        "name": entry.name,
        "kind": entry.kind,
        "default": entry.name in (default, own.get(default)),
        "installed": have is not None,
        "bytes": have.bytes if have else entry.bytes,
        "bytes_are_estimate": have is None and entry.sha256 is None,
        "aliases": registry.aliases(entry.name, own),
        "path": str(have.path) if have else None,
        "sha256": entry.sha256 or (have.sha256 if have else None),
        "licence": entry.licence,
        "parameters": entry.parameters,
        "context": entry.context,
        "memory": entry.memory,
        "thinking": entry.thinking,
        "sources": [source.label for source in entry.sources],
        "good_for": entry.good_for,
    }


def _own_row(name: str, ref: str, default: str) -> dict[str, Any]:
    """A file or server the user gave a name."""
    path = None if "://" in ref else Path(ref)
    here = path is not None and path.is_file()
    return {
        "name": name,
        "kind": "added",
        "default": name == default,
        "installed": here,
        "bytes": path.stat().st_size if path and here else None,
        "aliases": [],
        "path": ref,
        "good_for": "" if here or path is None else "the file is gone",
    }


def _found_row(found: Found, default: str) -> dict[str, Any]:
    return {
        "name": found.name,
        "kind": "found",
        "default": found.name == default,
        "installed": True,
        "bytes": found.bytes,
        "aliases": [],
        "path": str(found.path),
        "good_for": "kept here by another program",
    }


def rows(home: Path) -> list[dict[str, Any]]:

    own, default, known = registry.names(home), registry.default_ref(home), catalogue()
    rows = [_catalogue_row(entry, home, own, default) for entry in known.values()]
    rows += [_own_row(name, ref, default) for name, ref in own.items() if ref not in known]
    return rows + [_found_row(found, default) for found in scan()]


def describe(name: str, home: Path) -> dict[str, Any]:
    """What the catalogue and, when the file is here, its header say."""
    ref = name or registry.default_ref(home)
    target, own = registry.locate(ref, home), registry.names(home)
    if isinstance(target, registry.Remote):
        return {"name": ref, "installed": True, **dataclasses.asdict(target)}
    facts: dict[str, Any] = {"name": ref, "installed": True}
    if isinstance(target, Entry):
        facts = _catalogue_row(target, home, own, registry.default_ref(home))
        if not facts["installed"]:
            return facts
    model = registry.resolve(ref, home)
    if isinstance(model, registry.ModelFile):
        facts |= {"path": str(model.path), "sha256": model.sha256}
        facts["gguf"] = dataclasses.asdict(read_gguf(model.path))
    return facts


