"""One prompt over many records, on one engine: the batch stays full, memory stays bounded.

What the records share is evaluated once: a record's values stand in the user's message, which
follows everything that is the same for all, and the engine finds common prefixes by content.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from ttc_cli.core.errors import (
    BranchesFailed,
    EngineFailed,
    MissingCapability,
    ModelError,
    TtcError,
)
from ttc_cli.core.events import Flow, watch
from ttc_cli.core.ledger import Budget, Ledger
from ttc_cli.core.outcome import Outcome
from ttc_cli.core.sampling import Stop
from ttc_cli.engine.hub import Port, drive
from ttc_cli.session.batch import Batch
from ttc_cli.session.loaded import Session, new_id
from ttc_cli.session.plan import Planned, plan
from ttc_cli.session.records import ERROR, Reader, Record, Task
from ttc_cli.session.running import answering, start
from ttc_cli.session.verdict import fault
from ttc_cli.store.recorder import Recorder
from ttc_cli.store.runs import Entry
from ttc_cli.views.result import short_form, texts

WINDOW = 8
"""Records after the oldest unfinished one that may be begun, in widths: what order may cost."""
ATTEMPTS = 3  # at a record of which a branch failed: what broke off is drawn anew
PATIENCE = 0.1  # seconds to wait for input when there is nothing else to do


@dataclass(frozen=True, slots=True)
class Row:
    """A record's result line, whether it is an error, and tokens of prompts and sampled ones."""

    record: Record
    line: dict[str, Any]
    bad: bool = False
    used: tuple[int, int] = (0, 0)


class Away(EngineFailed):
    """No request is answered any more; what is under way may still be."""


Recorders = Callable[[Planned], Recorder]  # what keeps the run of a question in the log


def unlogged(run: Planned) -> Recorder:
    """Keeps nothing."""
    return Recorder(None, Entry(run.id, run.request.prompt), run.began, lambda _: None)


class Mapping:
    """Answers records as they come.

    Args:
        session: the model. task: what to do with each.
        ordered: results are wanted in input order, so that none may run far ahead.
        record: logs the run of each record that was begun.
        budget: of all records together; those that it leaves no room for have no row.

    `short` says, once all rows came, whether there are such records.
    """

    def __init__(
        self, session: Session, task: Task, *, ordered: bool = True, record: Recorders = unlogged,
        budget: Budget | None = None,
    ) -> None:  # fmt: skip
        self._session, self._task, self._ordered, self._record = session, task, ordered, record
        self._budget = budget or Budget()
        self.short = False
        self._lost: EngineFailed | None = None  # what no other record will be answered for
        self._tokens, self._ended = 0.0, 0  # tokens of runs that ended, and how many
        self._batch = Batch(session)
        self._live: set[int] = set()

    def rows(
        self, reader: Reader, *, skip: Callable[[Record], bool] = lambda _: False,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Generator[Row | None, None, None]:  # fmt: skip
        """A row for each record as it is finished, and None again and again in between.

        Args:
            skip: whether to leave a record out.
            stopped: asked all the time; True ends it, and what is under way is lost.

        Raises:
            EngineFailed, ModelError: the engine died, or its server stays away or takes nothing.
            MissingCapability: the engine lacks what is asked for.
        """
        try:
            flows = self._flows(reader, skip)
            with closing(drive(flows, most=lambda: self._batch.most)) as driven:
                for _, _, row in driven:
                    if stopped():
                        return
                    yield row
            if self._lost is not None:
                raise self._lost
        finally:
            self._batch.close()

    def _flows(
        self, reader: Reader, skip: Callable[[Record], bool]
    ) -> Iterator[Flow[Row | None] | None]:
        while not reader.ended and self._lost is None:
            wait = 0 if self._live else PATIENCE
            hungry = self._batch.hungry and self._affordable
            record = reader.next(wait) if hungry else None
            if record is None:
                yield None
            elif skip(record):
                continue
            elif self.short or self._budget.over:
                self.short = True
                return
            else:
                self._task.check(bool(reader.jsonl))
                yield from self._begin(record)

    @property
    def _affordable(self) -> bool:
        """Whether the budget will do for what is under way and one more: none is cut in vain."""
        usual = self._tokens / max(self._ended, 1)
        return not self._live or self._budget.covers((len(self._live) + 1) * usual)

    def _begin(self, record: Record) -> Iterator[Flow[Row | None] | None]:
        most = WINDOW * self._session.engine.width
        while self._ordered and self._live and record.number - min(self._live) >= most:
            yield None
        try:
            planned = plan(self._session, self._task.of(record))
        except (EngineFailed, ModelError, MissingCapability):
            raise
        except TtcError as error:
            yield _failed(record, error)
            return
        while not self._batch.roomy(planned):
            yield None
        if not self._ended:
            self._tokens = float(planned.estimate["tokens"])
        self._live.add(record.number)
        yield self._answer(record, planned, self._batch.join(planned))

    def _answer(self, record: Record, planned: Planned, port: Port) -> Flow[Row | None]:
        """The row of a record; None where the budget of all has cut it, or no answer will come."""
        ledger, cut = self._budget.child(), False
        try:
            outcome = yield from self._drawn(planned, port, ledger)
            spent = any(branch.stop is Stop.BUDGET for branch in outcome.branches)
            cut = spent or outcome.stopped == "tokens"
            row = self._row(record, outcome)
        except Away as away:
            self._lost = away
            return None
        except (EngineFailed, ModelError):
            raise
        except TtcError as error:
            row = _bad(record, error)
        finally:
            self._batch.leave(port)
            self._live.discard(record.number)
        left, own = self._budget.own, planned.plan.budget
        if (cut or row.bad) and left is not None and (own is None or left < own - ledger.spent):
            self.short = True
            return None
        used = ledger.usage
        self._tokens = self._tokens * bool(self._ended) + ledger.spent
        self._ended += 1
        return replace(row, used=(used.prefilled + used.shared, ledger.spent))

    def _row(self, record: Record, outcome: Outcome) -> Row:
        lacks = fault(outcome)
        if lacks is not None and outcome.verified is False:
            return _bad(record, lacks)
        reply = texts(outcome)[1]
        answer: Any = short_form(outcome.answer, reply) if self._task.extract else reply.strip()
        if self._task.request.schema:
            answer = json.loads(reply)
        line = {**record.kept, self._task.field: answer}
        return Row(record, line | ({ERROR: str(lacks)} if lacks else {}), lacks is not None)

    def _drawn(self, planned: Planned, port: Port, ledger: Ledger) -> Flow[Outcome]:
        """The outcome of a record, drawn again where a branch failed."""
        attempt = 1
        while True:
            error: BranchesFailed | None = None
            try:
                with self._record(planned) as log:
                    run = start(planned, port, self._batch.pool, ledger)
                    outcome = yield from watch(answering(planned, run), log)
                failed = next((b.error for b in outcome.branches if b.stop is Stop.FAILED), None)
            except BranchesFailed as all_failed:
                error, failed = all_failed, str(all_failed)
            engine = self._session.engine
            if (failed is not None and engine.gone) or (engine.outage and run.late):
                raise Away(engine.outage or failed or "", "what was answered is kept")
            if failed is not None and not run.late and attempt < ATTEMPTS:
                attempt += 1
                planned = replace(planned, id=new_id())
                continue
            if error is not None:
                raise error
            return outcome


def _failed(record: Record, error: TtcError) -> Flow[Row | None]:
    """A flow that has nothing to do."""
    yield from ()
    return _bad(record, error)


def _bad(record: Record, error: TtcError) -> Row:
    return Row(record, {**record.kept, ERROR: str(error)}, bad=True)
