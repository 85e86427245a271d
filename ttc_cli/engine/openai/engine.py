"""The Engine protocol over HTTP: requests run side by side on an event loop of their own.

A server cannot be held between two polls as an engine in process can: what it writes is charged
as it arrives, and a request that is cancelled or over its budget has its stream closed, which is
how a server hears of it.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import aclosing
from functools import partial

from ttc_cli.core.branch import Prompt, Step
from ttc_cli.core.engine import BranchRequest, Delta, EngineInfo, Key
from ttc_cli.core.errors import ContextOverflow, EngineFailed, ModelMissing, TtcError
from ttc_cli.core.sampling import Stop
from ttc_cli.engine.host import Counters
from ttc_cli.engine.openai.api import Api, senseless
from ttc_cli.engine.openai.job import Job, check, overflow
from ttc_cli.engine.openai.pacing import Loop, Meter, Outage, Place, RetryPolicy, Window
from ttc_cli.engine.openai.piece import Dialect, guess, most_tokens
from ttc_cli.engine.openai.server import Replicas, Unlike
from ttc_cli.engine.openai.told import Barred, Senseless, TransientError

TOO_MANY = (429, 503)  # answers that say so of the requests under way
_SPECIAL = re.compile(r"<[^<>\s]{1,60}>|\[/?[A-Z_]{2,30}\]")


class ServerEngine:
    """A model behind a server. Make one with `detect.connect`.

    Args:
        info: what is known of the model.
        window: how many requests are under way at once; more wait their turn.
        replicas: behind the address.
        retry: with a server that fails, or is away.
    """

    def __init__(
        self,
        loop: Loop,
        api: Api,
        dialect: Dialect,
        info: EngineInfo,
        *,
        window: Window,
        replicas: Replicas,
        retry: RetryPolicy | None = None,
    ) -> None:
        self.counters = Counters()
        self._meter = Meter(self.counters)
        self._loop, self._api, self._dialect, self.info = loop, api, dialect, info
        self._retry = retry or RetryPolicy()
        self._outage = Outage(self._retry.wait)
        self._window, self._replicas = window, replicas
        self.served: Mapping[str, int] = api.served
        self._watching: Future[None] | None = None
        self._orders = itertools.count()
        self._unlike: Unlike | None = None
        self._cond = threading.Condition()
        self._live: dict[Key, tuple[Job, Future[None]]] = {}
        self._closed = False

    def reserve(self, cells: int) -> None:
        """The server makes room itself."""

    def special_in(self, texts: Sequence[str]) -> frozenset[str]:
        """Whatever in the texts looks like a control token: what is none loses nothing by it."""
        return frozenset(found for text in texts for found in _SPECIAL.findall(text))

    @property
    def width(self) -> int:
        """Requests under way at once, as the server bears it."""
        return self._window.width

    def widen(self, width: int) -> None:
        """Have at most that many under way at once; none may be yet."""
        self._window = Window(width, width)

    @property
    def gone(self) -> bool:
        """Whether it has been away for longer than anybody waits, or takes no request at all."""
        return self._outage.over

    @property
    def outage(self) -> str:
        """What is waited for, for how long already; empty while the server is there."""
        told = self._outage.told
        return self._failure(told) if told else ""

    def count(self, prompt: Prompt, prefix: tuple[Step, ...] = ()) -> int:
        """Tokens of context that prompt and prefix take; an estimate where nobody can be asked."""
        known = self._dialect.known(prompt, prefix)
        if known is not None:
            return known
        try:
            return self._loop.wait(self._dialect.length(prompt, prefix))
        except (TransientError, TtcError):
            return guess(prompt, prefix)

    def gauge(self, prompt: Prompt, prefix: tuple[Step, ...] = ()) -> int:
        """The same, as an estimate where the context has room to spare: no request is made.

        No token is shorter than a byte, so half a context of bytes fits for sure.
        """
        known = self._dialect.known(prompt, prefix)
        if known is None and 2 * most_tokens(prompt, prefix) > self.info.context:
            return self.count(prompt, prefix)
        return guess(prompt, prefix) if known is None else known

    def submit(self, request: BranchRequest) -> None:
        """Queue a request; see the protocol."""
        if self._closed:
            raise EngineFailed("the engine is closed")
        if request.key in self._live:
            raise EngineFailed(f"request {request.key!r} is already running")
        check(request, self.info)
        length, room = self.gauge(request.prompt, request.prefix), self.info.context
        if length + 1 > room:
            raise overflow(length, room)
        most = most_tokens(request.prompt, request.prefix) + request.stop.max_tokens
        job = Job(request, length, room, sure=most < room)
        with self._cond:
            if not self._writing:
                self._meter.begun()
            self._live[request.key] = job, self._loop.start(self._run(job, next(self._orders)))
        self._watching = self._watching or self._loop.start(self._watch())

    def poll(self, timeout: float) -> Sequence[Delta]:
        """What came since the last poll; see the protocol.

        Raises Unlike: replicas that differ answer.
        """
        with self._cond:
            if self._unlike is not None:
                raise self._unlike
            deltas = self._deltas()
            if not deltas and self._live:
                self._cond.wait(timeout)
                deltas = self._deltas()
            return deltas

    def cancel(self, key: Key) -> None:
        """Forget a request and close its stream; see the protocol."""
        with self._cond:
            job, task = self._live.pop(key, (None, None))
        if job is not None and task is not None:
            task.cancel()

    def close(self) -> None:
        """Close all streams and connections; idempotent."""
        if not self._closed:
            self._closed = True
            self._loop.wait(self._shut())
            self._loop.close()

    # -- on the loop --------------------------------------------------------------------------

    async def _shut(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with self._cond:
            self._live.clear()
        await self._api.close()

    async def _watch(self) -> None:
        try:
            await self._replicas.watch()
        except Unlike as unlike:
            self._refuse(unlike)

    def _refuse(self, unlike: Unlike) -> None:
        """What was drawn may be of either model: whoever polls must hear of it."""
        with self._cond:
            self._unlike = unlike
            self._cond.notify_all()

    async def _run(self, job: Job, order: int) -> None:
        """A request from its place in the queue to its end, whatever comes."""
        stop, error, work = Stop.FAILED, "", partial(self._placed, job, order)
        tell = partial(self._tell, job)
        try:
            await self._retry.call(work, self._outage, tell, lambda _: True, lambda: job.sampled)
        except ContextOverflow as full:
            stop, error = Stop.CONTEXT, str(full)
        except Senseless as failure:
            error = str(senseless(failure, self._api.address))
        except Unlike as unlike:
            self._refuse(unlike)
            return
        except TtcError as failure:
            self._outage.barred |= isinstance(failure, Barred | ModelMissing)
            error = str(failure)
        except TransientError as lost:
            error = self._failure(lost.message)
        except Exception as failure:  # the caller must hear of it, whatever it is
            error = self._failure(f"its answer cannot be read: {type(failure).__name__}: {failure}")
        with self._cond:
            if job.stop is None:
                job.finish(stop, error)
            self._cond.notify_all()

    async def _placed(self, job: Job, order: int) -> None:
        """An attempt, once there is a place for it; how it fares decides on how many there are."""
        window = self._window
        place = await window.enter(order)
        try:
            await self._attempt(job, place)
            window.grow(place)
        except TransientError as lost:
            if lost.status in TOO_MANY:
                window.shrink(place)
            if place.first is not None:
                lost.gone = lost.waits = False  # it is there, and breaks off
            raise
        finally:
            window.leave()

    async def _attempt(self, job: Job, place: Place) -> None:
        request = job.request
        if not job.sure:
            job.measured(await self._dialect.length(request.prompt, request.prefix))
        if request.candidates:
            scores = await self._dialect.score(request)
            self._outage.ended()
            with self._cond:
                job.scored(scores)
            return
        if (stop := job.spent()) is not None:
            with self._cond:
                job.finish(stop)
            return
        anew = bool(job.sampled) and "continue" not in self.info.capabilities
        async with aclosing(self._dialect.draw(request, job.begin(anew=anew))) as pieces:
            async for piece in pieces:
                self._outage.ended()
                place.spoke()
                with self._cond:
                    self._meter.heard(self._writing, job.take(piece), piece.prompt)
                    self._cond.notify_all()
                if job.stop is not None:
                    return
        raise TransientError("the stream broke off")

    def _tell(self, job: Job, lost: TransientError) -> None:
        again = "it is tried again"
        if lost.gone:
            again = f"waiting for it, {self._outage.wait:.0f} s at most"
        with self._cond:
            job.tell(f"{self._failure(lost.message)}; {again}")
            self._cond.notify_all()

    def _failure(self, why: str) -> str:
        return f"the server at {self._api.address.url}: {why}"

    @property
    def _writing(self) -> int:
        return sum(job.writing for job, _ in self._live.values())

    # -- both ---------------------------------------------------------------------------------

    def _deltas(self) -> list[Delta]:
        deltas = [d for job, _ in self._live.values() if (d := job.delta()) is not None]
        for delta in deltas:
            if delta.stop is not None:
                del self._live[delta.key]
        return deltas
