"""A process reward model as a verifier: a second GGUF that scores every step of a reply.

It is loaded once a process, when it is first needed, and must pass a self-test before it is
believed (see `selftest`). What it evaluates counts in the run's ledger, and the self-test in
that of the run that caused it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ttc_cli.core.branch import Branch
from ttc_cli.core.engine import EngineInfo
from ttc_cli.core.errors import ModelError, UsageError
from ttc_cli.core.events import Flow, Note, end_of
from ttc_cli.core.options import option
from ttc_cli.core.outcome import Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Outputs
from ttc_cli.core.steps import STEPS
from ttc_cli.core.verify import Graded
from ttc_cli.models import registry
from ttc_cli.models.catalogue import catalogue
from ttc_cli.models.gguf import read_gguf
from ttc_cli.settings import home
from ttc_cli.verifiers.common import OUT_OF_TIME
from ttc_cli.verifiers.prm import selftest
from ttc_cli.verifiers.prm.forms import AGGREGATES, VALUE, StepHead, detect, side_file
from ttc_cli.verifiers.prm.scorer import Scorer, scorer

USAGE = "prm:FILE|NAME"


@dataclass(frozen=True, slots=True)
class Options:
    """Of the verifier."""

    form: str = option("", "math-shepherd, rlhflow, generative or classifier; found where it can")
    aggregate: str = option("", "last, min, prod or mean of the steps; the PRM's own")
    prm_context: int = option(
        8192, "tokens that the PRM's cache holds; longer is refused", least=64
    )


def opens(argument: str) -> tuple[Path, ...]:
    """The model, and the head of a classifier beside it."""
    model = registry.resolve(argument, home())
    if not isinstance(model, registry.ModelFile):
        return ()
    return (model.path, *filter(Path.is_file, [side_file(model.path)]))


def build(argument: str, options: Options, *, unsafe: bool) -> Prm:
    """The verifier; nothing is loaded yet.

    Raises:
        UsageError: no such model or option, or nobody knows the PRM's form.
        ModelError: it is not here, or is a classifier without its head.
    """
    if not argument:
        raise UsageError("prm needs a model", "write -V prm:FILE; `ttc prm list` names some")
    if options.aggregate and options.aggregate not in AGGREGATES:
        known = ", ".join(AGGREGATES)
        raise UsageError(f"option aggregate is one of {known}, not {options.aggregate!r}")
    model = registry.resolve(argument, home())
    if not isinstance(model, registry.ModelFile):
        raise UsageError(f"prm needs a GGUF file, and {argument} is a server")
    entry = catalogue().get(registry.names(home()).get(argument, argument))
    side = side_file(model.path)
    form, known_by = detect(options.form, entry, model.path, headed=side.is_file())
    head = None
    if not form.verdicts:
        head = _head(model, side.name)
        form = VALUE if head.layout == "value" else form
    aggregate = options.aggregate or (entry.aggregate if entry else "") or form.aggregate
    read_as, made = f"{form.name}, {known_by}", scorer(model, form, head, options.prm_context)
    return Prm(f"prm:{argument}", made, aggregate, read_as)


def _head(model: registry.ModelFile, name: str) -> StepHead:
    side = model.path.with_name(name)
    if not side.is_file():
        raise ModelError(
            f"{model.path.name} is a classifier, and a GGUF does not hold its head",
            f"make {name} beside it: ttc prm convert CHECKPOINT --out {name}",
        )
    head = StepHead.load(side)
    width = read_gguf(model.path).embedding_length
    if head.width != width:
        raise ModelError(
            f"{name} reads states {head.width} wide, and those of {model.path.name} are {width}",
            "convert the head of the same checkpoint",
        )
    return head


@dataclass
class Prm:
    """Grades replies by their steps."""

    name: str
    scorer: Scorer
    aggregate: str
    form: str
    gate: bool = False
    outputs: Outputs = Outputs()
    needs: tuple[str, ...] = ()
    _trusted: bool = False
    _untold: str = ""
    _untold_tokens: int = 0

    def fits(self, info: EngineInfo) -> None:
        """Refuse a PRM that fails its self-test; the generator may be any.

        Raises ModelError: with the numbers, or it cannot be loaded.
        """
        if self._trusted:
            return
        form, head = self.scorer.form, self.scorer.head
        key = f"{self.scorer.identity}:{head.digest if head else ''}:{form.name}:{self.aggregate}"
        found = selftest.stored(key)
        if found is None:
            found = self._tested()
            self._untold_tokens = found.tokens
            selftest.store(key, found, self.name, form.name)
            self._untold = (
                f"{self.name} is read as {self.form}; it passed its self-test,"
                f" {found.sound} of {found.pairs} pairs, {found.tokens} tokens evaluated"
            )
        found.refuse(self.name)
        self._trusted = True

    def _tested(self) -> selftest.Verdict:
        run = Run(self.scorer.engine)
        pairs = selftest.PAIRS
        items = [(pair.question, steps) for pair in pairs for steps in (pair.right, pair.wrong)]
        aggregate = AGGREGATES[self.aggregate]
        graded = end_of(self.scorer.score(run, items, aggregate))
        if whys := [one.note for one in graded if one.score is None]:
            raise ModelError(f"{self.name} cannot take its self-test: {whys[0]}")
        steps = [one.steps for one in graded]
        tokens = run.ledger.usage.evaluated
        return selftest.verdict(steps[::2], steps[1::2], aggregate, tokens)

    def __call__(
        self, run: Run, branches: Sequence[Branch], question: Question
    ) -> Flow[list[Graded]]:
        """One `Graded` a branch, in order; `steps` holds a score for each step of the reply."""
        if not branches:
            return []
        if run.late:
            return [OUT_OF_TIME] * len(branches)
        self.fits(run.engine.info)
        if self._untold:
            run.ledger.count("evaluated", self._untold_tokens)
            yield Note(self._untold)
            self._untold = ""
        asked = [(_asked(branch, question), STEPS.cut(branch.text)) for branch in branches]
        said = [item for item in asked if item[1]]
        graded = yield from self.scorer.score(run, said, AGGREGATES[self.aggregate])
        found = iter(graded)
        return [next(found) if steps else _NOTHING for _, steps in asked]


_NOTHING = Graded(None, "there is nothing to score")


def _asked(branch: Branch, question: Question) -> str:
    """The question with its documents, and without the wording a PRM was not trained on."""
    said = next((m.content for m in reversed(branch.prompt.messages) if m.role == "user"), "")
    before, found, _ = said.rpartition(question.text)
    return before + found if found else question.text
