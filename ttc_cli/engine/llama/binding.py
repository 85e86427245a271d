"""llama.cpp's log, weights and vocabulary behind a few typed calls (context.py has the cache).

The log callback must stay referenced, or the process segfaults.
"""

from __future__ import annotations

import collections
import ctypes
import functools
import os
import re
import threading
from pathlib import Path
from typing import Any

import llama_cpp as C  # noqa: N812 - the C API reads best under one letter

from ttc_cli.core.errors import EngineFailed, ModelError
from ttc_cli.core.files import private_folder
from ttc_cli.engine import machine

_LEVEL_ERROR = 4  # ggml_log_level, which the bindings do not name

LONGEST_LOG = 1_000_000  # bytes of llama.cpp's log beyond which the next start begins it anew


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
                opener = functools.partial(os.open, mode=0o600)
                self._file = open(path, "ab", buffering=0, opener=opener)  # noqa: SIM115 - kept
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


@functools.cache
def log() -> Log:
    """The process's one llama.cpp log; installs the callback on first use."""
    made = Log()
    C.llama_backend_init()
    return made


class Model:
    """A loaded GGUF: weights and vocabulary.

    Raises ModelError: llama.cpp refused the file; its last error is in the message.
    """

    def __init__(self, path: Path, *, gpu_layers: int = -1, vocab_only: bool = False) -> None:
        notes = log()
        notes.errors.clear()
        params = C.llama_model_default_params()
        params.n_gpu_layers, params.vocab_only = gpu_layers, vocab_only
        params.use_extra_bufts = not crashes()  # AMX kernels work on such buffers only
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
        self.bytes = int(C.llama_model_size(self.handle))  # of the weights
        # whether a sequence can be cut at an earlier point: recurrent state cannot
        recurrent = C.llama_model_is_recurrent(self.handle) or C.llama_model_is_hybrid(self.handle)
        self.rewindable = not recurrent
        self.window = int(C.llama_model_n_swa(self.handle))  # that some layers look back; 0: all
        self.adds_bos = bool(C.llama_vocab_get_add_bos(self.vocab))  # ahead of a text
        self.bos, self.eos = int(C.llama_vocab_bos(self.vocab)), int(C.llama_vocab_eos(self.vocab))
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
        attribute, text = C.llama_vocab_get_attr, C.llama_vocab_get_text
        tokens = [t for t in range(self.n_vocab) if attribute(self.vocab, t) & (control | user)]
        found = (text(self.vocab, token).decode("utf-8", "replace") for token in tokens)
        return frozenset(text for text in found if len(text) > 2)

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
        size = 256
        while token not in self.pieces:
            buffer = ctypes.create_string_buffer(size)
            n = C.llama_token_to_piece(self.vocab, token, buffer, size, 0, False)
            if n >= -size:
                self.pieces[token] = buffer.raw[: max(0, n)]
            size = -n
        return self.pieces[token]

    def close(self) -> None:
        """Free the weights; idempotent."""
        if self.handle:
            C.llama_model_free(self.handle)
            self.handle = None


# GCC before 11.5, 12.4 and 13.3 writes the tile configuration after the instruction that loads it
# (GCC bug 114098). A llama.cpp built with one of them, on a processor that has AMX, dies of an
# illegal instruction in its first prefill.
MENDED = {11: 5, 12: 4, 13: 3}
"""First minor version of each GCC that has the fix; later ones have it, earlier ones lack it."""
WITHOUT = 'CFLAGS="-mno-amx-tile -mno-amx-int8 -mno-amx-bf16" CXXFLAGS="$CFLAGS"'
"""Environment of a build that leaves the kernels out."""


def miscompiled(comment: bytes) -> bool:
    """Whether a library's compiler has the bug.

    Args:
        comment: bytes that hold the library's `.comment`, such as the whole file.
    """
    versions = re.findall(rb"GCC: \([^)]*\) (\d+)\.(\d+)", comment)
    return any(
        int(minor) < MENDED.get(int(major), 0) or int(major) < 11 for major, minor in versions
    )


@functools.cache
def crashes() -> bool:
    """Whether this build's AMX kernels are built in, would be used here, and are broken."""
    if "AMX_INT8" not in machine.cpu_features():
        return False
    if b"AMX_INT8 = 1" not in C.llama_print_system_info():
        return False
    library = Path(C.__file__).parent / "lib" / "libggml-cpu.so"
    try:
        return miscompiled(library.read_bytes())
    except OSError:
        return False
