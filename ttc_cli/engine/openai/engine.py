"""The Engine protocol over HTTP: requests run side by side on an event loop of their own.

A server cannot be held between two polls as an engine in process can: what it writes is charged
as it arrives, and a request that is cancelled or over its budget has its stream closed, which is
how a server hears of it.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Sequence
from contextlib import aclosing
from functools import partial

from ttc_cli.core.branch import Prompt, Step
from ttc_cli.core.engine import BranchRequest, Delta, EngineInfo, Key
from ttc_cli.core.errors import ContextOverflow, EngineFailed, MissingCapability, TtcError
from ttc_cli.core.sampling import Stop
from ttc_cli.engine.host import Counters
from ttc_cli.engine.openai.api import Api, senseless
from ttc_cli.engine.openai.job import Job, overflow
from ttc_cli.engine.openai.loop import Loop
from ttc_cli.engine.openai.piece import TOKENS_A_MESSAGE, Dialect, estimate
from ttc_cli.engine.openai.refusal import TransientError
from ttc_cli.engine.openai.retry import Outage, RetryPolicy
from ttc_cli.engine.openai.told import Senseless

_SPECIAL = re.compile(r"<[^<>\s]{1,60}>|\[/?[A-Z_]{2,30}\]")


class ServerEngine:
    """A model behind a server. Make one with `detect.connect`.

    Args:
        width: requests under way at once; more wait their turn.
        info: what is known of the model.
        retry: with a server that fails, or is away.
    """

    def __init__(
        self,
        loop: Loop,
        api: Api,
        dialect: Dialect,
        info: EngineInfo,
        *,
        width: int,
        retry: RetryPolicy | None = None,
    ) -> None:
        self.counters = Counters()
        self._loop = loop
        self._api = api
        self._dialect = dialect
        self._info = info
        self._retry = retry or RetryPolicy()
        self._outage = Outage(self._retry.wait)
        self.widen(width)
        self._cond = threading.Condition()
        self._live: dict[Key, tuple[Job, asyncio.Task[None]]] = {}
        self._heard = 0.0
        self._closed = False

    @property
    def info(self) -> EngineInfo:
        """What is known of the model."""
        return self._info

    def reserve(self, cells: int) -> None:
        """The server makes room itself."""

    def special_in(self, texts: Sequence[str]) -> frozenset[str]:
        """Whatever in the texts looks like a control token: what is none loses nothing by it."""
        return frozenset(found for text in texts for found in _SPECIAL.findall(text))

    def widen(self, width: int) -> None:
        """Have that many requests under way at once; none may be yet."""
        self.width = width
        self._places = asyncio.Semaphore(width)

    @property
    def gone(self) -> bool:
        """Whether it has been away for longer than anybody waits."""
        return self._outage.over

    @property
    def outage(self) -> str:
        """What is waited for, for how long already; empty while the server is there."""
        seconds = self._outage.seconds
        if seconds is None:
            return ""
        waited = f"away for {seconds:.0f} of {self._outage.wait:.0f} s"
        return f"{self._failure(self._outage.why)}; {waited}"

    def count(self, prompt: Prompt, prefix: tuple[Step, ...] = ()) -> int:
        """Tokens of context that prompt and prefix take; an estimate where nobody can be asked."""
        try:
            return self._loop.wait(self._dialect.length(prompt, prefix))
        except (TransientError, TtcError):
            return self._estimate(prompt, prefix)

    def gauge(self, prompt: Prompt, prefix: tuple[Step, ...] = ()) -> int:
        """The same, as an estimate where the context has room to spare: no request is made.

        No token is shorter than a byte, so half a context of bytes fits for sure.
        """
        known = self._dialect.known(prompt, prefix)
        if known is not None:
            return known
        if 2 * _most(prompt, prefix) > self._info.context:
            return self.count(prompt, prefix)
        return self._estimate(prompt, prefix)

    def submit(self, request: BranchRequest) -> None:
        """Queue a request; see the protocol."""
        if self._closed:
            raise EngineFailed("the engine is closed")
        if request.key in self._live:
            raise EngineFailed(f"request {request.key!r} is already running")
        self._check(request)
        length, room = self.gauge(request.prompt, request.prefix), self._info.context
        if length + 1 > room:
            raise overflow(length, room)
        most = _most(request.prompt, request.prefix) + request.stop.max_tokens
        self._loop.wait(self._start(Job(request, length, room, sure=most < room)))

    def poll(self, timeout: float) -> Sequence[Delta]:
        """What came since the last poll; see the protocol."""
        with self._cond:
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
            self._loop.loop.call_soon_threadsafe(task.cancel)

    def close(self) -> None:
        """Close all streams and connections; idempotent."""
        if not self._closed:
            self._closed = True
            self._loop.wait(self._shut())
            self._loop.close()

    # -- on the loop --------------------------------------------------------------------------

    async def _start(self, job: Job) -> None:
        if not any(other.writing for other, _ in self._live.values()):
            self._heard = time.monotonic()
        task = asyncio.get_running_loop().create_task(self._run(job))
        with self._cond:
            self._live[job.request.key] = job, task

    async def _shut(self) -> None:
        tasks = [task for _, task in self._live.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with self._cond:
            self._live.clear()
        await self._api.close()

    async def _run(self, job: Job) -> None:
        """A request from its place in the queue to its end, whatever comes."""
        stop, error = Stop.FAILED, ""
        try:
            async with self._places:
                await self._request(job)
        except ContextOverflow as full:
            stop, error = Stop.CONTEXT, str(full)
        except Senseless as failure:
            error = str(senseless(failure, self._api.address))
        except TtcError as failure:
            error = str(failure)
        except TransientError as lost:
            error = self._failure(lost.message)
        except Exception as failure:  # the caller must hear of it, whatever it is
            error = self._failure(f"its answer cannot be read: {type(failure).__name__}: {failure}")
        with self._cond:
            if job.stop is None:
                job.finish(stop, error)
            self._cond.notify_all()

    async def _request(self, job: Job) -> None:
        """Attempt it, and again; what was said before is gone on with where the server can."""
        await self._retry.call(
            partial(self._attempt, job),
            self._outage,
            partial(self._tell, job),
            lambda _: True,
        )

    async def _attempt(self, job: Job) -> None:
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
        anew = bool(job.sampled) and "continue" not in self._info.capabilities
        async with aclosing(self._dialect.draw(request, job.begin(anew=anew))) as pieces:
            async for piece in pieces:
                self._outage.ended()
                with self._cond:
                    width = sum(other.writing for other, _ in self._live.values())
                    self._measure(width, job.take(piece), piece.prompt)
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

    def _estimate(self, prompt: Prompt, prefix: Sequence[Step]) -> int:
        messages = TOKENS_A_MESSAGE * len(prompt.messages)
        return messages + estimate(prompt.text + "".join(step.text for step in prefix))

    def _measure(self, width: int, drawn: int, prompt: tuple[int, int] | None) -> None:
        """Speeds as they are seen from here, for estimates; `width` streams were being written."""
        counters, now = self.counters, time.monotonic()
        since, self._heard = now - self._heard, now
        if prompt is not None:
            counters.prefilled += prompt[0]
        if width:
            n, seconds = counters.by_width.get(width, (0, 0.0))
            counters.by_width[width] = n + drawn, seconds + since
            counters.decode_seconds += since
        else:
            counters.prefill_seconds += since
        counters.steps += 1
        counters.rows += drawn

    # -- both ---------------------------------------------------------------------------------

    def _deltas(self) -> list[Delta]:
        deltas = [d for job, _ in self._live.values() if (d := job.delta()) is not None]
        for delta in deltas:
            if delta.stop is not None:
                del self._live[delta.key]
        return deltas

    def _check(self, request: BranchRequest) -> None:
        """Refuse what the server cannot do; confidences are given where they can be."""
        outputs, can = request.outputs, self._info.capabilities
        needs = {
            "hidden": bool(outputs.hidden),
            "distribution": outputs.certainty,
            "grammar": bool(request.grammar),
            "score": bool(request.candidates),
            "continue": any(step.text for step in request.prefix),
        }
        lacking = [name for name, needed in needs.items() if needed and name not in can]
        if lacking:
            raise MissingCapability(
                f"this needs {' and '.join(lacking)}, which {self._info.name} does not offer",
                "choose another strategy, or a local GGUF model",
            )


def _most(prompt: Prompt, prefix: Sequence[Step]) -> int:
    """The most tokens that prompt and prefix can be: none is shorter than a byte."""
    texts = [prompt.text, *(step.text for step in prefix)]
    return sum(len(text.encode("utf-8", "replace")) for text in texts)
