"""A model in memory, ready to answer questions: how it is loaded, and the room that it has."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING, Protocol

from ttc_cli.core.errors import UsageError
from ttc_cli.engine.host import KV_SHARE, Tuning
from ttc_cli.models.registry import ModelFile, identity
from ttc_cli.session.model import Served
from ttc_cli.settings import MEGABYTE, Settings
from ttc_cli.store import speeds as store

if TYPE_CHECKING:
    from ttc_cli.engine.host import Host
    from ttc_cli.engine.llama.engine import LlamaEngine
    from ttc_cli.engine.warm.spare import WarmEngine
    from ttc_cli.session.request import Request
    from ttc_cli.store.pool import SamplePool


MOST_KV_SHARE = 0.25  # of the memory this process may use, for the KV cache
UNTOLD_MEMORY = 8 << 30  # bytes to go by where a system does not tell what it has


def new_id() -> str:
    """A name for a run that no other has."""
    return "ttc-" + secrets.token_hex(12)


def tuned(settings: Settings, speeds: store.Speeds) -> Tuning:
    """The way to make contexts; UsageError for cells that need the attention that is off."""
    way = Tuning(**speeds.tuning)
    way = replace(way, threads=settings.threads or way.threads)
    if settings.flash_attention != "auto":
        way = replace(way, flash=settings.flash_attention == "yes")
    wanted = settings.kv_type
    if wanted == "f16" or (wanted == "auto" and way.flash is False):
        return replace(way, kv="f16")
    if wanted == "auto":
        return way
    if settings.flash_attention == "no":
        why = f"kv_type = {wanted!r} needs flash attention"
        raise UsageError(why, "leave flash_attention at auto")
    return replace(way, kv="q8_0", flash=way.flash or None)


def cell_bytes(settings: Settings, speeds: store.Speeds, as_f16: int) -> int:
    """Bytes of one token's keys and values as they will be kept."""
    return int(as_f16 * KV_SHARE[tuned(settings, speeds).kv])


def memory_cells(session: Session) -> int:
    """The most tokens of KV cache that this machine's memory should hold."""
    room = kv_room()
    as_f16 = session.model.kv_bytes_per_token
    return room // max(1, cell_bytes(session.settings, session.speeds, as_f16))


def kv_room() -> int:
    """Bytes of memory that a KV cache should take at most."""
    from ttc_cli.engine import machine

    return int((machine.memory_bytes()[0] or UNTOLD_MEMORY) * MOST_KV_SHARE)


def load_llama(
    settings: Settings, model: ModelFile, identity: str, speeds: store.Speeds | None = None
) -> LlamaEngine:
    """The model in llama.cpp; one that nobody vouches for is first tried in a child process.

    `speeds` are what `ttc calibrate` found; by default what is kept.
    """
    from ttc_cli.engine.llama.engine import LlamaEngine
    from ttc_cli.engine.llama.trial import try_loading
    from ttc_cli.engine.tuning import Widths
    from ttc_cli.models.gguf import read_gguf

    if model.sha256 is None:
        read_gguf(model.path)  # says more of a damaged file than llama.cpp does
        marks = settings.places.home / "models" / ".loads"
        try_loading(model.path, marks, identity, keep=settings.log)
    speeds = speeds or store.load(store.path(settings.places.cache, identity))
    return LlamaEngine(
        model.path, context=settings.ctx_size or 0, tuning=tuned(settings, speeds),
        gpu_layers=-1 if settings.gpu_layers is None else settings.gpu_layers,
        widths=Widths(speeds.widths), sha256=identity,
        log_file=settings.places.log / "llama.log" if settings.log else None,
    )  # fmt: skip


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep numpy, should it be imported, from starting OpenBLAS's threads: 40 ms."""
    name = "OPENBLAS_NUM_THREADS"
    given = name in os.environ
    os.environ.setdefault(name, "1")
    try:
        yield
    finally:
        if not given:
            del os.environ[name]  # what we start is not to inherit it


def _import_engine() -> None:
    with one_thread():
        import ttc_cli.engine.llama.engine  # noqa: F401 - importing it is the point


class Warmth(Protocol):
    """Models that other processes keep loaded; see `session.warm`."""

    def find(
        self, settings: Settings, identity: str, speeds: store.Speeds, load: Callable[[], Host]
    ) -> WarmEngine | None:
        """The engine of a server that has this very model loaded in this very way."""

    def told(self, request: Request) -> bytes:
        """A request as such a server reads it."""

    def leave_behind(self, settings: Settings, model: ModelFile) -> None:
        """Start such a server."""


class Session:
    """A model, ready to answer or about to be. Close it.

    Loading happens on a thread of its own, from `begin` on, and is waited for where the engine
    is first needed: what is wrong with the model comes up there.

    Args:
        settings: of this run.
        model: the file, from `session.model.any_model`, or what answers at a server.
        refresh: draw anew what caches hold.
        warm: finds a server of this user's that has the model loaded, and leaves one behind where
            the settings say so; without it the model is loaded here.
    """

    def __init__(
        self, settings: Settings, model: ModelFile | Served, *, refresh: bool = False,
        warm: Warmth | None = None,
    ) -> None:  # fmt: skip
        self.settings, self.model = settings, model
        self.refresh, self._warm = refresh, warm
        self._engine: Host | None = None
        if isinstance(model, Served):
            self.settings = replace(settings, remote=model.remote)
            self._engine, self.identity = model.engine, model.sha256
        else:
            self.identity = identity(model)
        self._speeds_file = store.path(settings.places.cache, self.identity)
        self.speeds = store.load(self._speeds_file)
        self.load_seconds = 0.0
        self._failure: BaseException | None = None
        self._loading: Thread | None = None

    def begin(self) -> None:
        """Start to load, unless that was done or a warm server has it loaded."""
        if self._engine is not None or self._loading is not None:
            return
        assert isinstance(self.model, ModelFile)
        if self._warm is not None and (engine := self._found(self._warm, self.model)) is not None:
            self._engine = engine
            return
        _import_engine()  # here: two threads that import get in each other's way
        self._loading = Thread(target=self._run_load, args=(self.model,), daemon=True)
        self._loading.start()

    def expect(self, request: Request) -> None:
        """Say what will be asked: a warm server can begin, while here it is still planned."""
        expect = getattr(self._engine, "expect", None)
        if self._warm is not None and expect is not None:
            expect(self._warm.told(request))

    def _found(self, warm: Warmth, model: ModelFile) -> Host | None:
        def load() -> Host:
            _import_engine()
            return load_llama(self.settings, model, self.identity)

        engine = warm.find(self.settings, self.identity, self.speeds, load)
        if engine is not None:
            self.model = replace(model, cell_bytes=engine.cell_bytes)
        return engine

    def _run_load(self, model: ModelFile) -> None:
        began = time.monotonic()
        try:
            self._engine = load_llama(self.settings, model, self.identity)
        except BaseException as error:  # raised again in the thread that needs the engine
            self._failure = error
        self.load_seconds = time.monotonic() - began
        self.speeds.see_load(self.load_seconds)

    @property
    def engine(self) -> Host:
        """The loaded model's engine; waits for it. ModelError where it cannot be loaded."""
        self.begin()
        if self._loading is not None:
            self._loading.join()
        if self._engine is None:
            assert self._failure is not None
            raise self._failure
        return self._engine

    @property
    def keeps(self) -> bool:
        """Whether results, samples, evaluated prompts and speeds are kept and looked for."""
        return self.settings.cache and self.settings.log

    def unwritten(self, error: OSError) -> str:
        """One line about a cache that the disk refuses."""
        cache = self.settings.places.cache
        why = f"the cache cannot be written: {cache}: {error.strerror or error}"
        return f"{why}; free the place or its rights, or run with --no-cache"

    def pool(self) -> SamplePool | None:
        """Finished samples of earlier runs, where the settings allow to keep any."""
        if not self.keeps:
            return None
        from ttc_cli.store.pool import FOLDER, SamplePool  # SQLite: not for a whole result

        limit = self.settings.sample_cache_mb * MEGABYTE
        return SamplePool(self.settings.places.cache / FOLDER, refresh=self.refresh, limit=limit)

    def close(self) -> None:
        """Free the model and keep what was learnt about its speed; idempotent.

        A load still under way is not waited for: somebody wants to leave.
        """
        if self._engine is None or (self._loading is not None and self._loading.is_alive()):
            return
        self._engine.close()
        if self.keeps:
            store.save(self._speeds_file, self.speeds)
        if self._warm is not None and self._loading is not None and self.settings.keep_warm:
            assert isinstance(self.model, ModelFile)
            self._warm.leave_behind(self.settings, self.model)
            self._warm = None
