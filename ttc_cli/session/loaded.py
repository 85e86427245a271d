"""A model in memory, ready to answer questions, and what was learnt of its speed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from ttc_cli.models.registry import ModelFile, identity
from ttc_cli.prompts.documents import Document
from ttc_cli.settings import Settings, cache_dir, home, log_dir
from ttc_cli.store import speeds as store


@dataclass(frozen=True, slots=True)
class Ask:
    """One question as the command line took it.

    Args:
        prompt: the question.
        documents: what it is about, ahead of it in the prompt.
        options: KEY=VALUE of the strategy.
        early_stop, diverse: see Plan.
        began: monotonic seconds of the process's start; deadlines count from it.
    """

    prompt: str
    documents: tuple[Document, ...] = ()
    options: dict[str, str] = field(default_factory=dict)
    early_stop: bool = True
    diverse: bool = False
    began: float = field(default_factory=time.monotonic)


class Session:
    """A loaded model, ready to answer. Close it.

    Args:
        settings: of this run.
        model: the file, from `models.pull.ensure`.
        clock: monotonic seconds.
    """

    def __init__(self, settings: Settings, model: ModelFile) -> None:
        from ttc_cli.engine.calibration import Widths
        from ttc_cli.engine.llama.engine import LlamaEngine
        from ttc_cli.engine.llama.trial import try_loading

        self.settings = settings
        self.model = model
        self.identity = identity(model)
        self._speeds_file = store.path(cache_dir(), self.identity)
        self.speeds = store.load(self._speeds_file)
        began = time.monotonic()
        if model.sha256 is None:
            try_loading(model.path, home() / "models" / ".loads", self.identity)
        self.engine = LlamaEngine.load(
            model.path,
            context=settings.ctx_size or 0,
            threads=settings.threads or 0,
            gpu_layers=-1 if settings.gpu_layers is None else settings.gpu_layers,
            widths=Widths(),
            sha256=self.identity,
            log_file=log_dir() / "llama.log" if settings.log else None,
        )
        self.load_seconds = time.monotonic() - began
        self.speeds.see(load=self.load_seconds)

    def close(self) -> None:
        """Free the model and keep what was learnt about its speed; idempotent."""
        self.engine.close()
        if self.settings.log:
            store.save(self._speeds_file, self.speeds)
