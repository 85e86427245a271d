"""The Engine protocol on llama.cpp, stepping on a thread of its own.

The thread takes one step for each poll and no more: llama.cpp releases the GIL, so the caller
breathes during a decode, and what it decides between two polls binds before the next decode.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from ttc_cli.core.branch import Prompt, Step
from ttc_cli.core.engine import BranchRequest, Delta, Key
from ttc_cli.core.errors import EngineFailed
from ttc_cli.engine.host import Counters, InProcess, Tuning
from ttc_cli.engine.llama.binding import Model, log
from ttc_cli.engine.llama.context import MAX_ROWS, MAX_SEQUENCES, Context
from ttc_cli.engine.llama.info import States, Tokens, admit, describe
from ttc_cli.engine.llama.job import Job
from ttc_cli.engine.llama.scheduler import Scheduler
from ttc_cli.engine.tuning import Widths

DEFAULT_CELLS = 8192
Command = Callable[[], None]


class LlamaEngine(InProcess):
    """A GGUF in process.

    Args:
        path: the file, or the first of a split one.
        cells: tokens of all branches together; 0 leaves it to `reserve` or the default.
        context: tokens one branch may hold; 0 is what the model was trained on.
        threads: 0 leaves them to `tuning`.
        tuning: how contexts are made; by default llama.cpp's ways on all processors.
        gpu_layers: -1 is all, where the build has a GPU.
        widths: speeds by width of this machine and model.
        sha256: the file's hash, for keys of caches.
        log_file: where the process's llama.cpp log goes from now on; by default it stays where it
            goes, which is nowhere at first.
        ignore_eog: never stop at an end-of-generation token (benchmarks).

    `scheduler` belongs to the engine's thread (see `at_rest`); None before `reserve`.

    Raises ModelError: llama.cpp refuses the file, or memory does not suffice.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        cells: int = 0,
        context: int = 0,
        threads: int = 0,
        tuning: Tuning | None = None,
        gpu_layers: int = -1,
        widths: Widths | None = None,
        sha256: str = "",
        log_file: Path | None = None,
        ignore_eog: bool = False,
    ) -> None:
        if log_file is not None:
            log().to_file(log_file)
        path, tuning = Path(path), tuning or Tuning()
        model = self.model = Model(path, gpu_layers=gpu_layers)
        self.tuning = replace(tuning, threads=threads or tuning.threads)
        self.gpu_layers, self._widths = gpu_layers, widths or Widths()
        self._is_end = (lambda _: False) if ignore_eog else model.is_end
        self._limit = min(context or model.n_ctx_train, model.n_ctx_train)
        self._context: Context | None = None
        self.scheduler: Scheduler | None = None
        self._cond = threading.Condition()
        self._commands: deque[Command] = deque()
        self._outbox: list[Delta] = []
        self._live: dict[Key, Job] = {}
        self._granted = self._stepping = self._closing = self._closed = False
        self._failure: EngineFailed | None = None
        self._thread: threading.Thread | None = None
        self.tokens, self.states = Tokens(model), States(self)
        self.info = describe(model, path.stem, sha256, self._limit, tuning.kv)
        if cells:
            try:
                self.reserve(cells)
            except BaseException:
                self.close()
                raise

    # -- the protocol ---------------------------------------------------------------------

    @property
    def counters(self) -> Counters:
        """What the scheduler has done so far."""
        return self.scheduler.counters if self.scheduler else Counters()

    def special_in(self, texts: Sequence[str]) -> frozenset[str]:
        """Texts of control tokens; a tenth of a second, the first time that a text may name one."""
        named = any(mark in text for text in texts for mark in ("<", "[", "｜"))
        return self.model.special_texts() if named else frozenset()

    def reserve(self, cells: int) -> None:
        """Make room for `cells` tokens of all branches together; keeps what fits already.

        Raises ModelError: there is not enough memory.
        """
        longrope = self.info.meta["longrope_context"]
        if longrope:
            # A context beyond the original one picks LongRoPE's long factors: another model.
            cells = min(cells, longrope)
        if self._context is not None:
            if cells <= self._context.cells:
                return
            if self._live:
                raise EngineFailed("the context cannot grow while branches are running")
            self._stop_thread()
        self._open(cells)

    def submit(self, request: BranchRequest) -> None:
        """Queue a request; see the protocol."""
        if self._closed:
            raise EngineFailed("the engine is closed")
        if self.scheduler is None:
            self.reserve(DEFAULT_CELLS)
        assert self._context is not None
        assert self.scheduler is not None
        if request.key in self._live:
            raise EngineFailed(f"request {request.key!r} is already running")
        room = min(self._limit, self._context.cells)
        job = admit(request, self.model, self.tokens, room)
        with self._cond:
            self._live[request.key] = job
            self._commands.append(partial(self.scheduler.submit, job))

    def poll(self, timeout: float) -> Sequence[Delta]:
        """Allow one step and return what it gave; see the protocol."""
        deadline = time.monotonic() + timeout
        with self._cond:
            while not self._outbox and self._live and not self._failure:
                if not self._stepping:
                    self._granted = True
                    self._cond.notify_all()
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self._cond.wait(left)
            if self._failure:
                raise self._failure
            deltas, self._outbox = self._outbox, []
            for delta in deltas:
                if delta.stop is not None:
                    self._live.pop(delta.key, None)
            return deltas

    def cancel(self, key: Key) -> None:
        """Forget a request; see the protocol. Interrupts a prefill that holds it."""
        with self._cond:
            if key not in self._live:
                return
            del self._live[key]
            self._outbox = [delta for delta in self._outbox if delta.key != key]
            assert self.scheduler is not None
            self._commands.append(partial(self.scheduler.cancel, key))

    def count(self, prompt: Prompt, prefix: tuple[Step, ...] = ()) -> int:
        """Tokens of context that prompt and prefix take."""
        return len(self.tokens.prompt(prompt)) + len(self.tokens.prefix(prefix))

    @contextmanager
    def at_rest(self) -> Iterator[Scheduler | None]:
        """The scheduler, kept from its next step; None before `reserve` and with live requests."""
        with self._cond:
            self._granted = False
            self._cond.wait_for(lambda: not self._stepping)
            yield None if self._live else self.scheduler

    def close(self) -> None:
        """Stop the thread and free everything; idempotent."""
        self._closed = True
        self._stop_thread()
        self.model.close()

    # -- the thread -----------------------------------------------------------------------

    def _open(self, cells: int) -> None:
        self._context = Context(self.model, cells=cells, tuning=self.tuning, abort=self._unwanted)
        self.info = replace(self.info, cells=self._context.cells)
        self.scheduler = Scheduler(
            self._context, rewindable=self.model.rewindable, context=self._limit,
            sequences=MAX_SEQUENCES, width=self._widths, chunk=MAX_ROWS, is_end=self._is_end,
        )  # fmt: skip
        self._closing = self._granted = False
        self._failure = None
        self._thread = threading.Thread(target=self._loop, name="llama", daemon=True)
        self._thread.start()

    def _stop_thread(self) -> None:
        with self._cond:
            self._closing = True
            self._cond.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self.scheduler is not None and self._context is not None:
            while self._commands:  # jobs that never reached the scheduler hold grammars too
                self._commands.popleft()()
            self.scheduler.close()
            self._context.close()
        self.scheduler = self._context = None
        self._live.clear()
        self._outbox.clear()

    def _unwanted(self) -> bool:
        """Whether a prefill under way can stop: the engine closes, or a request of it is gone."""
        scheduler, live = self.scheduler, self._live
        return (
            self._closing
            or scheduler is None
            or any(live.get(job.request.key) is not job for job in scheduler.prefilling)
        )

    def _loop(self) -> None:
        scheduler = self.scheduler
        assert scheduler is not None
        while True:
            with self._cond:
                self._cond.wait_for(lambda: self._granted or self._closing)
                if self._closing:
                    return
                self._granted = False
                self._stepping = True
                commands, self._commands = self._commands, deque()
            news: list[tuple[Job, Delta]] = []
            failure: EngineFailed | None = None
            try:
                for command in commands:
                    command()
                if scheduler.busy:
                    news = scheduler.step()
            except EngineFailed as error:
                failure = error
            except Exception as error:  # the caller must hear of it, whatever it is
                failure = EngineFailed(f"the engine died: {type(error).__name__}: {error}")
                failure.__cause__ = error
            with self._cond:
                self._stepping = False
                self._failure = failure
                # Of a cancelled request nothing follows, not even if its key is in use again.
                self._outbox += [d for job, d in news if self._live.get(d.key) is job]
                self._cond.notify_all()
            if failure:
                return
