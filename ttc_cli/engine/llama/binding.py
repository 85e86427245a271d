"""llama.cpp's C API behind a few typed calls. The only file that touches ctypes.

Facts the calls rest on (llama-cpp-python 0.3.36): a partial `seq_cp` needs `kv_unified`, or
llama.cpp aborts the process; the log callback must stay referenced, or it segfaults; an
`n_outputs_max` left alone reserves hundreds of megabytes of logits.
"""

from __future__ import annotations

import collections
import ctypes
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llama_cpp as C  # noqa: N812 - the C API reads best under one letter
import numpy as np
import numpy.typing as npt

from ttc_cli.core.errors import EngineFailed, MissingCapability, ModelError

Floats = npt.NDArray[np.float32]

MAX_ROWS = 512
"""Tokens in one decode: a prefill chunk. Decodes of branches are far smaller."""
MAX_SEQUENCES = 96
"""Live and resident ones; llama.cpp reserves a row of logits for each."""
MAX_OUTPUTS = 63
"""Rows with logits in one decode. From 64 rows on, flash attention on the CPU computes every
branch against the cells of all branches (measured: 57 tok/s at 63, 36 at 64)."""

_LEVEL_ERROR = 4  # ggml_log_level, which the bindings do not name


class Log:
    """llama.cpp's log: to a file (or nowhere), with the last error kept for messages."""

    def __init__(self) -> None:
        self.tail: collections.deque[str] = collections.deque(maxlen=20)
        self.errors: collections.deque[str] = collections.deque(maxlen=5)
        self._file: Any = None
        self._lock = threading.Lock()
        self._callback = C.llama_log_callback(self._write)
        C.llama_log_set(self._callback, ctypes.c_void_p(0))

    def to_file(self, path: Path | None) -> None:
        """Append to `path` from now on; a log that cannot be written is no reason to stop."""
        with self._lock:
            if self._file is not None:
                self._file.close()
            self._file = None
            if path is None:
                return
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._file = path.open("ab", buffering=0)
            except OSError:
                self._file = None

    def _write(self, level: int, text: bytes | None, _user: Any) -> None:
        line = text or b""
        with self._lock:
            if self._file is not None:
                try:
                    self._file.write(line)
                except OSError:
                    self._file = None
            message = line.decode("utf-8", "replace").strip()
            if message and level == _LEVEL_ERROR:
                self.errors.append(message)


_log: Log | None = None


def log() -> Log:
    """The process's one llama.cpp log; installs the callback on first use."""
    global _log
    if _log is None:
        _log = Log()
        C.llama_backend_init()
    return _log


@dataclass(frozen=True, slots=True)
class Row:
    """One token of a decode: its id, position, sequence, and whether logits are wanted."""

    token: int
    position: int
    sequence: int
    output: bool


class Model:
    """A loaded GGUF: weights and vocabulary.

    Raises:
        ModelError: llama.cpp refused the file; its last error is in the message.
    """

    def __init__(self, path: Path, *, gpu_layers: int = -1, vocab_only: bool = False) -> None:
        notes = log()
        notes.errors.clear()
        params = C.llama_model_default_params()
        params.n_gpu_layers = gpu_layers
        params.vocab_only = vocab_only
        self.handle = C.llama_model_load_from_file(os.fsencode(path), params)
        if not self.handle:
            why = notes.errors[0] if notes.errors else "no reason given"
            raise ModelError(
                f"llama.cpp cannot load {path.name}: {why}",
                "check the file with `ttc models show`, or pull the model again",
            )
        self.vocab = C.llama_model_get_vocab(self.handle)
        self.n_vocab = int(C.llama_vocab_n_tokens(self.vocab))
        self.n_embd = int(C.llama_model_n_embd_out(self.handle))
        self.n_ctx_train = int(C.llama_model_n_ctx_train(self.handle))
        self._pieces: dict[int, bytes] = {}
        self._buffer = ctypes.create_string_buffer(256)

    def meta(self, key: str) -> str:
        """A metadata value as text, or the empty string."""
        size = 1 << 10
        while True:
            buffer = ctypes.create_string_buffer(size)
            n = C.llama_model_meta_val_str(self.handle, key.encode(), buffer, size)
            if n < size:
                return buffer.value.decode("utf-8", "replace") if n >= 0 else ""
            size = n + 1

    @property
    def rewindable(self) -> bool:
        """Whether a sequence can be cut at an earlier point (recurrent state cannot)."""
        return not (
            C.llama_model_is_recurrent(self.handle) or C.llama_model_is_hybrid(self.handle)
        )

    @property
    def adds_bos(self) -> bool:
        """Whether a text starts with the beginning-of-sequence token."""
        return bool(C.llama_vocab_get_add_bos(self.vocab))

    @property
    def bos(self) -> int:
        """The beginning-of-sequence token, or -1."""
        return int(C.llama_vocab_bos(self.vocab))

    @property
    def eos(self) -> int:
        """The end-of-sequence token, or -1."""
        return int(C.llama_vocab_eos(self.vocab))

    def is_end(self, token: int) -> bool:
        """Whether a token ends the model's turn."""
        return bool(C.llama_vocab_is_eog(self.vocab, token))

    def special_texts(self) -> frozenset[str]:
        """The texts of the control tokens: what must not be parsed out of a user's words."""
        control, user = C.LLAMA_TOKEN_ATTR_CONTROL, C.LLAMA_TOKEN_ATTR_USER_DEFINED
        found = set()
        for token in range(self.n_vocab):
            if C.llama_vocab_get_attr(self.vocab, token) & (control | user):
                text = C.llama_vocab_get_text(self.vocab, token).decode("utf-8", "replace")
                if len(text) > 2:
                    found.add(text)
        return frozenset(found)

    def tokenize(self, text: str, *, special: bool) -> list[int]:
        """Token ids of a text, without a beginning-of-sequence token."""
        data = text.encode("utf-8", "surrogatepass")
        size = len(data) + 8
        out = (C.llama_token * size)()
        n = int(C.llama_tokenize(self.vocab, data, len(data), out, size, False, special))
        if n < 0:
            raise EngineFailed(f"llama.cpp could not tokenise a text of {len(data)} bytes")
        return list(out[:n])

    def piece(self, token: int) -> bytes:
        """The bytes a token stands for; control tokens are empty."""
        known = self._pieces.get(token)
        if known is None:
            n = C.llama_token_to_piece(self.vocab, token, self._buffer, 256, 0, False)
            known = self._buffer.raw[: max(0, n)]
            self._pieces[token] = known
        return known

    def close(self) -> None:
        """Free the weights; idempotent."""
        if self.handle:
            C.llama_model_free(self.handle)
            self.handle = None


class Context:
    """One KV cache of `cells` cells, shared by up to MAX_SEQUENCES sequences.

    Args:
        cells: tokens of all sequences together.
        threads: for decoding and prefill alike.
        abort: called (with the GIL, from the decoding thread) between the nodes of a
            prefill; returning True abandons it.

    Raises:
        ModelError: the context cannot be made, usually for want of memory.
    """

    def __init__(
        self, model: Model, *, cells: int, threads: int, abort: Callable[[], bool]
    ) -> None:
        params = C.llama_context_default_params()
        params.n_ctx = cells
        params.n_batch = params.n_ubatch = MAX_ROWS
        params.n_seq_max = MAX_SEQUENCES
        params.n_outputs_max = MAX_SEQUENCES  # less than n_seq_max aborts the process
        params.n_threads = params.n_threads_batch = threads
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
            batch.token[i] = row.token
            batch.pos[i] = row.position
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = row.sequence
            batch.logits[i] = row.output
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

    def close(self) -> None:
        """Free the cache; idempotent."""
        if self.handle:
            C.llama_free(self.handle)
            C.llama_batch_free(self._batch)
            self.handle = None


class Grammar:
    """A GBNF grammar in step with one branch. Never fed a token it does not allow.

    Raises:
        MissingCapability: llama.cpp cannot parse the grammar.
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
        table["id"] = np.arange(n)
        table["logit"] = logits
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
