"""Labelled traces of many questions from one model, many at a time, resumable."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ttc_cli.bench import scoring
from ttc_cli.bench.questions import Item
from ttc_cli.bench.runner import question_seed
from ttc_cli.core.errors import ContextOverflow
from ttc_cli.core.events import Flow
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.run import Run
from ttc_cli.engine.hub import Hub, drive
from ttc_cli.prm import rollouts
from ttc_cli.prm.rollouts import Labour
from ttc_cli.prm.traces import Trace
from ttc_cli.session.loaded import Ask, Session
from ttc_cli.session.prepare import memory_cells, prepare
from ttc_cli.session.prepared import Prepared
from ttc_cli.store.journal import Journal

WIDTH = 32
"""Replies drawn at once."""
Report = Callable[[int, int, int], None]
"""Told (questions done, of how many, tokens drawn so far)."""


class Collection:
    """Traces in a file, a line for each question.

    Args:
        path: a journal; what is in it is not drawn again.
        model: sha256; a file of another model's traces is refused.

    Raises:
        UnreadableFile: it cannot be read or written. ValueError, KeyError: it is not ours.
    """

    def __init__(self, path: Path, model: str) -> None:
        self._journal = Journal(path)
        self.traces: list[Trace] = []
        self.done: set[str] = set()
        for _, record in self._journal.lines():
            if record["model"] != model:
                raise ValueError(f"its traces are of model {record['model'][:12]}")
            self.done.add(record["id"])
            self.traces += [Trace.read(trace) for trace in record["traces"]]
        self._model = model

    def add(self, name: str, traces: Sequence[Trace]) -> None:
        """Keep one question's traces."""
        records = [trace.record() for trace in traces]
        self._journal.append({"id": name, "model": self._model, "traces": records})
        self.done.add(name)
        self.traces += traces

    def close(self) -> None:
        """Close the file; idempotent."""
        self._journal.close()


def collect(
    session: Session,
    items: Sequence[Item],
    labour: Labour,
    into: Collection,
    *,
    budget: int | None = None,
    seed: int = 0,
    majority: bool = False,
    synthetic: bool = False,
    report: Report = lambda done, of, tokens: None,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Draw and label what is missing; ends early when the budget is spent or it is stopped.

    Args:
        budget: sampled tokens in all, rollouts included; a question begun is finished.
        majority: the answer of most traces counts as right, not the reference.
        synthetic: each right trace also comes spoilt, see `prm.corrupt`.
    """
    left = [item for item in items if item.id not in into.done]
    hub = Hub(session.engine)
    prepared = list(_prepared(session, left))
    if not prepared:
        return
    longest = max(one.prompt_tokens for _, one in prepared) + labour.tokens + 64
    session.engine.reserve(min(WIDTH * longest, memory_cells(session)))
    ledger = Ledger(budget)
    names: list[str] = []

    def flows() -> Iterator[Flow[tuple[list[Trace], int]]]:
        for item, one in prepared:
            if ledger.left == 0 or stopped():
                return
            names.append(item.id)
            run = Run(hub.port(), ledger=Ledger(), seed=question_seed(seed, item.id))
            work = replace(labour, sampling=one.plan.sampled)
            yield _one(run, item, one, work, majority=majority, synthetic=synthetic)

    most = max(1, WIDTH // labour.traces)
    driven = drive(flows(), most=most)
    try:
        for number, _, drawn in driven:
            if drawn is not None:
                traces, tokens = drawn
                into.add(names[number], traces)
                ledger.take(min(tokens, ledger.left or 10**12))
                report(len(into.done), len(items), ledger.spent)
            elif stopped():
                return
    finally:
        driven.close()


def _prepared(session: Session, items: Sequence[Item]) -> Iterator[tuple[Item, Prepared]]:
    for item in items:
        try:
            yield item, prepare(session, Ask(item.prompt, task=item.task))
        except ContextOverflow:
            continue


def _one(
    run: Run, item: Item, one: Prepared, labour: Labour, *, majority: bool, synthetic: bool
) -> Flow[tuple[list[Trace], int]]:
    """One question's traces and the tokens they took; its port is left when it is done."""

    def right(answer: str) -> bool:
        return scoring.right(item, answer, answer)

    try:
        judge = None if majority else right
        traces = yield from rollouts.draw(run, one.question, item.id, judge, labour)
        if synthetic:
            traces += yield from rollouts.spoil(run, one.question, traces)
        return traces, run.ledger.usage.sampled
    finally:
        run.engine.close()
