"""Labelled traces of many questions from one model, many at a time, resumable."""

from __future__ import annotations

import hashlib
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
from ttc_cli.drawing.replies import EXPECTED_TOKENS
from ttc_cli.engine.hub import Hub, drive
from ttc_cli.prm import rollouts
from ttc_cli.prm.rollouts import RolloutSpec
from ttc_cli.prm.traces import Trace
from ttc_cli.session.loaded import Session, memory_cells
from ttc_cli.session.plan import Planned
from ttc_cli.session.plan import plan as planned_for
from ttc_cli.session.request import Request
from ttc_cli.store.journal import Journal

WIDTH = 32  # replies drawn at once
GUESSED = 4
Report = Callable[[int, int, int], None]
"""Told (questions done, those of them that are new, tokens drawn for all of them)."""


def usual_tokens(spec: RolloutSpec) -> int:
    """What one question takes as a rule, before any is drawn."""
    return spec.traces * EXPECTED_TOKENS["math"] * (1 + spec.rollouts // 2)


class Collection:
    """Traces in a file, a line for each question and way of drawing them.

    Args:
        path: a journal; what is in it is not drawn again.
        model: sha256; a file of another model's traces is refused.

    Raises:
        UnreadableFile: it cannot be read or written. ValueError, KeyError: it is not ours.
    """

    def __init__(self, path: Path, model: str) -> None:
        self._journal = Journal(path)
        self._traces: dict[str, list[Trace]] = {}
        for _, record in self._journal.lines():
            if record["model"] != model:
                raise ValueError(f"its traces are of model {record['model'][:12]}")
            self._traces[record["made"]] = [Trace.read(trace) for trace in record["traces"]]
        self._model = model

    def get(self, made: str) -> list[Trace] | None:
        """Return what was kept under a digest of everything that made it."""
        return self._traces.get(made)

    def add(self, made: str, traces: Sequence[Trace]) -> None:
        """Keep one question's traces."""
        records = [trace.record() for trace in traces]
        self._journal.append({"made": made, "model": self._model, "traces": records})
        self._traces[made] = list(traces)

    def close(self) -> None:
        """Close the file; idempotent."""
        self._journal.close()


def collect(
    session: Session,
    items: Sequence[Item],
    spec: RolloutSpec,
    into: Collection,
    *,
    budget: int | None = None,
    seed: int = 0,
    majority: bool = False,
    synthetic: bool = False,
    report: Report = lambda done, new, tokens: None,
    stopped: Callable[[], bool] = lambda: False,
) -> list[Trace]:
    """Draw and label what is missing; ends early when the budget is spent or it is stopped.

    Args:
        budget: sampled tokens in all, rollouts and what is kept already included. A question is
            begun only if it is likely to be finished; one that is cut is not kept.
        majority: the answer of most traces counts as right, not the reference.
        synthetic: each right trace also comes spoilt, see `rollouts.spoil`.

    Returns:
        The traces of these questions, kept and new.
    """
    made = {item.id: _digest(item, spec, seed, majority, synthetic) for item in items}
    kept = [trace for item in items for trace in into.get(made[item.id]) or ()]
    left = [item for item in items if into.get(made[item.id]) is None]
    prepared = list(_prepared(session, left))
    if not prepared:
        return kept
    hub = Hub(session.engine)
    longest = max(one.prompt_tokens for _, one in prepared) + spec.tokens + 64
    session.engine.reserve(min(WIDTH * longest, memory_cells(session)))
    allowance = _Allowance(budget, sum(trace.tokens for trace in kept), spec)
    names: list[str] = []

    def flows() -> Iterator[Flow[list[Trace]] | None]:
        for item, one in prepared:
            while not allowance.begin():
                if not allowance.under_way:
                    return
                yield None  # what is under way may turn out cheap
            if stopped():
                return
            names.append(item.id)
            ledger = allowance.ledger.child()
            run = Run(hub.port(), ledger=ledger, seed=question_seed(seed, item.id))
            work = replace(spec, sampling=one.plan.sampled)
            yield _one(run, item, one, work, majority=majority, synthetic=synthetic)

    driven = drive(flows(), most=lambda: max(1, WIDTH // spec.traces))
    new = 0
    try:
        for number, _, traces in driven:
            if traces is not None:
                allowance.end(sum(trace.tokens for trace in traces))
            if traces:
                new += 1
                into.add(made[names[number]], traces)
                kept += traces
                report(len(items) - len(left) + new, new, allowance.ledger.spent)
            elif stopped():
                break
    finally:
        driven.close()
    return kept


class _Allowance:
    """A budget, and whether it is likely to do for one more question.

    Args:
        budget: sampled tokens, or None. spent: of them, before.
    """

    def __init__(self, budget: int | None, spent: int, spec: RolloutSpec) -> None:
        self.ledger = Ledger(budget)
        self.ledger.take(spent if budget is None else min(spent, budget))
        self._before = self.ledger.spent
        self._guess = usual_tokens(spec)
        self._ended = self._tokens = 0
        self.under_way = 0

    def begin(self) -> bool:
        """Whether a question may be begun; if so it counts as begun."""
        # The first to end are the cheap ones: the guess counts as a few questions that ended.
        usual = (self._tokens + GUESSED * self._guess) / (self._ended + GUESSED)
        promised = self._before + self._tokens + (self.under_way + 1) * usual
        enough = self.ledger.limit is None or promised <= self.ledger.limit
        self.under_way += enough
        return enough

    def end(self, tokens: int) -> None:
        """Count a question that is done and the tokens it took."""
        self.under_way -= 1
        self._ended += 1
        self._tokens += tokens


def _digest(item: Item, spec: RolloutSpec, seed: int, majority: bool, synthetic: bool) -> str:
    """Of everything that decides a question's traces and labels, but for the model."""
    parts = (item.id, item.prompt, item.task, item.reference, spec, seed, majority, synthetic)
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _prepared(session: Session, items: Sequence[Item]) -> Iterator[tuple[Item, Planned]]:
    for item in items:
        try:
            one = planned_for(session, Request.of(session.settings, item.prompt, form=item.task))
        except ContextOverflow:
            continue
        yield item, one


def _one(
    run: Run, item: Item, one: Planned, spec: RolloutSpec, *, majority: bool, synthetic: bool
) -> Flow[list[Trace]]:
    """One question's traces, none when the budget cut it; its port is left when it is done."""

    def right(answer: str) -> bool:
        return scoring.right(item, answer, answer)

    try:
        judge = None if majority or not item.reference else right
        traces = yield from rollouts.draw(run, one.question, item.id, judge, spec)
        if run.ledger.left == 0:
            return []
        if synthetic:
            traces += yield from rollouts.spoil(run, one.question, traces)
        return traces
    finally:
        run.engine.close()
