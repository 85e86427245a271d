"""What a GGUF file says about its model: shape, context, memory per token, template, thinking."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ttc_cli.core.errors import ModelCorrupt, ModelError, ModelMissing
from ttc_cli.models.gguf_header import FILE_TYPES, Header, read_header

_SPLIT = re.compile(r"(?P<stem>.+)-(?P<index>\d{5})-of-(?P<count>\d{5})\.gguf")
_RECURRENT_KEYS = ("ssm.state_size", "ssm.conv_kernel", "wkv.head_size", "shortconv.l_cache")
_TOKEN_ID = re.compile(r"tokenizer\.ggml\.(.*)_token_id", re.DOTALL)
_F16 = 2  # bytes

MemoryKind = Literal["attention", "recurrent", "hybrid"]


@dataclass(frozen=True)
class GgufInfo:
    """The facts of a model file.

    Attributes:
        architecture: llama.cpp's name of it ("qwen2").
        quantisation: "Q4_K_M" and so on; "unknown" when the file does not say.
        parameters: elements of all tensors of all parts.
        bytes: of all parts.
        context_length: tokens; 0 when the file does not say.
        original_context_length: tokens before rope scaling stretched them; None without it.
        layers, embedding_length, heads: as trained.
        kv_heads: most of any layer.
        key_length, value_length: numbers per head.
        kv_bytes_per_token: memory of one token's keys and values in all layers, as f16.
        sliding_window: tokens some layers look back, or None.
        vocabulary: how many tokens; 0 when the file does not say.
        chat_template: Jinja text, untrusted; None when there is none.
        special_tokens: ids by role ("bos", "eos", "eot", "unknown", "padding", …).
        experts: of a mixture; 0 for a dense model.
        memory_kind: "recurrent" and "hybrid" models cannot rewind to an earlier token.
        thinks: whether the template knows a thinking model's tags or switch.
    """

    name: str
    architecture: str
    size_label: str
    quantisation: str
    parameters: int
    bytes: int
    context_length: int
    original_context_length: int | None
    layers: int
    embedding_length: int
    heads: int
    kv_heads: int
    key_length: int
    value_length: int
    kv_bytes_per_token: int
    sliding_window: int | None
    vocabulary: int
    chat_template: str | None
    special_tokens: dict[str, int]
    experts: int
    memory_kind: MemoryKind
    thinks: bool


def split_parts(path: Path) -> tuple[Path, ...]:
    """All files of a model, in order, from the path of the first (most models have one).

    Raises:
        ModelMissing: a part is not there; names the missing ones.
        ModelError: a later part was given; names the first.
    """
    match = _SPLIT.fullmatch(path.name)
    if not match:
        return (path,)
    stem, count = match["stem"], int(match["count"])
    name = f"{stem}-{{:05}}-of-{count:05}.gguf"
    if int(match["index"]) != 1:
        raise ModelError(f"{path.name} is not the first part", f"give {name.format(1)}")
    parts = tuple(path.with_name(name.format(n)) for n in range(1, count + 1))
    missing = [part.name for part in parts if not part.is_file()]
    if missing:
        shown = ", ".join(missing[:3]) + (" …" if len(missing) > 3 else "")
        raise ModelMissing(
            f"{len(missing)} of {count} parts of {stem} are missing: {shown}",
            f"put them next to {path}",
        )
    return parts


class _Facts:
    """Typed look-ups in metadata nobody has checked."""

    def __init__(self, header: Header) -> None:
        self.metadata = header.metadata
        self.architecture = self.text("general.architecture") or "unknown"

    def text(self, key: str) -> str:
        value = self.metadata.get(key)
        return value if isinstance(value, str) else ""

    def number(self, key: str) -> int:
        """A count, or the largest of a per-layer list; 0 when absent or of another type."""
        return max(self.per_layer(key, 1))

    def per_layer(self, key: str, layers: int) -> tuple[int, ...]:
        value = self.metadata.get(key, self.metadata.get(f"{self.architecture}.{key}"))
        if isinstance(value, tuple):
            numbers = tuple(int(n) for n in value if isinstance(n, int) and n >= 0)
            return numbers or (0,)
        return (max(0, value) if isinstance(value, int) else 0,) * max(1, layers)

    def has(self, key: str) -> bool:
        return f"{self.architecture}.{key}" in self.metadata


def _special_tokens(facts: _Facts) -> dict[str, int]:
    named = ((_TOKEN_ID.fullmatch(key), value) for key, value in facts.metadata.items())
    return {match[1]: int(value) for match, value in named if match and isinstance(value, int)}


def _memory_kind(facts: _Facts, kv_heads: tuple[int, ...]) -> MemoryKind:
    if not any(facts.has(key) for key in _RECURRENT_KEYS):
        return "attention"
    return "hybrid" if any(kv_heads) else "recurrent"


def _attention_layers(facts: _Facts, layers: int) -> tuple[int, ...]:
    """Key-value heads of each layer; 0 for a layer that keeps a recurrent state instead."""
    key = "attention.head_count_kv"
    kv_heads = facts.per_layer(key if facts.has(key) else "attention.head_count", layers)[:layers]
    interval = facts.number("full_attention_interval")
    if interval > 1:  # e.g. every fourth layer attends, the others are recurrent
        kv_heads = tuple(n if (i + 1) % interval == 0 else 0 for i, n in enumerate(kv_heads))
    return kv_heads or (0,)


def thinks(template: str | None) -> bool:
    """Whether a chat template is a thinking model's: it has the tags or the switch."""
    return template is not None and ("<think>" in template or "enable_thinking" in template)


def read_gguf(path: Path) -> GgufInfo:
    """Read the facts of a model, of a split one from all its parts.

    Raises UnreadableFile, ModelCorrupt, ModelError, ModelMissing: see `read_header`, `split_parts`.
    """
    headers = [read_header(part) for part in split_parts(path)]
    facts = _Facts(headers[0])
    if facts.architecture == "unknown":
        raise ModelCorrupt(f"{path}: the header names no architecture", "give another file")
    layers = min(facts.number("block_count"), 10_000)
    heads = facts.number("attention.head_count")
    kv_heads = _attention_layers(facts, layers)
    head_length = facts.number("embedding_length") // heads if heads else 0
    key_length = facts.number("attention.key_length") or head_length
    value_length = facts.number("attention.value_length") or head_length
    template = facts.text("tokenizer.chat_template") or None
    told = "general.file_type" in facts.metadata
    kind = facts.number("general.file_type") if told else -1
    return GgufInfo(
        name=facts.text("general.name") or path.stem,
        architecture=facts.architecture,
        size_label=facts.text("general.size_label"),
        quantisation=FILE_TYPES.get(kind, "unknown"),
        parameters=sum(header.parameters for header in headers),
        bytes=sum(header.bytes for header in headers),
        context_length=facts.number("context_length"),
        original_context_length=facts.number("rope.scaling.original_context_length") or None,
        layers=layers,
        embedding_length=facts.number("embedding_length"),
        heads=heads,
        kv_heads=max(kv_heads),
        key_length=key_length,
        value_length=value_length,
        kv_bytes_per_token=sum(kv_heads) * (key_length + value_length) * _F16,
        sliding_window=facts.number("attention.sliding_window") or None,
        vocabulary=headers[0].lengths.get("tokenizer.ggml.tokens", 0),
        chat_template=template,
        special_tokens=_special_tokens(facts),
        experts=facts.number("expert_count"),
        memory_kind=_memory_kind(facts, kv_heads),
        thinks=thinks(template),
    )
