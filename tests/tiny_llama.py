"""Random-weights GGUFs of a few kilobytes, with a vocabulary of the 256 bytes and some words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np

WIDTH, FEED, HEADS, LAYERS, CONTEXT = 32, 64, 4, 2, 2048
UNKNOWN, BOS, EOS = 0, 1, 2
WORDS = (" ", " the", " of", " a", " and", "\n\n", "ing", " =", " +", "é", "漢", "🙂", "the", " x")
SPECIAL = ("<unk>", "<s>", "</s>")
BYTES = tuple(f"<0x{n:02X}>" for n in range(256))
VOCABULARY = (*SPECIAL, *BYTES, *(w.replace(" ", "▁") for w in WORDS))

Tensor = Callable[..., None]


def _writer(path: Path, architecture: str) -> gguf.GGUFWriter:
    writer = gguf.GGUFWriter(str(path), architecture)
    writer.add_name(f"tiny {architecture}")
    writer.add_block_count(LAYERS)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(FEED)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(list(VOCABULARY))
    writer.add_token_scores([0.0] * 259 + [float(n) for n in range(len(WORDS))])
    kinds = gguf.TokenType
    writer.add_token_types(
        [kinds.UNKNOWN, kinds.CONTROL, kinds.CONTROL]
        + [kinds.BYTE] * 256
        + [kinds.NORMAL] * len(WORDS)
    )
    writer.add_unk_token_id(UNKNOWN)
    writer.add_bos_token_id(BOS)
    writer.add_eos_token_id(EOS)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    return writer


def _finish(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _tensors(writer: gguf.GGUFWriter) -> Tensor:
    """A function that adds a tensor of random numbers."""
    rng = np.random.default_rng(7)

    def add(name: str, *shape: int, spread: float = 0.3) -> None:
        writer.add_tensor(name, rng.normal(0, spread, shape).astype(np.float32))

    add("token_embd.weight", len(VOCABULARY), WIDTH, spread=1.0)
    add("output.weight", len(VOCABULARY), WIDTH, spread=0.25)
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, dtype=np.float32))
    for layer in range(LAYERS):
        writer.add_tensor(f"blk.{layer}.attn_norm.weight", np.ones(WIDTH, dtype=np.float32))
    return add


def write_llama(path: Path) -> Path:
    """A transformer of two layers."""
    writer = _writer(path, "llama")
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(VOCABULARY))
    add = _tensors(writer)
    for layer in range(LAYERS):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            add(f"blk.{layer}.{name}.weight", WIDTH, WIDTH)
        writer.add_tensor(f"blk.{layer}.ffn_norm.weight", np.ones(WIDTH, dtype=np.float32))
        add(f"blk.{layer}.ffn_gate.weight", FEED, WIDTH)
        add(f"blk.{layer}.ffn_up.weight", FEED, WIDTH)
        add(f"blk.{layer}.ffn_down.weight", WIDTH, FEED)
    _finish(writer)
    return path


def write_mamba(path: Path) -> Path:
    """A recurrent model of two layers: its sequences cannot be rewound."""
    inner, state, rank, conv = 2 * WIDTH, 16, 4, 4
    writer = _writer(path, "mamba")
    writer.add_head_count(0)
    writer.add_ssm_conv_kernel(conv)
    writer.add_ssm_inner_size(inner)
    writer.add_ssm_state_size(state)
    writer.add_ssm_time_step_rank(rank)
    add = _tensors(writer)
    for layer in range(LAYERS):
        add(f"blk.{layer}.ssm_in.weight", 2 * inner, WIDTH)
        add(f"blk.{layer}.ssm_conv1d.weight", inner, conv)
        add(f"blk.{layer}.ssm_conv1d.bias", inner)
        add(f"blk.{layer}.ssm_x.weight", rank + 2 * state, inner)
        add(f"blk.{layer}.ssm_dt.weight", inner, rank)
        add(f"blk.{layer}.ssm_dt.bias", inner)
        slopes = -np.tile(np.arange(1, state + 1, dtype=np.float32), (inner, 1))
        writer.add_tensor(f"blk.{layer}.ssm_a", slopes)
        writer.add_tensor(f"blk.{layer}.ssm_d", np.ones(inner, dtype=np.float32))
        add(f"blk.{layer}.ssm_out.weight", WIDTH, inner)
    _finish(writer)
    return path
