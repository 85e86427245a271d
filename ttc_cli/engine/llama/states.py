"""A prompt's cells as bytes, and back: what a cache of prompts keeps between processes.

The bytes carry no identity: whoever keeps them keeps `key` beside them, and a checksum.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import llama_cpp

from ttc_cli.core.branch import Prompt

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ttc_cli.core.engine import EngineInfo
    from ttc_cli.engine.host import Tuning
    from ttc_cli.engine.llama.info import Tokens
    from ttc_cli.engine.llama.scheduler import Scheduler

CAPABILITY = "state"


class Owner(Protocol):
    """The engine, as its states need it."""

    tuning: Tuning
    gpu_layers: int
    tokens: Tokens

    @property
    def info(self) -> EngineInfo: ...  # noqa: D102 - see Engine
    def at_rest(self) -> AbstractContextManager[Scheduler | None]: ...  # noqa: D102 - see LlamaEngine


class States:
    """The evaluated prompts of an engine in process; see `host.States`."""

    def __init__(self, engine: Owner) -> None:
        self._engine = engine

    def key(self) -> str:
        """What bytes of a state mean nothing without; empty where states cannot be kept."""
        engine, info = self._engine, self._engine.info
        if CAPABILITY not in info.capabilities:
            return ""
        # what "auto" flash attention comes to is a matter of llama.cpp's version
        parts = (info.sha256, llama_cpp.__version__, sys.byteorder, info.meta["longrope_context"])
        tuning = engine.tuning
        laid = () if (tuning.flash, tuning.kv) == (None, "f16") else (tuning.flash, tuning.kv)
        return repr((*parts, engine.gpu_layers, *laid))

    def tokens(self, prompt: Prompt) -> list[int]:
        """A prompt as the model takes it."""
        return self._engine.tokens.prompt(prompt)

    def resident(self, tokens: Sequence[int]) -> int:
        """How many leading tokens are in the cache already."""
        with self._engine.at_rest() as scheduler:
            return scheduler.residents.tree.match(list(tokens))[1] if scheduler else 0

    def save(self, tokens: Sequence[int]) -> tuple[int, memoryview] | None:
        """The cells of the longest resident prefix of `tokens`: its length and its bytes."""
        with self._engine.at_rest() as scheduler:
            if scheduler is None:
                return None
            residents = scheduler.residents
            source, length = residents.tree.match(list(tokens))
            if not length or not residents.free:
                return None
            spare = residents.free[-1]
            residents.memory.copy(source, spare, length)
            try:
                return length, residents.memory.state(spare).data
            finally:
                residents.memory.cut(spare)

    def restore(self, tokens: Sequence[int], state: bytes, keep: int) -> bool:
        """Make the first `keep` of `tokens` resident, from the bytes that `save` gave for all.

        Returns whether it worked: not without room, and not for bytes that llama.cpp refuses.
        """
        began = time.perf_counter()
        with self._engine.at_rest() as scheduler:
            if scheduler is None or not scheduler.residents.adopt(list(tokens), state, keep):
                return False
            scheduler.counters.restore_seconds += time.perf_counter() - began
            return True

    def forget(self) -> None:
        """Drop what no live request needs, so that the cache is as that of a new process."""
        with self._engine.at_rest() as scheduler:
            if scheduler is not None:
                scheduler.residents.clear()
