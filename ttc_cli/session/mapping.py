"""One prompt over many records, on one engine: the batch stays full, memory stays bounded.

What the records share is evaluated once: a record's values stand in the user's message, which
follows everything that is the same for all, and the engine finds common prefixes by content.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from dataclasses import field as made
from typing import Any

from ttc_cli.core.errors import BranchesFailed, EngineFailed, ModelError, TtcError, UsageError
from ttc_cli.core.events import Event, Flow, watch
from ttc_cli.core.outcome import Outcome
from ttc_cli.core.sampling import Stop
from ttc_cli.engine.hub import Port, drive
from ttc_cli.session.batch import Batch
from ttc_cli.session.loaded import Session, new_id
from ttc_cli.session.plan import Planned, plan
from ttc_cli.session.records import LINE, Reader, Record
from ttc_cli.session.request import Request
from ttc_cli.session.running import answering, start
from ttc_cli.session.verdict import fault
from ttc_cli.store.recorder import Recorder
from ttc_cli.store.runs import Entry
from ttc_cli.store.templates import INPUT, Template, fill
from ttc_cli.views.result import short_form, texts

WINDOW = 8
"""Records after the oldest unfinished one that may be begun, in widths: what order may cost."""
ATTEMPTS = 3
"""At a record of which a branch failed: what broke off is drawn anew."""
PATIENCE = 0.1
"""Seconds to wait for input when there is nothing else to do."""
ERROR = "error"


@dataclass(frozen=True, slots=True)
class Row:
    """A record's result line, and whether it is an error."""

    record: Record
    line: dict[str, Any]
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """What to do with each record.

    Args:
        prompt: with `{line}` or the names of JSON fields; `{{name}}` stands for `{name}`.
        request: everything else of the question; its prompt is not looked at.
        field: the name of the answer in the result line.
        extract: only the short form of the answer; under a schema it is a JSON value either way.
        given, defaults: values that are put before a record's fields, and in place of those that
            it lacks.

    Raises:
        UsageError: the prompt names no field.
    """

    prompt: str
    request: Request
    field: str = "answer"
    extract: bool = False
    given: dict[str, str] = made(default_factory=dict)
    defaults: dict[str, str] = made(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.names:
            raise UsageError(
                "the prompt is the same for every record",
                "write {line} in it, or {name} for a field of a JSON record",
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that the prompt names."""
        named = Template("map", self.prompt).variables
        return tuple(name for name in named if name not in self.given)

    def check(self, jsonl: bool) -> None:
        """UsageError when the prompt names JSON fields and the input has lines."""
        others = [n for n in self.names if n not in (LINE, INPUT) and n not in self.defaults]
        if others and not jsonl:
            raise UsageError(
                f"the input has lines and no field {others[0]!r}",
                "write {line}, or give --jsonl-input",
            )

    def of(self, record: Record) -> Request:
        """The question about a record.

        Raises:
            UsageError: it lacks a field.
            TtcError: it cannot be asked.
        """
        if record.error:
            raise TtcError(record.error)
        values = {**self.defaults, **record.values, **self.given}
        missing = [name for name in self.names if name not in values]
        if missing:
            raise UsageError(f"the record has no field {missing[0]!r}")
        if self.field in record.kept:
            raise UsageError(
                f"the record has a field {self.field!r} already", "name another with --field"
            )
        prompt = fill(self.prompt, values)
        return replace(self.request, prompt=prompt)


Recorders = Callable[[Planned], Recorder]
"""What keeps the run of a question in the log."""


def unlogged(run: Planned) -> Recorder:
    """Keeps nothing."""
    return Recorder(None, Entry(run.id, run.request.prompt), run.began, lambda _: None)


class Mapping:
    """Answers records as they come.

    Args:
        session: the model.
        task: what to do with each.
        ordered: results are wanted in input order, so that none may run far ahead.
        record: logs the run of each record that was begun.
    """

    def __init__(
        self,
        session: Session,
        task: Task,
        *,
        ordered: bool = True,
        record: Recorders = unlogged,
    ) -> None:
        self._session = session
        self._task = task
        self._ordered = ordered
        self._record = record
        self._batch = Batch(session)
        self._live: set[int] = set()

    def outage(self) -> str:
        """What is waited for while the server is away; empty while nothing is."""
        return self._session.engine.outage

    def rows(
        self,
        reader: Reader,
        *,
        skip: Callable[[Record], bool] = lambda _: False,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Generator[Row | None, None, None]:
        """A row for each record as it is finished, and None again and again in between.

        Args:
            reader: the records.
            skip: whether to leave a record out.
            stopped: asked all the time; True ends it, and what is under way is lost.

        Raises:
            UnreadableFile: the input cannot be read.
            EngineFailed, ModelError: the engine died, or its server stays away.
        """
        try:
            flows = self._flows(reader, skip)
            with closing(drive(flows, most=self._batch.most)) as driven:
                for _, _, row in driven:
                    if stopped():
                        return
                    yield row
        finally:
            self._batch.close()

    def _flows(self, reader: Reader, skip: Callable[[Record], bool]) -> Iterator[Flow[Row] | None]:
        while not reader.ended:
            wait = 0 if self._live else PATIENCE
            record = reader.next(wait) if self._batch.hungry else None
            if record is None:
                yield None
            elif not skip(record):
                self._task.check(bool(reader.jsonl))
                yield from self._begin(record)

    def _begin(self, record: Record) -> Iterator[Flow[Row] | None]:
        most = WINDOW * self._session.engine.width
        while self._ordered and self._live and record.number - min(self._live) >= most:
            yield None
        try:
            planned = plan(self._session, self._task.of(record))
        except (EngineFailed, ModelError):
            raise
        except TtcError as error:
            yield _failed(record, error)
            return
        while not self._batch.roomy(planned):
            yield None
        self._live.add(record.number)
        yield self._answer(record, planned, self._batch.join(planned))

    def _answer(self, record: Record, planned: Planned, port: Port) -> Flow[Row]:
        try:
            outcome = yield from self._drawn(planned, port)
        except (EngineFailed, ModelError):
            raise
        except TtcError as error:
            return _bad(record, error)
        finally:
            self._batch.leave(port)
            self._live.discard(record.number)
        lacks = fault(outcome)
        if lacks is not None and outcome.verified is False:
            return _bad(record, lacks)
        reply = texts(outcome)[1]
        answer: Any = short_form(outcome.answer, reply) if self._task.extract else reply.strip()
        if self._task.request.schema:
            answer = json.loads(reply)
        line = {**record.kept, self._task.field: answer}
        return (
            Row(record, line) if lacks is None else Row(record, {**line, ERROR: str(lacks)}, True)
        )

    def _drawn(self, planned: Planned, port: Port) -> Flow[Outcome]:
        """The outcome of a record, drawn again where a branch failed.

        Raises:
            EngineFailed: the server is away and nobody waits any longer.
        """
        attempt = 1
        while True:
            error: BranchesFailed | None = None
            try:
                with self._record(planned) as log:
                    run = start(planned, port, self._batch.pool)
                    outcome = yield from _told(answering(planned, run), log)
                failed = any(branch.stop is Stop.FAILED for branch in outcome.branches)
            except BranchesFailed as all_failed:
                error, failed = all_failed, True
            engine = self._session.engine
            if engine.gone or (engine.outage and run.late):
                raise EngineFailed(engine.outage, "what was answered is kept")
            if failed and not run.late and attempt < ATTEMPTS:
                attempt += 1
                planned = replace(planned, id=new_id())
                continue
            if error is not None:
                raise error
            return outcome


def _told(flow: Flow[Outcome], log: Recorder) -> Flow[Outcome]:
    def tell(event: Event) -> tuple[Event, ...]:
        log(event)
        return ()

    return (yield from watch(flow, tell))


def _failed(record: Record, error: TtcError) -> Flow[Row]:
    """A flow that has nothing to do."""
    yield from ()
    return _bad(record, error)


def _bad(record: Record, error: TtcError) -> Row:
    return Row(record, {**record.kept, ERROR: str(error)}, bad=True)
