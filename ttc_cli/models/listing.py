"""The rows of `ttc models list` and the facts of `ttc models show`, as plain values."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ttc_cli.models import registry
from ttc_cli.models.catalogue import Entry, catalogue, scan
from ttc_cli.models.disk import size_text
from ttc_cli.models.gguf import read_gguf
from ttc_cli.settings import NamedRemote


def _row(
    name: str,
    kind: str,
    default: str,
    path: object,
    good_for: str,
    *,
    installed: bool = False,
    size: int | None = None,
    aliases: Sequence[str] = (),
) -> dict[str, Any]:
    """What every row has."""
    return {
        "name": name, "kind": kind, "default": default in (name, str(path)),
        "installed": installed, "bytes": size, "aliases": list(aliases),
        "path": None if path is None else str(path), "good_for": good_for,
    }  # fmt: skip


def _catalogue_row(entry: Entry, home: Path, own: dict[str, str], default: str) -> dict[str, Any]:
    have = registry.installed(entry, home)
    row = _row(
        entry.name, entry.kind, own.get(default, default), have and have.path, entry.good_for,
        installed=have is not None, size=have.bytes if have else entry.bytes,
        aliases=registry.aliases(entry.name, own),
    )  # fmt: skip
    return row | {
        "bytes_are_estimate": have is None and entry.sha256 is None,
        "sha256": entry.sha256 or (have.sha256 if have else None), "licence": entry.licence,
        "parameters": entry.parameters, "context": entry.context, "memory": entry.memory,
        "thinking": entry.thinking, "sources": [source.label for source in entry.sources],
    }  # fmt: skip


def _own_row(name: str, ref: str, default: str) -> dict[str, Any]:
    """A file or server the user gave a name."""
    path = None if "://" in ref else Path(ref)
    size = path.stat().st_size if path and path.is_file() else None
    about = "the file is gone" if path and size is None else ""
    return _row(name, "added", default, ref, about, installed=size is not None, size=size)


def rows(
    home: Path, remotes: Mapping[str, NamedRemote] = MappingProxyType({}), default: str = ""
) -> list[dict[str, Any]]:
    """One row a model: the catalogue, the user's names for other things, servers, what was found.

    `default` is what is used when none is named; by default what the registry says.
    `bytes` is None when the size is not known; `sha256` and all else that is missing is absent
    or None. Nothing is hashed and no header is read.
    """
    default = default or registry.default_ref(home)
    own, known = registry.names(home), catalogue()
    all_rows = [_catalogue_row(entry, home, own, default) for entry in known.values()]
    all_rows += [_own_row(name, ref, default) for name, ref in own.items() if ref not in known]
    all_rows += [
        _row(name, "remote", default, remote.where, remote.where)
        for name, remote in remotes.items()
    ]  # whether it answers is not asked
    return all_rows + [
        _row(one.name, "found", default, one.path, "kept here by another program",
             installed=True, size=one.bytes)
        for one in scan()
    ]  # fmt: skip


def describe(
    name: str, home: Path, remotes: Mapping[str, NamedRemote] = MappingProxyType({}),
    default: str = "",
) -> dict[str, Any]:  # fmt: skip
    """What the catalogue and, when the file is here, its header (under `gguf`) say.

    `default` is that of `rows`.
    Raises as `registry.resolve` and `read_gguf`; a catalogue model that is not here is no error.
    """
    default = default or registry.default_ref(home)
    ref = name or default
    target = remotes.get(ref) or registry.locate(ref, home)
    facts: dict[str, Any] = {"name": ref, "installed": True}
    if isinstance(target, NamedRemote):
        return facts | {"base_url": target.url, "model": target.model}
    if isinstance(target, Entry):
        facts = _catalogue_row(target, home, registry.names(home), default)
        if not facts["installed"]:
            return facts
    model = registry.at(target, ref, home)
    header = dataclasses.asdict(read_gguf(model.path))
    return facts | {"path": str(model.path), "sha256": model.sha256, "gguf": header}


def lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """The facts of `describe` for people: a label and a text each, the template last."""
    shown = [
        ("name", facts["name"]), ("server", facts.get("base_url")), ("model", facts.get("model")),
        ("path", facts.get("path") or ("not here" if not facts["installed"] else None)),
        ("size", size_text(facts["bytes"]) if facts.get("bytes") else None),
        ("sha256", facts.get("sha256")), ("licence", facts.get("licence")),
        ("runs in", f"{size_text(facts['memory'])} of memory" if facts.get("memory") else None),
        ("good for", facts.get("good_for")), ("sources", "; then ".join(facts.get("sources", []))),
    ]  # fmt: skip
    if "gguf" in facts:
        shown += _header_lines(facts["gguf"])
    elif "context" in facts:
        thinks = "yes" if facts["thinking"] else "no"
        context = f"{facts['context']:,} tokens"
        shown += [("parameters", facts["parameters"]), ("context", context), ("thinks", thinks)]
    return [(label, str(text)) for label, text in shown if text]


def _shortly(template: str) -> str:
    first = next((line.strip() for line in template.splitlines() if line.strip()), "")
    head = first if len(first) <= 50 else f"{first[:49]}…"
    return f"{len(template):,} characters: {head} (--json shows all)"


def _header_lines(gguf: dict[str, Any]) -> list[tuple[str, str | None]]:
    kv = gguf["kv_bytes_per_token"]
    original = gguf["original_context_length"]
    scaled = f", {original:,} before rope scaling" if original else ""
    special = ", ".join(f"{role} {token}" for role, token in gguf["special_tokens"].items())
    heads = f"{gguf['heads']} heads, {gguf['kv_heads']} for keys and values"
    window = f", window {gguf['sliding_window']:,}" if gguf["sliding_window"] else ""
    experts = f", {gguf['experts']} experts" if gguf["experts"] else ""
    template = gguf["chat_template"]
    return [
        ("model", gguf["name"]),
        ("architecture", f"{gguf['architecture']} ({gguf['memory_kind']}){experts}"),
        ("parameters", f"{gguf['parameters']:,}"),
        ("quantisation", gguf["quantisation"]),
        ("context", f"{gguf['context_length']:,} tokens{scaled}"),
        ("layers", f"{gguf['layers']}, width {gguf['embedding_length']}, {heads}{window}"),
        ("KV memory", f"{kv:,} bytes a token as f16 ({size_text(4096 * kv)} for 4,096 tokens)"),
        ("vocabulary", f"{gguf['vocabulary']:,}; {special}"),
        ("thinks", "yes" if gguf["thinks"] else "no"),
        ("chat template", _shortly(template) if template else "none"),
    ]
