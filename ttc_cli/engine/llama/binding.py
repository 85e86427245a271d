"""llama.cpp's log, weights and vocabulary behind a few typed calls (context.py has the cache).

The log callback must stay referenced, or the process segfaults.
"""

from __future__ import annotations

import collections
import ctypes
import os
import threading
from pathlib import Path
from typing import Any

import llama_cpp as C  # noqa: N812 - the C API reads best under one letter

from ttc_cli.core.errors import EngineFailed, ModelError
from ttc_cli.core.files import private_folder
from ttc_cli.engine.llama import amx

_LEVEL_ERROR = 4  # ggml_log_level, which the bindings do not name

LONGEST_LOG = 1_000_000
"""Bytes of llama.cpp's log beyond which the next start begins it anew."""


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class Log:
    """llama.cpp's log: to a file (or nowhere), with the last error kept for messages."""

    def __init__(self) -> None:
        self.errors: collections.deque[str] = collections.deque(maxlen=5)
        self._file: Any = None
        self._lock = threading.Lock()
        self._callback = C.llama_log_callback(self.write)
        C.llama_log_set(self._callback, ctypes.c_void_p(0))

    def to_file(self, path: Path | None) -> None:
        """Append to `path` from now on, which is begun anew when it has grown long.

        Only its owner may read it. A log that cannot be written is no reason to stop.
        """
        with self._lock:
            if self._file is not None:
                self._file.close()
            self._file = None
            if path is None:
                return
            try:
                private_folder(path.parent)
                self._file = open(path, "ab", buffering=0, opener=_private)  # noqa: SIM115 - kept
                path.chmod(0o600)
                if path.stat().st_size > LONGEST_LOG:
                    self._file.truncate(0)
            except OSError:
                self._file = None

    def write(self, level: int, text: bytes | None, _user: Any) -> None:
        """Take a line; llama.cpp calls it."""
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
        params.use_extra_bufts = not amx.crashes()  # AMX kernels work on such buffers only
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
        self.bytes = int(C.llama_model_size(self.handle))
        """Of the weights."""
        self.pieces: dict[int, bytes] = {}

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
        return not (C.llama_model_is_recurrent(self.handle) or C.llama_model_is_hybrid(self.handle))

    @property
    def window(self) -> int:
        """Tokens that some layers look back, 0 where all look back to the start."""
        return int(C.llama_model_n_swa(self.handle))

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

    @property
    def end_of_turn(self) -> int:
        """The token that ends the model's turn: the end of turn that its chat template writes
        (some GGUFs name another), else the end of the sequence."""
        token = int(C.llama_vocab_eot(self.vocab))
        if token < 0:
            return self.eos
        text = C.llama_vocab_get_text(self.vocab, token).decode("utf-8", "replace")
        return token if text in self.meta("tokenizer.chat_template") else self.eos

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
        """Token ids of a text, without a beginning-of-sequence token. Any thread may call it."""
        if not self.handle:
            raise EngineFailed("the model is closed")
        data = text.encode("utf-8", "surrogatepass")
        size = len(data) + 8
        while True:
            out = (C.llama_token * size)()
            n = int(C.llama_tokenize(self.vocab, data, len(data), out, size, False, special))
            if n >= 0:
                return list(out[:n])
            if -n <= size:
                raise EngineFailed(f"llama.cpp could not tokenise a text of {len(data)} bytes")
            size = -n  # a space can be three byte tokens

    def piece(self, token: int) -> bytes:
        """The bytes a token stands for; control tokens are empty. Any thread may call it."""
        known = self.pieces.get(token)
        if known is None:
            size = 256
            buffer = ctypes.create_string_buffer(size)
            n = C.llama_token_to_piece(self.vocab, token, buffer, size, 0, False)
            if n < -size:
                size = -n
                buffer = ctypes.create_string_buffer(size)
                n = C.llama_token_to_piece(self.vocab, token, buffer, size, 0, False)
            known = self.pieces[token] = buffer.raw[: max(0, n)]
        return known

    def close(self) -> None:
        """Free the weights; idempotent."""
        if self.handle:
            C.llama_model_free(self.handle)
            self.handle = None
