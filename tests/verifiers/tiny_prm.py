"""GGUFs of a few kilobytes that are PRMs of known scores, in any form.

One layer: attention with zero queries and keys is the mean over all that stands before, values
carry the mark of "bad" tokens, and the LM head turns what arrived into p(good) against p(bad).
"""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np

from ttc_cli.models.disk import hash_file, remember_sha256
from ttc_cli.verifiers.prm import scorer as prm_engine

WIDTH, HEADS, CONTEXT = 32, 4, 2048
SURE, STEEP = 0.4, 100.0
ERRORS = ("63", "239", "68", "38", "150", "126", "{8}")
"""What only the wrong steps of the self-test say, and one wrong answer of the contract."""
LATER = ("37", "61", "48", "94", "600", "21")
"""What only the steps after the wrong ones say."""
TEMPLATE = (
    "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}[assistant] {% endif %}"
)
SPECIAL = ("<unk>", "<s>", "</s>", "<extra_0>")
BYTES = tuple(f"<0x{n:02X}>" for n in range(256))
WORDS = ("+", "-", "Yes", "No", "ки")
GOOD, BAD = ("+", "Yes"), ("-", "No")


def write_prm(
    path: Path,
    *,
    name: str = "tiny",
    bad: tuple[str, ...] = ERRORS,
    sure: float = SURE,
    steep: float = STEEP,
    tags: bool = True,
) -> Path:
    """A PRM that falls once a bad token was read.

    Args:
        sure: logit of a good line; steep: what a bad token takes from it; negative ones make
            a PRM that says the opposite.
        tags: whether the vocabulary has the classifier's tag.
    """
    special = SPECIAL if tags else (*SPECIAL[:3], "<other>")
    vocabulary = (*special, *BYTES, *WORDS, *bad)
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name(name)
    writer.add_block_count(1)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(WIDTH)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(vocabulary))
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_chat_template(TEMPLATE)
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(list(vocabulary))
    writer.add_token_scores([0.0] * len(vocabulary))
    kinds = gguf.TokenType
    writer.add_token_types(
        [kinds.UNKNOWN, kinds.CONTROL, kinds.CONTROL, kinds.CONTROL]
        + [kinds.BYTE] * 256
        + [kinds.USER_DEFINED] * (len(vocabulary) - 260)
    )
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    _weights(writer, vocabulary, bad, sure, steep)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _weights(
    writer: gguf.GGUFWriter,
    vocabulary: tuple[str, ...],
    bad: tuple[str, ...],
    sure: float,
    steep: float,
) -> None:
    def add(name: str, rows: int, cells: dict[tuple[int, int], float]) -> None:
        tensor = np.zeros((rows, WIDTH), np.float32)
        for cell, value in cells.items():
            tensor[cell] = value
        writer.add_tensor(name, tensor)

    at = {word: len(vocabulary) - 1 - vocabulary[::-1].index(word) for word in vocabulary}
    marks = {(at[word], 1): 1.0 for word in bad}
    add("token_embd.weight", len(vocabulary), {(n, 0): 1.0 for n in range(len(vocabulary))} | marks)
    good = {(at[word], i): v for word in GOOD for i, v in ((0, sure), (2, -steep))}
    evil = {(at[word], i): v for word in BAD for i, v in ((0, -sure), (2, steep))}
    add("output.weight", len(vocabulary), good | evil)
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(WIDTH, np.float32))
    for name in ("attn_q", "attn_k", "ffn_gate", "ffn_up", "ffn_down"):
        add(f"blk.0.{name}.weight", WIDTH, {})
    add("blk.0.attn_v.weight", WIDTH, {(1, 1): 1.0})
    add("blk.0.attn_output.weight", WIDTH, {(2, 1): 1.0})


def two_class(sure: float = SURE, steep: float = STEEP) -> dict[str, np.ndarray]:
    """The head of Qwen2.5-Math-PRM's kind that scores as the LM heads here do."""
    first, second = np.zeros((WIDTH, WIDTH)), np.zeros((2, WIDTH))
    first[0, 0] = first[1, 2] = 1.0
    second[:, 0], second[:, 1] = (-sure, sure), (steep, -steep)
    return {
        "score.0.weight": first.astype(np.float32),
        "score.0.bias": np.zeros(WIDTH, np.float32),
        "score.2.weight": second.astype(np.float32),
        "score.2.bias": np.zeros(2, np.float32),
    }


def value(sure: float = SURE, steep: float = STEEP) -> dict[str, np.ndarray]:
    """The same as a value head of Skywork's kind."""
    weight = np.zeros((1, WIDTH), np.float32)
    weight[0, 0], weight[0, 2] = 2 * sure, -2 * steep
    return {"v_head.summary.weight": weight, "v_head.summary.bias": np.zeros(1, np.float32)}


def vouch(path: Path, home: Path) -> Path:
    """Let the home know the file's hash, so that no child process tries it first."""
    (home / "models").mkdir(exist_ok=True)
    remember_sha256(path, hash_file(path), home / "models")
    return path


def forget() -> None:
    """Free the PRMs of a test."""
    prm_engine.close_all()
