"""A bench: every question under every configuration, many at a time on one engine."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from ttc_cli.bench import scoring
from ttc_cli.bench.configs import Config
from ttc_cli.bench.questions import Item
from ttc_cli.bench.replay import Replay, ReplayClient
from ttc_cli.core.errors import ContextOverflow, EngineFailed, NoAnswer
from ttc_cli.core.events import Flow, Score
from ttc_cli.core.outcome import Outcome
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Stop
from ttc_cli.session.loaded import Session, memory_cells
from ttc_cli.session.plan import Planned
from ttc_cli.session.plan import plan as planned_for
from ttc_cli.session.request import Request
from ttc_cli.session.running import start
from ttc_cli.store.journal import Journal

ATTEMPTS = 3  # at a question of which a branch failed: what broke off is drawn anew
SLACK = 1.25  # samples asked of the engine, in widths: the batch is full when some end together
Report = Callable[[int, int, Replay], None]


@dataclass(frozen=True, slots=True)
class Job:
    """A question under a configuration, planned."""

    item: Item
    config: str
    prepared: Planned
    seed: int
    attempt: int = 1


@dataclass(slots=True)
class _Live:
    job: Job
    run: Run
    client: ReplayClient
    flow: Flow[Outcome]
    scores: scoring.Scores = field(default_factory=dict)

    @property
    def coming(self) -> int:
        """Samples that a search will soon ask for: its rounds begin wide and end narrow.

        Uncounted, each lull of all rounds would start more searches than the engine can serve,
        and the steps of those that wait would leave the cache and be evaluated again.
        """
        prepared = self.job.prepared
        usual = 3 * prepared.plan.samples // 4 if prepared.strategy.scorer else 0
        return max(0, usual - self.client.pending)


def question_seed(seed: int, question: str) -> int:
    """The run seed of one question: each has randomness of its own."""
    digest = hashlib.blake2b(f"{seed}/{question}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "little") >> 1


def plan(
    session: Session,
    items: Sequence[Item],
    configs: Sequence[Config],
    seed: int,
    done: Callable[[str, str], bool] = lambda _config, _question: False,
) -> Iterator[Job | dict[str, Any]]:
    """What is to be done, question by question; a failed row where a question cannot be asked.

    Those that draw most come first, so that the others find their samples drawn or under way.
    """
    asked = [config.apply(session.settings) for config in configs]
    for item in items:
        jobs: list[Job] = []
        for config, settings in zip(configs, asked, strict=True):
            if done(config.name, item.id):
                continue
            request = Request.of(settings, item.prompt, form=item.task)
            try:
                prepared = planned_for(session, request)
            except ContextOverflow as error:
                yield scoring.failed(config.name, item, error)
            else:
                jobs.append(Job(item, config.name, prepared, question_seed(seed, item.id)))
        yield from sorted(jobs, key=_greed)


def _greed(job: Job) -> tuple[bool, bool, int]:
    plan = job.prepared.plan
    return plan.early_stop, plan.budget is not None, -plan.samples


def cells(session: Session, jobs: Iterable[Job | dict[str, Any]], width: int) -> int:
    """Count the KV cells for `width` branches of the longest question."""
    asked = (job.prepared for job in jobs if isinstance(job, Job))
    longest = max((one.prompt_tokens + one.plan.branch_tokens for one in asked), default=0)
    return min(width * (longest + 64), memory_cells(session))


class Runner:
    """Runs jobs, many at a time, and writes their rows.

    Args:
        replay: the engine and its record. results: where rows go.
        report: told (jobs done, jobs in all, replay) as time goes on.
    """

    def __init__(self, replay: Replay, results: Journal, report: Report) -> None:
        self._replay, self._results, self._report = replay, results, report
        self._live: list[_Live] = []
        self._scored: deque[Future[dict[str, Any]]] = deque()
        self._again: list[Job] = []
        self._done = 0
        self.lost: list[str] = []
        """Why the answers were not drawn that could not be; they have no row."""

    def work(
        self, jobs: Iterator[Job | dict[str, Any]], count: int, stopped: Callable[[], bool]
    ) -> int:
        """Do all `count` jobs, until `stopped` or the budget is spent; returns how many were done.

        Jobs are planned as they are come to; rows are written as they come, and stay.
        """
        left, ended = iter(jobs), False
        # Scoring has a thread of its own: a formula or a program may take seconds, and the
        # engine only goes on while it is polled.
        with ThreadPoolExecutor(1) as scorer:
            try:
                while not (ended and not self._outstanding) and not stopped():
                    while self._hungry and not self._replay.budget.over:
                        job = self._again.pop() if self._again else next(left, None)
                        if ended := job is None:
                            break
                        self._take(job, scorer)
                    for live in list(self._live):
                        self._turn(live, scorer)
                    if self._replay.budget.over:
                        break
                    self._collect(wait=ended and not self._live)
                    self._report(self._done, count, self._replay)
                if self._replay.budget.over:
                    self._collect(wait=True)
            finally:
                for live in self._live:
                    live.flow.close()
                    live.client.close()
                scorer.shutdown(wait=False, cancel_futures=True)
        return self._done

    @property
    def _outstanding(self) -> bool:
        return bool(self._live or self._scored or self._again)

    @property
    def _hungry(self) -> bool:
        width = self._replay.width
        wanted = self._replay.outstanding + sum(live.coming for live in self._live)
        return wanted < SLACK * width and len(self._live) < 2 * width

    def _take(self, job: Job | dict[str, Any], scorer: ThreadPoolExecutor) -> None:
        if isinstance(job, Job):
            self._turn(self._start(job), scorer)
        else:
            self._scored.append(scorer.submit(dict, job))

    def _start(self, job: Job) -> _Live:
        client = self._replay.client()
        prepared = job.prepared
        run = start(prepared, client)
        run.seed, run.deadline = job.seed, None  # a question waits for others: no time is its own
        flow = prepared.strategy.solve(run, prepared.question, prepared.plan, prepared.options)
        live = _Live(job, run, client, flow)
        self._live.append(live)
        return live

    def _turn(self, live: _Live, scorer: ThreadPoolExecutor) -> None:
        """Let a run go on until it has looked at the engine once, or is done."""
        polls = live.client.polls
        try:
            while live.client.polls == polls:
                event = next(live.flow)
                if isinstance(event, Score):
                    live.scores.setdefault(event.branch, {})[event.verifier] = event.score
        except StopIteration as end:
            self._finish(live, end.value, scorer)
        except (ContextOverflow, NoAnswer) as error:
            self._leave(live)
            self._scored.append(
                scorer.submit(scoring.failed, live.job.config, live.job.item, error)
            )

    def _finish(self, live: _Live, outcome: Outcome, scorer: ThreadPoolExecutor) -> None:
        self._leave(live)
        job, engine = live.job, self._replay.engine
        if engine.gone:
            raise EngineFailed(engine.outage, "--resume goes on when it is back")
        if self._replay.budget.over:
            return  # it may lack samples that were not drawn any more
        failed = [branch for branch in outcome.branches if branch.stop is Stop.FAILED]
        if failed and job.attempt < ATTEMPTS:
            self._again.append(replace(job, attempt=job.attempt + 1))
            return
        if failed and len(failed) == len(outcome.branches):
            self.lost.append(failed[0].error)
            return
        row = scoring.row(
            job.config, job.item, job.prepared, outcome, live.run, live.client, live.scores
        )
        self._scored.append(scorer.submit(scoring.score, row, job.item))

    def _leave(self, live: _Live) -> None:
        self._live.remove(live)
        live.client.close()

    def _collect(self, *, wait: bool) -> None:
        while self._scored and (wait or self._scored[0].done()):
            self._results.append(self._scored.popleft().result())
            self._done += 1
