"""The forms of process reward models: what each is shown, and where its verdict is read.

A form shows the model a question and the first steps of a solution, up to where the verdict on
the last of them is read. Later verdicts go on from there, so that prefixes are shared.

Sources: Math-Shepherd (arXiv 2312.08935), RLHFlow's PRMs (github.com/RLHFlow/RLHF-Reward-Modeling),
generative verifiers (arXiv 2408.15240), Qwen2.5-Math-PRM (arXiv 2501.07301), Skywork-o1-Open-PRM.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ttc_cli.core.branch import Message, Prompt
from ttc_cli.core.errors import ModelError, UsageError
from ttc_cli.core.files import replacing
from ttc_cli.models.catalogue import Entry
from ttc_cli.models.gguf import split_parts
from ttc_cli.models.gguf_header import read_header
from ttc_cli.prompts.template import ChatTemplate

Show = Callable[[ChatTemplate, str, Sequence[str]], Prompt]
Pieces = tuple[tuple[str, bool], ...]
ASK = "Is this last step correct? Reply with Yes or No."
SYSTEM = r"Please reason step by step, and put your final answer within \boxed{}."
"""What Qwen2.5-Math-PRM was trained under."""
TAG = "<extra_0>"
AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "last": lambda scores: scores[-1],
    "min": min,
    "prod": math.prod,
    "mean": lambda scores: math.fsum(scores) / len(scores),
}  # the score of a whole from those of its steps


@dataclass(frozen=True, slots=True)
class Form:
    """How a model judges steps.

    Args:
        name: as `-O form=` takes it.
        aggregate: what makes one score of many, where neither user nor catalogue says.
        show: the prompt that ends where the verdict on the last of some steps is read.
        verdicts: spellings of good and of bad, tokens of the LM head; none: a head of its own.
        tag: spellings of the mark after a step, which must be one token; none: it has no mark.
    """

    name: str
    aggregate: str
    show: Show
    verdicts: tuple[tuple[str, ...], ...] = ()
    tag: tuple[str, ...] = ()


def _math_shepherd(_: ChatTemplate, question: str, steps: Sequence[str]) -> Prompt:
    lines = []
    for n, step in enumerate(steps, 1):
        said = " ".join(step.split())
        named = said if said.lower().startswith("step ") else f"Step {n}: {said}"
        lines.append(f"{named} ки")
    return Prompt(((f"{question} " + "\n".join(lines), False),))


def _rlhflow(template: ChatTemplate, question: str, steps: Sequence[str]) -> Prompt:
    turns = [f"{question} {steps[0].strip()}", *(step.strip() for step in steps[1:])]
    chat = [m for turn in turns for m in (Message("user", turn), Message("assistant", "+"))]
    return template.render(chat[:-1]).prompt


def _generative(template: ChatTemplate, question: str, steps: Sequence[str]) -> Prompt:
    said = "\n\n".join(step.strip() for step in steps)
    chat = [Message("user", question), Message("assistant", said), Message("user", ASK)]
    return template.render(chat, enable_thinking=False).prompt


def _two_class(template: ChatTemplate, question: str, steps: Sequence[str]) -> Prompt:
    head = template.render([Message("system", SYSTEM), Message("user", question)]).prompt
    tagged: Pieces = tuple(piece for s in steps for piece in ((s.strip(), False), (TAG, True)))
    return Prompt((*head.pieces, *tagged))


def _value(template: ChatTemplate, question: str, steps: Sequence[str]) -> Prompt:
    lines = [line for step in steps for line in step.split("\n") if line.strip()]
    # The line's end is a token of its own, as in training: its state is what is read.
    said: Pieces = tuple(piece for line in lines for piece in ((line, False), ("\n", False)))
    start: Pieces = ((template.bos, True),) if template.bos else ()
    return Prompt((*start, (question + "\n", False), *said))


_SIGNS = (("+", " +"), ("-", " -"))
FORMS = {
    form.name: form
    for form in (
        Form("math-shepherd", "min", _math_shepherd, ((" +", "+"), (" -", "-")), (" ки", "ки")),
        Form("rlhflow", "last", _rlhflow, _SIGNS),
        Form("generative", "min", _generative, (("Yes", " Yes"), ("No", " No"))),
        Form("classifier", "prod", _two_class, tag=(TAG,)),
    )
}
VALUE = Form("classifier", "mean", _value)  # the classifier form of Skywork's value heads
_NAMES = {
    "math-shepherd": r"math\W*shepherd",
    "rlhflow": r"rlhflow|prm\W*(deepseek|mistral)\W*data",
    "classifier": r"qwen2\W*5\W*math\W.*prm|skywork.*prm",
}  # what a GGUF's own name says, as far as we know their names


def detect(given: str, entry: Entry | None, path: Path, *, headed: bool) -> tuple[Form, str]:
    """The form of a PRM and how that is known, without loading it.

    Args:
        given: by the user, or empty.
        entry: of the catalogue, where the model has one.
        path: the GGUF. headed: whether a side file of head weights belongs to it.

    Raises UsageError: nobody says, or there is no such form.
    """
    known = ", ".join(FORMS)
    if given and given not in FORMS:
        raise UsageError(f"no form of PRM is called {given!r}", f"there are {known}")
    if given:
        return FORMS[given], "as -O form says"
    if entry is not None and entry.form:
        return FORMS[entry.form], "as the catalogue says"
    if headed:
        return FORMS["classifier"], "by its side file of head weights"
    if found := _named(path):
        return FORMS[found], "by the name in the GGUF"
    if _has_tag(path):
        return FORMS["classifier"], f"by {TAG} in its vocabulary"
    unsaid = f"{path.name} does not say what form of PRM it is"
    raise UsageError(unsaid, f"give -O form=NAME, one of {known}")


def _named(path: Path) -> str:
    metadata = read_header(split_parts(path)[0]).metadata
    keys = ("general.name", "general.basename", "general.finetune")
    names = " / ".join(str(metadata.get(key, "")) for key in keys).lower().replace("_", "-")
    return next((form for form, name in _NAMES.items() if re.search(name, names)), "")


def _has_tag(path: Path) -> bool:
    from ttc_cli.engine.llama.binding import Model  # llama.cpp: not for a name that says enough

    model = Model(path, vocab_only=True)
    try:
        return len(model.tokenize(TAG, special=True)) == 1
    finally:
        model.close()


Floats = NDArray[np.float32]
LAYOUTS: dict[str, tuple[str, ...]] = {
    "two-class": ("score.0.weight", "score.0.bias", "score.2.weight", "score.2.bias"),
    "value": ("v_head.summary.weight", "v_head.summary.bias"),
}  # kinds of head by the names of their tensors: Qwen2.5-Math-PRM's and Skywork-o1-PRM's


@dataclass(frozen=True)
class StepHead:
    """A head on hidden states.

    Args:
        layout: of LAYOUTS.
        tensors: by name; a weight's shape is (out, in).
        digest: sha256 of the file it came from.
    """

    layout: str
    tensors: Mapping[str, Floats]
    digest: str = ""

    @property
    def width(self) -> int:
        """Of the hidden states it reads."""
        return int(self.tensors[LAYOUTS[self.layout][0]].shape[-1])

    def score(self, states: Floats) -> Floats:
        """Probabilities that the steps are right.

        Args:
            states: shape (n, width), after the model's last norm.

        Returns:
            Shape (n,), in [0, 1].
        """
        if self.layout == "two-class":
            inner = np.maximum(self._linear("score.0", states), 0.0)
            classes = self._linear("score.2", inner)
            logits = classes[:, 1] - classes[:, 0]
        else:
            logits = self._linear("v_head.summary", states)[:, 0]
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -80, 80))), np.float32)

    def _linear(self, name: str, inputs: Floats) -> Floats:
        weight, bias = self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]
        return np.asarray(inputs @ weight.T + bias, np.float32)

    def save(self, path: Path) -> None:
        """Write it, whole or not at all."""
        with replacing(path, private=False) as file:
            np.savez(file, allow_pickle=False, **dict(self.tensors))

    @classmethod
    def of(cls, tensors: Mapping[str, Floats], source: str, digest: str = "") -> StepHead:
        """A head from its tensors.

        Raises ModelError: they are of no kind that is known, or do not fit together.
        """
        for layout, names in LAYOUTS.items():
            if all(name in tensors for name in names):
                head = cls(layout, {name: tensors[name] for name in names}, digest)
                try:
                    head.score(np.zeros((1, head.width), np.float32))
                except (ValueError, IndexError) as error:
                    raise ModelError(f"the head in {source} does not add up: {error}") from None
                return head
        known = " or ".join(", ".join(names) for names in LAYOUTS.values())
        raise ModelError(f"{source} holds no head of a PRM that is known here", f"known: {known}")

    @classmethod
    def load(cls, path: Path) -> StepHead:
        """Read one. Raises ModelError: it is no such file."""
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            with np.load(path, allow_pickle=False) as data:
                tensors = {name: data[name].astype(np.float32) for name in data.files}
        except (OSError, ValueError, EOFError, KeyError) as error:
            raise ModelError(
                f"{path.name} is no file of head weights: {error}", "make it with `ttc prm convert`"
            ) from None
        return cls.of(tensors, path.name, digest)


def side_file(model: Path) -> Path:
    """Where the head of a GGUF lies."""
    return model.with_suffix(".head.npz")
