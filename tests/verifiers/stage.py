"""What the tests of verifiers share: replies as branches, and verifiers run to their end."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from ttc_cli.core.branch import Branch, Message, Prompt, Step
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.events import end_of
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.options import NoOptions
from ttc_cli.core.outcome import Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Stop
from ttc_cli.core.verify import Graded, Verifier
from ttc_cli.engine.scripted import ScriptedEngine
from ttc_cli.verifiers import registry
from ttc_cli.verifiers.combine import Combined

T = TypeVar("T")
PROMPT = Prompt((("What is 3 + 4?", True),), (Message("user", "What is 3 + 4?"),))


def question(task: str = "math", text: str = "What is 3 + 4?") -> Question:
    kind = {"math": "number", "code": "code"}.get(task)
    return Question(text, task, kind, lambda variant, think: PROMPT)


def branch(text: str, number: int = 0, stop: Stop | None = Stop.END) -> Branch:
    n = max(1, len(text.split()))
    sure = tuple(3.0 + (len(text) * 7 + i) % 20 for i in range(n))
    step = Step(text, confidences=sure, certainties=tuple(2 * c for c in sure))
    return Branch((number,), PROMPT, (step,), stop, tokens_sampled=n)


def verdicts(request: BranchRequest) -> tuple[float, ...]:
    """Log-probabilities that depend on the text and on nothing else."""
    said = "".join(step.text for step in request.prefix).encode()
    yes = hashlib.blake2b(said, digest_size=1).digest()[0] / 32 + 0.1
    return (-yes, -1.0)


def new_run(engine: ScriptedEngine | None = None, limit: int | None = None) -> Run:
    engine = engine or ScriptedEngine(lambda request: "It adds up. Yes.", scorer=verdicts)
    return Run(engine, ledger=Ledger(limit), clock=lambda: 0.0)


def grades(
    verifier: Verifier, branches: Sequence[Branch], asked: Question, run: Run | None = None
) -> list[Graded]:
    return end_of(verifier(run or new_run(), branches, asked))


def build(text: str, *, unsafe: bool = False, **options: str) -> Verifier:
    registry.strategy_options("direct", NoOptions, [text], options)
    combined = registry.assemble([text], options, unsafe=unsafe)
    assert combined is not None
    return combined.parts[0]


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def combined(*texts: str, **given: str) -> Combined:
    made = registry.assemble(texts, given, unsafe=False)
    assert made is not None
    return made
