"""A bench: every question under every configuration, many at a time on one engine."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from ttc_cli.bench import scoring
from ttc_cli.bench.configs import Config
from ttc_cli.bench.questions import Item
from ttc_cli.bench.replay import Replay, ReplayClient
from ttc_cli.core.errors import ContextOverflow, EngineFailed, NoAnswer
from ttc_cli.core.events import Flow, Score
from ttc_cli.core.outcome import Outcome
from ttc_cli.core.sampling import Stop
from ttc_cli.engine.hub import drive
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


def _coming(client: ReplayClient, job: Job) -> int:
    """Samples that a run will soon ask for: all, and of a search that has begun a part.

    A search's rounds begin wide and end narrow. Uncounted, each lull of all rounds would start more
    searches than the engine can serve, and the steps of those that wait would leave the cache and
    be evaluated again.
    """
    usual = job.prepared.plan.samples
    if client.used:
        usual = 3 * usual // 4 if job.prepared.strategy.scorer else 0
    return max(0, usual - client.pending)


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
        self._live: dict[ReplayClient, Job] = {}
        # Scoring has a thread of its own: a formula or a program may take seconds, and the
        # engine only goes on while it is polled.
        self._scorer = ThreadPoolExecutor(1)
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
        try:
            with closing(drive(self._flows(jobs), most=lambda: 2 * self._replay.width)) as driven:
                for _ in driven:
                    self._collect(wait=False)
                    self._report(self._done, count, self._replay)
                    if self._replay.budget.over:
                        break
                    if stopped():
                        return self._done
            self._collect(wait=True)
        finally:
            self._scorer.shutdown(cancel_futures=True)
        return self._done

    def _flows(self, jobs: Iterator[Job | dict[str, Any]]) -> Iterator[Flow[None] | None]:
        """A run for each job, as soon as the engine has room for its samples."""
        while True:
            room = SLACK * self._replay.width - self._replay.outstanding
            room -= sum(map(_coming, self._live, self._live.values())) if room > 0 else 0
            if room <= 0 or self._replay.budget.over:
                yield None
                continue
            job = self._again.pop() if self._again else next(jobs, None)
            if isinstance(job, Job):
                client = self._replay.client()
                self._live[client] = job
                yield self._run(job, client)
            elif job is not None:
                self._scored.append(self._scorer.submit(dict, job))
            elif self._live:
                yield None  # one of them may have to be asked again
            else:
                return

    def _run(self, job: Job, client: ReplayClient) -> Flow[None]:
        prepared, scores = job.prepared, scoring.Scores()
        run = start(prepared, client)
        run.seed, run.deadline = job.seed, None  # a question waits for others: no time is its own

        solving = prepared.strategy.solve(run, prepared.question, prepared.plan, prepared.options)
        polls = client.polls
        try:
            while True:
                event = next(solving)
                if isinstance(event, Score):
                    scores.setdefault(event.branch, {})[event.verifier] = event.score
                if client.polls != polls:  # it has looked at the engine: it is another run's turn
                    polls = client.polls
                    yield event
        except StopIteration as end:
            outcome: Outcome = end.value
        except (ContextOverflow, NoAnswer) as error:
            failed = self._scorer.submit(scoring.failed, job.config, job.item, error)
            self._scored.append(failed)
            return
        finally:
            solving.close()
            client.close()
            del self._live[client]
        engine = self._replay.engine
        broken = [branch for branch in outcome.branches if branch.stop is Stop.FAILED]
        if broken and engine.gone:
            raise EngineFailed(engine.outage or broken[0].error, "--resume goes on from here")
        if self._replay.budget.over:
            return  # it may lack samples that were not drawn any more
        if broken and job.attempt < ATTEMPTS:
            self._again.append(replace(job, attempt=job.attempt + 1))
        elif broken and len(broken) == len(outcome.branches):
            self.lost.append(broken[0].error)
        else:
            row = scoring.row(job.config, job.item, prepared, outcome, run, client, scores)
            self._scored.append(self._scorer.submit(scoring.score, row, job.item))

    def _collect(self, *, wait: bool) -> None:
        while self._scored and (wait or self._scored[0].done()):
            self._results.append(self._scored.popleft().result())
            self._done += 1
