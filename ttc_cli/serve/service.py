"""Answers requests from other threads on the one thread that drives the engine.

A request waits in a queue of bounded length until the batch has room for its run. Its events go
back to whoever waits for them; one that nobody waits for any longer is cancelled before the
engine's next step.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing

from ttc_cli.core.errors import BranchesFailed, EngineFailed, TtcError
from ttc_cli.core.events import Close, Done, Flow
from ttc_cli.core.sampling import Stop
from ttc_cli.engine.hub import drive
from ttc_cli.serve.jobs import Alone, Company, Job, sufficed
from ttc_cli.serve.refusal import CLOSING, ApiError, bug, foreseen, refused, told
from ttc_cli.session.answer import recall, recorded
from ttc_cli.session.batch import Batch
from ttc_cli.session.loaded import Session
from ttc_cli.session.mapping import Recorders, unlogged
from ttc_cli.session.plan import Planned, plan
from ttc_cli.session.request import check
from ttc_cli.session.running import answering, start
from ttc_cli.store.recorder import Recorder

PATIENCE = 1.0  # seconds between two looks at what to do, with nothing under way
SMOOTHING = 0.2
"""Weight of the newest gap between two answers in the mean that Retry-After is made of."""


class Service:
    """Runs jobs, many at a time, in one batch.

    Args:
        queue: jobs held at once, waiting or being answered.
        record: logs the run of each job that was begun.
        company: what else is served on this thread.

    `held` counts jobs that wait or are being answered.
    """

    def __init__(
        self, session: Session, *, queue: int = 128, record: Recorders = unlogged,
        company: Callable[[Batch], Company] = lambda _batch: Alone(),
        say: Callable[[str], None] = lambda _line: None,
    ) -> None:  # fmt: skip
        self.session, self.queue = session, queue
        self.failure: EngineFailed | None = None
        self._record, self._say = record, say
        self._batch = Batch(session, self._settle)
        self._company = company(self._batch)
        self._lock = threading.Lock()
        self._waiting: deque[Job] = deque()
        self._live: set[Job] = set()
        self.held = 0
        self._closing = False
        self._deadline: float | None = None
        self._gap, self._last = 1.0, time.monotonic()

    # -- from other threads -------------------------------------------------------------------

    @property
    def branches(self) -> int:
        """Branches under way."""
        return sum(len(port.live) for port in list(self._batch.hub.ports.values()))

    @property
    def state(self) -> str:
        """One of "ok", "closing", "failed" and "outage"."""
        if self.failure is not None:
            return "failed"
        return "closing" if self._closing else "outage" if self.session.engine.outage else "ok"

    def submit(self, *jobs: Job) -> None:
        """Take jobs in, all or none; ApiError: the queue is full, the server ends, or is away."""
        with self._lock:
            self._admit(len(jobs))
            self.held += len(jobs)
            self._waiting.extend(jobs)
        self._company.wake()

    def leave(self, *jobs: Job) -> None:
        """Nobody waits for these any longer."""
        with self._lock:
            for job in jobs:
                job.left = True
                if job in self._waiting:
                    self._waiting.remove(job)
                    self.held -= 1

    def close(self, grace: float) -> None:
        """Take nothing in any more; hand back what waits.

        What is under way has `grace` seconds left and is then answered with what there is.
        """
        self._deadline = time.monotonic() + grace
        self._closing = True
        self._company.wake()

    def _admit(self, more: int) -> None:
        if more > self.queue:
            raise refused(f"{more} answers are more than the queue holds", "n")
        if self._closing or self.failure is not None:
            raise unavailable(CLOSING)
        if self.held and (outage := self.session.engine.outage):
            raise unavailable(outage)  # with none held, this one finds out whether it is over
        if self.held + more > self.queue:
            message = f"the queue is full: it holds {self.queue} requests"
            kind, code = "rate_limit_error", "queue_full"
            raise ApiError(429, message, kind=kind, code=code, after=self._gap)

    # -- on the engine's thread ---------------------------------------------------------------

    def work(self) -> None:
        """Answer until `close` was called and nothing is under way; EngineFailed where it died."""
        try:
            with closing(drive(self._flows(), most=lambda: self._batch.most)) as turns:
                for _ in turns:
                    pass
        finally:
            self._closing = True
            self._hand_back()
            self._batch.close()
        if self.failure is not None:
            raise self.failure

    def _settle(self) -> None:
        """Before a step: free branches that nobody waits for, end what has no time left."""
        late = self._deadline is not None and time.monotonic() >= self._deadline
        for job in self._live:
            if job.left and job.port is not None:
                job.port.close()
            elif late:
                job.interrupt(CLOSING)

    def _flows(self) -> Iterator[Flow[None] | None]:
        """A flow for each job, as there is room; None where there is none to begin now."""
        while not (self._closing or self.failure):
            self._company.turn(0 if self._live or self._waiting else PATIENCE)
            with self._lock:
                ready = self._waiting and self._batch.hungry
                job = self._waiting.popleft() if ready else None
            if job is not None:
                yield from self._begin(job)
            yield None  # those under way go on before another is planned
        self._hand_back()
        while self._live:
            self._company.turn(0)
            yield None

    def _begin(self, job: Job) -> Iterator[Flow[None] | None]:
        """The flow that answers a job, once there is room for it; an error is told at once."""
        session = self.session
        try:
            if job.left:
                self._end(job)
                return
            job.request = job.request.identified(session.identity)
            if (known := recall(session, job.request, job.began, job.id)) is not None:
                yield self._attended(job, self._recalled(job, known))
                return
            check(job.request, unsafe=session.settings.unsafe_exec)
            planned = plan(session, job.request, began=job.began, run_id=job.id)
            job.prompt_tokens = planned.prompt_tokens
            while not self._batch.roomy(planned):
                yield None
                if job.left or self._closing:
                    raise EngineFailed(CLOSING)
            yield self._attended(job, self._answered(job, planned))
        except TtcError as error:
            self._end(job, error)
        except Exception as error:
            self._end(job, bug(error))

    def _attended(self, job: Job, flow: Flow[None]) -> Flow[None]:
        """A flow whose job hears of its errors, and is over however the flow ends."""
        self._live.add(job)
        end: TtcError | None = EngineFailed(CLOSING)
        try:
            yield from flow
            end = None
        except TtcError as error:
            end = error
            if isinstance(error, EngineFailed) and self.session.settings.remote is None:
                self.failure = error  # of no run in particular: there is no engine any more
        except Exception as error:
            end = bug(error)
        finally:
            self._live.discard(job)
            self._end(job, end)

    def _recalled(self, job: Job, known: Flow[None]) -> Flow[None]:
        for event in known:
            job.tell(event)
            yield event

    def _answered(self, job: Job, planned: Planned) -> Flow[None]:
        job.port = self._batch.join(planned)
        try:
            with self._record(planned) as log:
                yield from self._drawn(job, planned, log)
        finally:
            self._batch.leave(job.port)

    def _drawn(self, job: Job, planned: Planned, log: Recorder) -> Flow[None]:
        """A run's events, told as they come; BranchesFailed for a result that lacks a sample."""
        assert job.port is not None
        job.run = start(planned, job.port, self._batch.pool)
        broken = False
        with closing(recorded(planned, answering(planned, job.run), self._say)) as flow:
            for event in flow:
                if job.left:
                    return
                broken = broken or (isinstance(event, Close) and event.stop == Stop.FAILED)
                if isinstance(event, Done):
                    if broken:
                        away = self.session.engine.outage
                        raise BranchesFailed(away or "a sample broke off", "ask again")
                    event = Done(sufficed(event.result)) if job.enough else event
                    log.code = event.result.get("error", {}).get("code", 0)
                log(event)
                job.tell(event)
                yield event

    def _hand_back(self) -> None:
        with self._lock:  # whoever submits later sees that it is closing
            waiting, self._waiting = self._waiting, deque()
        for job in waiting:
            self._end(job, EngineFailed(CLOSING))

    def _end(self, job: Job, error: TtcError | None = None) -> None:
        """A job is over, with an error unless its result was told."""
        if error is not None:
            job.tell(error)
            if foreseen(error) is None:
                self._say(str(error))
        now = time.monotonic()
        with self._lock:
            self.held -= 1
            gap = now - max(self._last, job.began)  # without the time in which nobody asked
            self._gap += SMOOTHING * (gap - self._gap)
            self._last = now


def unavailable(why: str) -> ApiError:
    """The server cannot answer now."""
    return told(EngineFailed(why))
