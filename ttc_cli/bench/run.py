"""One `ttc bench run`, from open session to written rows."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ttc_cli.bench import runner
from ttc_cli.bench.configs import Config
from ttc_cli.bench.deck import WIDTH, Deck
from ttc_cli.bench.folder import Folder, What
from ttc_cli.bench.progress import Progress, stderr
from ttc_cli.bench.questions import Item
from ttc_cli.session.loaded import Session


@dataclass(frozen=True, slots=True)
class Spec:
    """What to run and where to.

    Args:
        data: name and sha256 of the questions.
        width: samples drawn at once.
    """

    data: dict[str, str]
    items: Sequence[Item]
    configs: Sequence[Config]
    out: Path
    seed: int = 0
    resume: bool = False
    width: int = WIDTH
    quiet: bool = False
    unsafe_exec: bool = False


@dataclass(frozen=True, slots=True)
class Did:
    """What a run did: answers given and left over, tokens drawn, seconds that the engine worked."""

    answers: int
    left: int
    tokens: int
    seconds: float


def choose(items: Sequence[Item], *, limit: int | None, shuffle: bool, seed: int) -> list[Item]:
    """The first `limit` questions, in their order or shuffled by the seed."""
    chosen = list(items)
    if shuffle:
        random.Random(seed).shuffle(chosen)  # noqa: S311 - an order, not a secret
    return chosen[:limit]


def run(session: Session, spec: Spec, *, stopped: Callable[[], bool] = lambda: False) -> Did:
    """Draw what is missing and write a row for each question and configuration.

    Args:
        session: the model.
        spec: what to run.
        stopped: asked after every step of the engine; ends the run where it is.

    Raises:
        TtcError: see Folder and Runner; what was written stays, and `resume` goes on.
    """
    model = {"name": session.model.name, "sha256": session.identity}
    folder = Folder(spec.out, What(spec.data, model, spec.seed, spec.configs), resume=spec.resume)
    try:
        jobs = []
        planned = runner.plan(
            session, spec.items, spec.configs, spec.seed, unsafe_exec=spec.unsafe_exec
        )
        for job in planned:
            if isinstance(job, runner.Job):
                jobs.append(job)
            elif (job["config"], job["id"]) not in folder.done:
                folder.results.append(job)
        left = [job for job in jobs if (job.config, job.item.id) not in folder.done]
        if left:
            session.engine.reserve(runner.cells(session, left, spec.width))
        deck = Deck(session.engine, folder.tape, width=spec.width)
        progress = Progress(stderr(quiet=spec.quiet), before=len(jobs) - len(left))
        try:
            done = runner.Runner(deck, folder.results, progress).work(left, stopped)
        finally:
            progress.end()
        return Did(done, len(left) - done, deck.drawn, deck.seconds)
    finally:
        folder.close()
