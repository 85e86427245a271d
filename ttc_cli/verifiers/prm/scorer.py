"""A PRM as a second engine of the process: steps in, a score for each out."""

from __future__ import annotations

import atexit
import functools
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ttc_cli.core.branch import Branch, Prompt, Step
from ttc_cli.core.errors import ModelError
from ttc_cli.core.events import Event, Flow, Tick, turned
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Outputs, StopRule
from ttc_cli.core.verify import Graded
from ttc_cli.models.registry import ModelFile, identity, models_dir
from ttc_cli.prompts.template import ChatTemplate
from ttc_cli.settings import home
from ttc_cli.verifiers.common import OUT_OF_TIME, share
from ttc_cli.verifiers.prm.forms import Form, StepHead

if TYPE_CHECKING:
    from ttc_cli.engine.hub import Hub
    from ttc_cli.engine.llama.engine import LlamaEngine

REMEMBERED = 20_000  # verdicts kept, so that of a line that grew only the new steps are asked about


@dataclass(eq=False)
class Scorer:
    """Scores steps with one GGUF; loads it when it is first needed.

    Args:
        model: the file. form: how it judges. head: of a classifier, else None.
        cells: tokens of all solutions together, and the most that one may hold.
    """

    model: ModelFile
    form: Form
    head: StepHead | None
    cells: int
    _hub: Hub | None = None
    _known: dict[bytes, float] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """Of the file: its hash, or a fingerprint."""
        return identity(self.model)

    def score(
        self,
        run: Run,
        items: Sequence[tuple[str, Sequence[str]]],
        aggregate: Callable[[Sequence[float]], float],
    ) -> Flow[list[Graded]]:
        """Grades of each (question, steps), in order; all that is new shares one batch.

        Evaluated tokens are counted in the run's ledger.

        Args:
            aggregate: makes one score of the steps'.

        Raises ModelError: the model cannot be loaded, or is not of this form.
        """
        engine = self.engine
        room = min(engine.info.context, engine.info.cells) - 1
        shown = [
            [self.form.show(self._template, asked, steps[:n]) for n in range(1, len(steps) + 1)]
            for asked, steps in items
        ]
        sizes = [engine.count(prompts[-1]) for prompts in shown]
        wanted = {
            _key(prompt): prompt
            for prompts, size in zip(shown, sizes, strict=True)
            for prompt in prompts
            if size <= room and _key(prompt) not in self._known
        }
        found = yield from self._read(run, list(wanted.values()))
        if len(self._known) > REMEMBERED:
            kept = {_key(prompt) for prompts in shown for prompt in prompts}
            self._known = {key: self._known[key] for key in kept if key in self._known}
        self._known |= {k: s for k, s in zip(wanted, found, strict=True) if s is not None}
        graded: list[Graded] = []
        for prompts, size in zip(shown, sizes, strict=True):
            scores = (self._known.get(_key(prompt)) for prompt in prompts)
            steps = tuple(score for score in scores if score is not None)
            if size > room:
                why = f"it takes {size} tokens and the PRM's context holds {room}"
                graded.append(Graded(None, why))
            elif len(steps) < len(prompts):
                graded.append(OUT_OF_TIME)
            else:
                graded.append(Graded(aggregate(steps), steps=steps))
        return graded

    def _read(self, run: Run, prompts: list[Prompt]) -> Flow[list[float | None]]:
        """The verdict at the end of each prompt; None where time ran out."""
        if not prompts:
            return []
        assert self._hub is not None  # it is loaded
        port = self._hub.port()
        inner = Run(port, ledger=Ledger(), deadline=run.deadline, clock=run.clock)

        def heed(_: Event) -> tuple[Event, ...]:
            inner.interrupted = run.interrupted
            return (Tick(),)

        try:
            if self.head is None:
                items: list[tuple[Prompt, tuple[Step, ...]]] = [(prompt, ()) for prompt in prompts]
                pairs = yield from turned(inner.score(items, self._verdicts), heed)
                return [None if pair is None else share(*pair) for pair in pairs]
            branches = [Branch((i,), prompt) for i, prompt in enumerate(prompts)]
            flow = inner.extend(branches, stop=StopRule(0), outputs=Outputs(hidden="end"))
            done = yield from turned(flow, heed)
            return self._judged(done, len(prompts))
        finally:
            port.close()
            run.ledger.count("evaluated", inner.ledger.usage.prefilled)

    def _judged(self, done: Sequence[Branch], count: int) -> list[float | None]:
        assert self.head is not None
        out: list[float | None] = [None] * count
        for branch in done:
            if branch.steps and branch.steps[-1].hidden:
                state = np.asarray(branch.steps[-1].hidden[-1], np.float32)[None, :]
                out[branch.id[0]] = float(self.head.score(state)[0])
        return out

    # -- the model ------------------------------------------------------------------------

    @functools.cached_property
    def engine(self) -> LlamaEngine:
        """The loaded model. Raises ModelError: it cannot be loaded, or is not of this form."""
        from ttc_cli.engine.hub import Hub
        from ttc_cli.engine.llama.engine import LlamaEngine
        from ttc_cli.engine.llama.trial import try_loading

        if self.model.sha256 is None:  # nobody vouches for it
            marks = models_dir(home()) / ".loads"
            try_loading(self.model.path, marks, self.identity, keep=True)
        engine = LlamaEngine(self.model.path, sha256=self.identity)
        try:
            engine.reserve(min(self.cells, engine.info.context))
            if self.form.tag:
                _token(engine, self.form.tag, self)
        except BaseException:
            engine.close()
            raise
        self._hub = Hub(engine)
        _open.append(self)
        return engine

    @functools.cached_property
    def _template(self) -> ChatTemplate:
        info = self.engine.info
        return ChatTemplate(info.template, info.bos, info.eos, self.engine.model.special_texts())

    @functools.cached_property
    def _verdicts(self) -> tuple[str, ...]:
        return tuple(_token(self.engine, texts, self) for texts in self.form.verdicts)

    def close(self) -> None:
        """Free the model; idempotent, and it can be used again."""
        if self._hub is not None:
            self._hub.engine.close()
            self._hub = None
        for name in ("engine", "_template", "_verdicts"):
            self.__dict__.pop(name, None)
        self._known.clear()


_made: dict[tuple[object, ...], Scorer] = {}
_open: list[Scorer] = []


def scorer(model: ModelFile, form: Form, head: StepHead | None, cells: int) -> Scorer:
    """The process's one scorer of a file in a form."""
    key = (model.path.resolve(), form, head.digest if head else "", cells)
    return _made.setdefault(key, Scorer(model, form, head, cells))


def close_all() -> None:
    """Free every PRM of the process."""
    while _open:
        _open.pop().close()
    _made.clear()


atexit.register(close_all)


def _key(prompt: Prompt) -> bytes:
    return hashlib.blake2b(repr(prompt.pieces).encode("utf-8", "surrogatepass")).digest()


def _token(engine: LlamaEngine, texts: Sequence[str], scorer: Scorer) -> str:
    """The first of some spellings that is one token of the vocabulary."""
    empty = Prompt(())
    for text in texts:
        if engine.count(empty, (Step(text),)) - engine.count(empty) == 1:
            return text
    raise ModelError(
        f"{scorer.model.path.name} cannot be a PRM of the form {scorer.form.name}:"
        f" {texts[0]!r} is no token of its vocabulary",
        "give another -O form=",
    )
