"""A client's call on its way: the events of its jobs, and what is to be said of them so far."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable
from functools import partial
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest

from ttc_cli.core.errors import BudgetSpent, Interrupted, TtcError
from ttc_cli.core.events import Done, Event, Start
from ttc_cli.serve.deltas import Delta, Deltas
from ttc_cli.serve.jobs import Job
from ttc_cli.serve.reading import Asked
from ttc_cli.serve.refusal import ApiError, in_fields, lacking, told
from ttc_cli.serve.service import Service
from ttc_cli.views.result import error_body

T = TypeVar("T")
GONE = 499  # status in the figures of a call whose client went away (nginx's)
BEAT_SECONDS = 15.0  # of silence in a stream, after which a comment shows proxies that it lives
Came = tuple[int, list[Delta] | ApiError, bool]
"""Which choice, what is added or why there is none, and whether that was all."""


class Choice:
    """One answer of a call: what was said of it so far, and its result when there is one."""

    def __init__(self, job: Job, stop: tuple[str, ...]) -> None:
        self.job = job
        self.content = ""
        self.result: dict[str, Any] = {}
        self._deltas = Deltas(stop)

    def take(self, event: Event) -> list[Delta]:
        """What an event adds; a run whose answer has met a stop string draws nothing more.

        On the engine's thread: what it decides holds before the next step.
        """
        deltas = list(self._deltas(event))
        self.content += "".join(text for kind, text in deltas if kind == "content")
        if isinstance(event, Done):
            self.result = event.result
        elif self._deltas.over:
            self.job.suffice()
        return deltas

    @property
    def finish(self) -> str:
        """Why it ended: "stop" or "length"."""
        return "stop" if self._deltas.over else self.result["choices"][0]["finish_reason"]

    @property
    def ours(self) -> dict[str, Any]:
        """The `ttc` object, with what the answer lacks."""
        error = self.result.get("error") if self.finish == "length" else None
        said = {"error": {**error, "hint": in_fields(error["hint"])}} if error else {}
        return {**self.result["ttc"], **said}


class Call:
    """The jobs of a call: one for each choice; ApiError where the service does not take them.

    `status` is what became of it: 200, that of its error, or that its client is gone.
    """

    def __init__(self, service: Service, asked: Asked) -> None:
        self.asked, self._service = asked, service
        self._loop = asyncio.get_running_loop()
        self._came: asyncio.Queue[Came] = asyncio.Queue()
        self._first: Came | None = None
        every = asked.stream or bool(asked.stop)
        self.choices = [
            Choice(Job(request, partial(self._hear, i), every=every), asked.stop)
            for i, request in enumerate(asked.requests)
        ]
        self._left = len(self.choices)
        self.status = GONE
        self._jobs = [choice.job for choice in self.choices]
        service.submit(*self._jobs)

    @property
    def id(self) -> str:
        """Of the first run, as the log knows it."""
        return self._jobs[0].id

    @property
    def done(self) -> bool:
        """Whether the last of each choice was taken."""
        return not self._left

    def leave(self) -> None:
        """The client is gone, or has all it wanted."""
        self._service.leave(*self._jobs)

    async def begun(self) -> None:
        """Wait until the first run is under way; ApiError where it is not to be."""
        self._first = await self._came.get()
        if isinstance(self._first[1], ApiError):
            raise self._first[1]

    async def deltas(self) -> AsyncIterator[tuple[int, list[Delta], bool] | None]:
        """What is added to which choice and whether that was its last; None after a long silence.

        Ends with the last of the last choice; ApiError where a run failed.
        """
        while self._left:
            came, self._first = self._first or await self._next(), None
            if came is None:
                yield None
                continue
            number, added, last = came
            if isinstance(added, ApiError):
                self.status = added.status
                raise added
            self._left -= last
            self.status = GONE if self._left else 200
            yield number, added, last

    async def whole(self) -> None:
        """Wait for all results; ApiError where a run failed."""
        async for _ in self.deltas():
            pass

    async def _next(self) -> Came | None:
        try:
            async with asyncio.timeout(BEAT_SECONDS):
                return await self._came.get()
        except TimeoutError:
            return None

    def _hear(self, number: int, event: Event | TtcError) -> None:
        """Take an event of a run, on the engine's thread."""
        job = self._jobs[number]
        if isinstance(event, BudgetSpent) or (isinstance(event, Interrupted) and job.enough):
            event = Done(spent(job, event))
        added: list[Delta] | ApiError
        if isinstance(event, TtcError):
            added = told(event)
        else:
            added = lacking(event) or self.choices[number].take(event)
        if added or isinstance(event, Start | Done):
            with contextlib.suppress(RuntimeError):  # the loop has ended, and so has the client
                came = number, added, isinstance(event, Done)
                self._loop.call_soon_threadsafe(self._came.put_nowait, came)


def spent(job: Job, error: TtcError) -> dict[str, Any]:
    """The result of a run that was ended before there was an answer: none, and what it cost."""
    prompt, usage = job.prompt_tokens, job.usage
    drawn = usage.sampled + usage.verifier
    return {
        "choices": [{"finish_reason": "length", "message": {"role": "assistant", "content": ""}}],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": drawn,
            "total_tokens": prompt + drawn,
            "prompt_tokens_details": {"cached_tokens": max(0, prompt - usage.prefilled)},
            "completion_tokens_details": {"reasoning_tokens": drawn},
        },
        "ttc": {"answer": None},
        "error": error_body(error),
    }


async def attended(request: HttpRequest, work: Awaitable[T]) -> T:
    """What the work comes to; ClientDisconnect, and an end of it, where its client goes away."""
    doing, gone = asyncio.ensure_future(work), asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({doing, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise ClientDisconnect
        return doing.result()
    finally:
        doing.cancel()
        gone.cancel()


async def _gone(request: HttpRequest) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
