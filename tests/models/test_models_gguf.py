"""GGUF headers: what is read from good files, and how bad ones are refused."""

from __future__ import annotations

import contextlib
import random
import struct
import time
import tracemalloc
from pathlib import Path

import pytest
from tiny_models import TEMPLATE, architecture, gguf_text, gguf_u32, raw_gguf, write_gguf

from ttc_cli.core.errors import ModelCorrupt, ModelError, UnreadableFile
from ttc_cli.models.gguf import read_gguf, split_parts, thinks


def test_facts_of_a_small_model(tmp_path: Path) -> None:
    info = read_gguf(write_gguf(tmp_path / "m.gguf"))
    assert (info.name, info.architecture, info.size_label) == ("Tiny", "qwen2", "1K")
    assert info.quantisation == "Q4_K_M"
    assert info.parameters == 300 * 64 + 64
    assert (info.context_length, info.original_context_length) == (512, None)
    assert (info.layers, info.kv_heads, info.key_length) == (2, 2, 16)
    assert info.kv_bytes_per_token == 2 * 2 * (16 + 16) * 2
    assert (info.vocabulary, info.chat_template) == (300, TEMPLATE)
    assert info.special_tokens == {"eos": 2}
    assert (info.memory_kind, info.experts, info.thinks) == ("attention", 0, False)


def test_per_layer_heads_rope_scaling_and_experts(tmp_path: Path) -> None:
    numbers = {
        "block_count": 2,
        "attention.key_length": 8,
        "attention.value_length": 4,
        "ssm.state_size": 16,
        "expert_count": 6,
        "rope.scaling.original_context_length": 128,
    }
    heads = gguf_text("jamba.attention.head_count_kv") + struct.pack("<IIQ2i", 9, 5, 2, 0, 2)
    pairs = [gguf_u32(f"jamba.{key}", value) for key, value in numbers.items()]
    info = read_gguf(raw_gguf(tmp_path / "m.gguf", architecture("jamba"), heads, *pairs))
    assert info.memory_kind == "hybrid"
    assert info.kv_bytes_per_token == 2 * (8 + 4) * 2
    assert (info.original_context_length, info.experts) == (128, 6)
    assert info.chat_template is None


def test_a_recurrent_model_keeps_no_keys_and_values(tmp_path: Path) -> None:
    pairs = [gguf_u32("mamba.block_count", 2), gguf_u32("mamba.ssm.state_size", 16)]
    info = read_gguf(raw_gguf(tmp_path / "m.gguf", architecture("mamba"), *pairs))
    assert (info.memory_kind, info.kv_bytes_per_token) == ("recurrent", 0)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ '<think>' }}", True),
        ("{% if enable_thinking %}", True),
        ("plain {{ messages }}", False),
        (None, False),
    ],
)
def test_thinking_is_read_from_the_template(template: str | None, expected: bool) -> None:
    assert thinks(template) is expected


def test_truncated_data_are_refused_with_both_sizes(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "m.gguf")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - 5000])
    with pytest.raises(ModelCorrupt, match=f"cut off.* has {len(whole) - 5000}"):
        read_gguf(path)


def test_every_truncation_of_the_header_is_refused(tmp_path: Path) -> None:
    whole = write_gguf(tmp_path / "m.gguf").read_bytes()
    path = tmp_path / "cut.gguf"
    for length in range(0, 6000, 23):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelCorrupt):
            read_gguf(path)


def test_damaged_headers_never_do_worse_than_an_error(tmp_path: Path) -> None:
    whole = write_gguf(tmp_path / "m.gguf").read_bytes()
    path = tmp_path / "damaged.gguf"
    rng = random.Random(7)
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 8)):
            data[rng.randrange(4, 9000)] = rng.choice([0, 1, 9, 127, 255, rng.randrange(256)])
        path.write_bytes(data)
        with contextlib.suppress(ModelError):
            read_gguf(path)


HUGE = 2**62
ONE_KEY = struct.pack("<4sIQQ", b"GGUF", 3, 0, 1) + struct.pack("<Q", 1) + b"k"
ONE_TENSOR = struct.pack("<4sIQQ", b"GGUF", 3, 1, 0) + struct.pack("<Q", 1) + b"t"
HOSTILE = {
    "text": (b"Hello, I am not a model.\n" * 10, "not a GGUF"),
    "empty": (b"", "empty"),
    "many keys": (struct.pack("<4sIQQ", b"GGUF", 3, 0, HUGE), "announces"),
    "many tensors": (struct.pack("<4sIQQ", b"GGUF", 3, HUGE, 0), "announces"),
    "long text": (struct.pack("<4sIQQQ", b"GGUF", 3, 0, 1, HUGE), "a text of"),
    "many texts": (ONE_KEY + struct.pack("<IIQ", 9, 8, HUGE), "lists of"),
    "overlong list": (ONE_KEY + struct.pack("<IIQ", 9, 4, HUGE), "cut off"),
    "overflow": (ONE_KEY + struct.pack("<IIQ3Q", 9, 8, 3, *[2**64 - 1] * 3), "cut off"),
    "nested lists": (ONE_KEY + struct.pack("<IIQ", 9, 9, 1), "values of type 9"),
    "unknown type": (ONE_KEY + struct.pack("<I", 77), "value of type 77"),
    "huge tensor": (ONE_TENSOR + struct.pack("<IQQIQ", 2, 2**60, 2**60, 0, 0), "cut off"),
    "many dimensions": (ONE_TENSOR + struct.pack("<I", 4_000_000_000), "dimensions"),
    "no architecture": (struct.pack("<4sIQQ", b"GGUF", 3, 0, 0), "no architecture"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_refused_at_once(tmp_path: Path, case: str) -> None:
    data, message = HOSTILE[case]
    path = tmp_path / "bad.gguf"
    path.write_bytes(data)
    tracemalloc.start()
    start = time.perf_counter()
    with pytest.raises(ModelCorrupt, match=message) as caught:
        read_gguf(path)
    seconds, peak = time.perf_counter() - start, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "\n" not in str(caught.value)
    assert seconds < 1
    assert peak < 5_000_000


def test_versions_that_are_not_supported(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(b"GGUF" + struct.pack(">IQQ", 3, 0, 0))
    with pytest.raises(ModelError, match="big-endian"):
        read_gguf(path)


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile):
        read_gguf(tmp_path / "none.gguf")


def test_split_models(tmp_path: Path) -> None:
    first = write_gguf(tmp_path / "m-00001-of-00002.gguf")
    second = write_gguf(tmp_path / "m-00002-of-00002.gguf")
    assert split_parts(first) == (first, second)
    info = read_gguf(first)
    assert info.parameters == 2 * (300 * 64 + 64)
    assert info.bytes == first.stat().st_size + second.stat().st_size


def test_a_large_vocabulary_is_stepped_over_quickly(tmp_path: Path) -> None:
    entries = b"".join(gguf_text(f"t{n}") for n in range(150_000))
    tokens = gguf_text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 150_000) + entries
    path = raw_gguf(tmp_path / "m.gguf", architecture("llama"), tokens)
    start = time.perf_counter()
    info = read_gguf(path)
    assert info.vocabulary == 150_000
    assert time.perf_counter() - start < 0.5  # 0.02 s on an idle machine
