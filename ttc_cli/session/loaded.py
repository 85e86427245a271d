"""A model in memory, ready to answer questions, and what was learnt of its speed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ttc_cli.models.registry import ModelFile, identity
from ttc_cli.prompts.documents import Document
from ttc_cli.settings import Settings, cache_dir, home, log_dir
from ttc_cli.store import speeds as store

if TYPE_CHECKING:
    from ttc_cli.engine.llama.engine import LlamaEngine

    Load = Callable[[Settings, ModelFile, str], LlamaEngine]


@dataclass(frozen=True, slots=True)
class Ask:
    """One question as the command line took it.

    Args:
        prompt: the question.
        documents: what it is about, ahead of it in the prompt.
        options: KEY=VALUE of the strategy.
        early_stop, diverse: see Plan.
        refresh: draw anew what the sample pool holds.
        task: what kind of work it is, when the asker knows; else it is guessed.
        began: monotonic seconds of the process's start; deadlines count from it.
    """

    prompt: str
    documents: tuple[Document, ...] = ()
    options: dict[str, str] = field(default_factory=dict)
    early_stop: bool = True
    diverse: bool = False
    refresh: bool = False
    task: str | None = None
    began: float = field(default_factory=time.monotonic)


def load_llama(settings: Settings, model: ModelFile, identity: str) -> LlamaEngine:
    """The model in llama.cpp; one that nobody vouches for is first tried in a child process.

    Raises:
        ModelError: it cannot be loaded.
    """
    from ttc_cli.engine.calibration import Widths
    from ttc_cli.engine.llama.engine import LlamaEngine
    from ttc_cli.engine.llama.trial import try_loading

    if model.sha256 is None:
        try_loading(model.path, home() / "models" / ".loads", identity)
    return LlamaEngine.load(
        model.path,
        context=settings.ctx_size or 0,
        threads=settings.threads or 0,
        gpu_layers=-1 if settings.gpu_layers is None else settings.gpu_layers,
        widths=Widths(),
        sha256=identity,
        log_file=log_dir() / "llama.log" if settings.log else None,
    )


class Session:
    """A loaded model, ready to answer. Close it.

    Args:
        settings: of this run.
        model: the file, from `models.pull.ensure`.
        load: makes the engine; by default llama.cpp's.
    """

    def __init__(
        self, settings: Settings, model: ModelFile, load: Load | None = None
    ) -> None:
        self.settings = settings
        self.model = model
        self.identity = identity(model)
        self._speeds_file = store.path(cache_dir(), self.identity)
        self.speeds = store.load(self._speeds_file)
        began = time.monotonic()
        self.engine = (load or load_llama)(settings, model, self.identity)
        self.load_seconds = time.monotonic() - began
        self.speeds.see(load=self.load_seconds)

    def close(self) -> None:
        """Free the model and keep what was learnt about its speed; idempotent."""
        self.engine.close()
        if self.settings.log:
            store.save(self._speeds_file, self.speeds)
