"""llama.cpp's context behind a few typed calls: the KV cache, decodes, grammars.

Facts the calls rest on (llama-cpp-python 0.3.36): a partial `seq_cp` needs `kv_unified`, or
llama.cpp aborts the process; an `n_outputs_max` left alone reserves hundreds of megabytes of
logits, and one below `n_seq_max` aborts.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import llama_cpp as C  # noqa: N812 - the C API reads best under one letter
import numpy as np
import numpy.typing as npt

from ttc_cli.core.errors import MissingCapability, ModelError
from ttc_cli.engine.host import Tuning
from ttc_cli.engine.llama.binding import Model, log
from ttc_cli.engine.machine import available_threads

Floats = npt.NDArray[np.float32]

MAX_ROWS = 512  # tokens in one decode: a prefill chunk. Decodes of branches are far smaller.
MAX_SEQUENCES = 96  # live and resident ones; llama.cpp reserves a row of logits for each
MAX_OUTPUTS = 63
"""Rows with logits in one decode. From 64 rows on, flash attention on the CPU computes every
branch against the cells of all branches (measured: 57 tok/s at 63, 36 at 64)."""

_FLASH = {
    None: C.LLAMA_FLASH_ATTN_TYPE_AUTO, True: C.LLAMA_FLASH_ATTN_TYPE_ENABLED,
    False: C.LLAMA_FLASH_ATTN_TYPE_DISABLED,
}  # fmt: skip
_KINDS = {"f16": C.GGML_TYPE_F16, "q8_0": C.GGML_TYPE_Q8_0}


@dataclass(frozen=True, slots=True)
class Row:
    """One token of a decode: its id, position, sequence, and whether logits are wanted."""

    token: int
    position: int
    sequence: int
    output: bool


class Context:
    """One KV cache of `cells` cells, shared by up to MAX_SEQUENCES sequences.

    Args:
        cells: tokens of all sequences together.
        tuning: how; its threads serve decoding and prefill alike.
        abort: called (with the GIL, from the decoding thread) between the nodes of a
            prefill; returning True abandons it.

    Raises ModelError: the context cannot be made, usually for want of memory.
    """

    def __init__(
        self, model: Model, *, cells: int, tuning: Tuning, abort: Callable[[], bool]
    ) -> None:
        params = C.llama_context_default_params()
        params.n_ctx, params.n_batch = cells, MAX_ROWS
        params.n_ubatch = min(tuning.ubatch, MAX_ROWS)
        # fewer outputs than sequences abort the process
        params.n_seq_max = params.n_outputs_max = MAX_SEQUENCES
        params.n_threads = params.n_threads_batch = tuning.threads or available_threads()
        params.flash_attn_type = _FLASH[tuning.flash]
        params.type_k = params.type_v = _KINDS[tuning.kv]
        params.kv_unified = True
        params.swa_full = True  # or a fork into the past of a sliding window reads pruned cells
        params.no_perf = True
        self.model = model
        self.handle = C.llama_init_from_model(model.handle, params)
        if not self.handle:
            why = log().errors[-1] if log().errors else "no reason given"
            raise ModelError(
                f"no context of {cells} tokens could be made: {why}",
                "give a smaller --ctx-size, or a smaller model",
            )
        self.memory = C.llama_get_memory(self.handle)
        self.cells = int(C.llama_n_ctx(self.handle))
        self._batch = C.llama_batch_init(MAX_ROWS, 0, 1)
        self._abort = C.ggml_abort_callback(lambda _: abort())
        self._no_abort = C.ggml_abort_callback()
        self._hidden = False

    def decode(self, rows: Sequence[Row], *, hidden: bool = False, abortable: bool = False) -> int:
        """Evaluate rows in one call.

        Returns 0 (done), 1 (no room in the cache), 2 (aborted: the caller cuts the sequences
        back), or a negative number (fatal).
        """
        batch = self._batch
        batch.n_tokens = len(rows)
        for i, row in enumerate(rows):
            batch.token[i], batch.pos[i], batch.logits[i] = row.token, row.position, row.output
            batch.n_seq_id[i], batch.seq_id[i][0] = 1, row.sequence
        if hidden != self._hidden:
            C.llama_set_embeddings(self.handle, hidden)
            self._hidden = hidden
        if not abortable:
            return int(C.llama_decode(self.handle, batch))
        # Called for every node of the graph, so only where a decode takes seconds.
        C.llama_set_abort_callback(self.handle, self._abort, None)
        try:
            return int(C.llama_decode(self.handle, batch))
        finally:
            C.llama_set_abort_callback(self.handle, self._no_abort, None)

    def logits(self, rows: int) -> Floats:
        """The last decode's logits: shape (rows with output, vocabulary), a view."""
        pointer = C.llama_get_logits(self.handle)
        return np.ctypeslib.as_array(pointer, shape=(rows, self.model.n_vocab))

    def hidden(self, row: int) -> Floats:
        """The hidden state of row `row` of the last decode: shape (embedding,), a copy."""
        pointer = C.llama_get_embeddings_ith(self.handle, row)
        return np.ctypeslib.as_array(pointer, shape=(self.model.n_embd,)).copy()

    def copy(self, source: int, target: int, length: int) -> None:
        """Let `target` share the first `length` cells of `source`."""
        C.llama_memory_seq_cp(self.memory, source, target, 0, length)

    def cut(self, sequence: int, start: int = 0) -> None:
        """Drop a sequence's tokens from position `start` on."""
        C.llama_memory_seq_rm(self.memory, sequence, start, -1)

    def length(self, sequence: int) -> int:
        """How many tokens llama.cpp itself holds for a sequence (for checks)."""
        return int(C.llama_memory_seq_pos_max(self.memory, sequence)) + 1

    def state(self, sequence: int) -> npt.NDArray[np.uint8]:
        """A sequence's cells as bytes, without its tokens."""
        size = int(C.llama_state_seq_get_size(self.handle, sequence))
        data = np.empty(size, dtype=np.uint8)
        pointer = data.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
        written = int(C.llama_state_seq_get_data(self.handle, pointer, size, sequence))
        return data[:written]

    def set_state(self, sequence: int, state: bytes, length: int) -> bool:
        """Fill an empty sequence with the cells of `length` tokens; False leaves it empty."""
        data = np.frombuffer(state, dtype=np.uint8)
        pointer = data.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
        read = int(C.llama_state_seq_set_data(self.handle, pointer, len(state), sequence))
        if read == len(state) and self.length(sequence) == length:
            return True
        self.cut(sequence)
        return False

    def close(self) -> None:
        """Free the cache; idempotent."""
        if self.handle:
            C.llama_free(self.handle)
            C.llama_batch_free(self._batch)
            self.handle = None


class Grammar:
    """A GBNF grammar in step with one branch. Never fed a token it does not allow.

    Raises MissingCapability: llama.cpp cannot parse the grammar.
    """

    def __init__(self, model: Model, source: str) -> None:
        self._model = model
        self._handle = C.llama_sampler_init_grammar(model.vocab, source.encode(), b"root")
        if not self._handle:
            raise MissingCapability("llama.cpp cannot parse this grammar", "check its rules")

    def _apply(self, data: Any, n: int) -> None:
        array = C.llama_token_data_array(data=data, size=n, selected=-1, sorted=False)
        C.llama_sampler_apply(self._handle, ctypes.byref(array))

    def allows(self, token: int) -> bool:
        """Whether the grammar can take this token now."""
        data = (C.llama_token_data * 1)(C.llama_token_data(id=token, logit=1.0, p=0.0))
        self._apply(data, 1)
        return bool(np.isfinite(data[0].logit))

    def mask(self, logits: Floats) -> Floats:
        """A copy of one row of logits, shape (vocabulary,), with what is not allowed at -inf."""
        n = len(logits)
        table = np.zeros(n, dtype=[("id", "i4"), ("logit", "f4"), ("p", "f4")])
        table["id"], table["logit"] = np.arange(n), logits
        self._apply(ctypes.cast(table.ctypes.data, ctypes.POINTER(C.llama_token_data)), n)
        out = np.empty(n, dtype=np.float32)
        out[table["id"]] = table["logit"]
        return out

    def accept(self, token: int) -> None:
        """Advance by a token that `allows` allowed."""
        C.llama_sampler_accept(self._handle, token)

    def close(self) -> None:
        """Free the sampler; idempotent."""
        if self._handle:
            C.llama_sampler_free(self._handle)
            self._handle = None
