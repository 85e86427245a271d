"""Judging a verifier on replies whose steps somebody labelled, as ProcessBench does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ttc_cli.bench.records import read_records
from ttc_cli.core.branch import Branch, Step
from ttc_cli.core.errors import TtcError, UsageError
from ttc_cli.core.events import end_of
from ttc_cli.core.options import NoOptions
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Stop
from ttc_cli.prm.measures import auc, first_error_f1
from ttc_cli.session.loaded import Session
from ttc_cli.session.plan import plan
from ttc_cli.session.request import Request
from ttc_cli.verifiers.registry import assemble, check, strategy_options


@dataclass(frozen=True, slots=True)
class Labelled:
    """A reply as its steps; `label` is the first wrong one, or -1 (arXiv 2412.06559)."""

    question: str
    steps: tuple[str, ...]
    label: int


def read(path: Path) -> list[Labelled]:
    """Labelled replies of a JSONL file.

    Raises:
        UnreadableFile: it cannot be read. UsageError: a record is none; the message names it.
    """
    out = []
    for number, record in read_records(path):
        try:
            question = str(record.get("problem") or record["question"])
            steps, label = tuple(map(str, record["steps"])), int(record["label"])
        except (KeyError, TypeError, ValueError, AttributeError):
            raise UsageError(
                f"{path}: record {number} has no problem, steps and label",
                "label is the first wrong step, counted from 0, or -1",
            ) from None
        if not steps or not -1 <= label < len(steps):
            raise UsageError(f"{path}: record {number} labels a step that is not there")
        out.append(Labelled(question, steps, label))
    return out


def judge(
    session: Session,
    verifiers: Sequence[str],
    labelled: Sequence[Labelled],
    bar: float,
    options: Mapping[str, str] = {},
) -> dict[str, Any]:
    """AUC of whole replies, F1 of the first wrong step, and how many were scored.

    A verifier that does not score steps is asked about every beginning of the reply.

    Raises:
        UsageError, MissingCapability: the verifier cannot be had on this model.
        TtcError: it scored nothing.
    """
    strategy_options("eval", NoOptions, verifiers, options)  # refuses what nobody has
    verifier = assemble(verifiers, options, unsafe=False)
    assert verifier is not None
    check(verifier, session.engine.info)
    scores: list[list[float]] = []
    wholes: list[float] = []
    errors: list[int] = []
    for one in labelled:
        if found := _scores(session, verifier, one):
            scores.append(found[0])
            wholes.append(found[1])
            errors.append(one.label)
    if not scores:
        raise TtcError(f"{verifier.name} scored none of {len(labelled)} replies")
    sound = [error < 0 for error in errors]
    return {
        "verifier": verifier.name, "replies": len(labelled), "scored": len(scores),
        "auc": auc(wholes, np.array(sound, float)),
        "lowest_step_auc": auc([min(steps) for steps in scores], np.array(sound, float)),
        "first_error_f1": first_error_f1(scores, errors, bar), "bar": bar,
    }  # fmt: skip


def _scores(session: Session, verifier: Any, one: Labelled) -> tuple[list[float], float] | None:
    """(a score for each step, that of the whole reply); None when the verifier failed."""
    planned = plan(session, Request.of(session.settings, one.question, form="math"))
    prompt = planned.prompt
    texts = [step if step.endswith("\n") else step + "\n\n" for step in one.steps]
    whole = Branch((0,), prompt, tuple(Step(text) for text in texts), Stop.END)
    beginnings = [
        Branch((n,), prompt, tuple(Step(text) for text in texts[:n]), Stop.STEP)
        for n in range(1, len(texts))
    ]
    run = Run(session.engine)
    flow = verifier(run, [whole], planned.question)
    (graded,) = end_of(flow)
    if graded.score is None:
        return None
    if len(graded.steps) == len(texts):
        return list(graded.steps), graded.score
    rest = end_of(verifier(run, beginnings, planned.question)) if beginnings else []
    found = [grade.score for grade in rest]
    return None if None in found else ([*found, graded.score], graded.score)
