"""One `ttc bench run`, from open session to written rows, and how far it is on stderr."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TextIO

from ttc_cli.bench import runner
from ttc_cli.bench.configs import Config
from ttc_cli.bench.folder import Folder
from ttc_cli.bench.questions import Item
from ttc_cli.bench.replay import Replay
from ttc_cli.core.errors import BudgetSpent
from ttc_cli.models.registry import ModelFile
from ttc_cli.session.batch import budget, spent
from ttc_cli.session.loaded import Session
from ttc_cli.views.text import span

TERMINAL_SECONDS = 0.5
FILE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Spec:
    """What to run and where to.

    Args:
        data: name and sha256 of the questions.
        width: samples drawn at once; None for what the engine draws best.
    """

    data: dict[str, str]
    items: Sequence[Item]
    configs: Sequence[Config]
    out: Path
    seed: int = 0
    resume: bool = False
    width: int | None = None
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did: answers given and left over, tokens drawn, seconds that the engine worked.

    Args:
        why: the answers that could not be drawn, a reason for each.
        served: requests by the replica that answered, where that is told.
        over: the error where the budget of all ended it.
    """

    answers: int
    left: int
    tokens: int
    seconds: float
    why: Sequence[str] = ()
    served: Mapping[str, int] = field(default_factory=dict)
    over: BudgetSpent | None = None


def choose(items: Sequence[Item], *, limit: int | None, shuffle: bool, seed: int) -> list[Item]:
    """Choose the first `limit` questions, in their order or shuffled by the seed."""
    chosen = list(items)
    if shuffle:
        random.Random(seed).shuffle(chosen)  # noqa: S311 - an order, not a secret
    return chosen[:limit]


def run(session: Session, spec: Spec, *, stopped: Callable[[], bool] = lambda: False) -> Summary:
    """Draw what is missing and write a row for each question and configuration.

    `stopped` is asked after every step of the engine and ends the run where it is; what was
    written stays, and `resume` goes on.
    """
    header = {
        "data": spec.data, "model": {"name": session.model.name, "sha256": session.identity},
        "seed": spec.seed, "configs": [config.described() for config in spec.configs],
    }  # fmt: skip
    folder = Folder(spec.out, header, resume=spec.resume)
    try:
        # twice, for the longest and to run it: all at once may not fit into memory
        plan = partial(runner.plan, session, spec.items, spec.configs, spec.seed, folder.has)
        wanted = len(spec.items) * len(spec.configs)
        before = sum(folder.has(c.name, item.id) for c in spec.configs for item in spec.items)
        if before < wanted and isinstance(session.model, ModelFile):
            width = spec.width or session.engine.width
            session.engine.reserve(runner.cells(session, plan(), width))
        allowed = budget(session.settings, folder.log.usage)
        replay = Replay(session.engine, folder.log, width=spec.width, budget=allowed)
        progress = Progress(None if spec.quiet else sys.stderr, before=before)
        try:
            worker = runner.Runner(replay, folder.results, progress)
            done = worker.work(plan(), wanted - before, stopped)
        finally:
            progress.end()
        left = wanted - before - done
        over = spent(allowed, kept=True) if allowed.over and left else None
        served = session.engine.served
        return Summary(done, left, replay.drawn, replay.seconds, worker.lost, served, over)
    finally:
        folder.close()


class Progress:
    """Called again and again by a runner; writes now and then: one line on a terminal that is
    overwritten, one a minute into a file.

    Args:
        err: where to; None for nowhere. before: answers that an earlier run has already given.
        clock: seconds, monotonic.
    """

    def __init__(
        self, err: TextIO | None = None, *, before: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._err, self._before, self._clock = err, before, clock
        self._began = self._last = clock()
        self._terminal = bool(err and err.isatty())
        self._shown = self._away = False

    def __call__(self, done: int, total: int, replay: Replay) -> None:
        """Write a line of progress when it is time to."""
        now = self._clock()
        every = TERMINAL_SECONDS if self._terminal else FILE_SECONDS
        changed = bool(replay.engine.outage) != self._away
        self._away ^= changed
        if self._err is None or (now - self._last < every and not changed):
            return
        self._last = now
        line = self.line(done, total, replay)
        self._err.write(f"\r\x1b[K{line}" if self._terminal else line + "\n")
        self._err.flush()
        self._shown = self._terminal

    def line(self, done: int, total: int, replay: Replay) -> str:
        """Say how far the bench is, how quick, and how long it will probably take."""
        so_far = f"bench: {self._before + done} of {self._before + total} answers"
        if outage := replay.engine.outage:
            return f"{so_far}, waiting: {outage}"
        passed = self._clock() - self._began
        left = f"{span(passed / done * (total - done))} left" if done else "time left not known yet"
        speed = replay.drawn / replay.seconds if replay.seconds else 0.0
        return f"{so_far}, {replay.outstanding} samples under way, {speed:.1f} tok/s, {left}"

    def end(self) -> None:
        """Take the progress line off the screen."""
        if self._shown and self._err is not None:
            self._err.write("\r\x1b[K")
            self._err.flush()
            self._shown = False
