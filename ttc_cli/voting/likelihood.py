"""How likely the model finds an answer, asked for the answer alone.

Nothing is sampled: each number that samples came to is read once, after the question and "The
answer is". Replies and programs that reason go wrong in other places than this first guess, so that
it tells right answers from wrong ones better than how sure the model was while it wrote
(docs/evidence.md). A number of three digits is one of a thousand: that it is less likely than one
of one digit says nothing against it, and is made good. Where a probe comes with the model, its head
for answers says by the state behind the number what the model knows besides.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ttc_cli.answers import canonical
from ttc_cli.core.branch import Branch, Step
from ttc_cli.core.events import Flow
from ttc_cli.core.outcome import Plan, Question
from ttc_cli.core.programs import ANSWER
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Outputs
from ttc_cli.core.verify import Live, log_odds
from ttc_cli.drawing.replies import answer_of
from ttc_cli.voting.evidence import BOUNDS, LIKELIHOOD, SCORE

LEAD = (Step("The answer is", sampled=False),)
_NUMBER = re.compile(r"[^\w.,-]?(-?\d[\d,]*(?:\.\d+)?)(?: ?[^\W\d_%]*)\.?")


def beyond(said: str, log_probability: float) -> float:
    """Nats by which a number is likelier than one of as many digits that are drawn by lot."""
    digits = sum(map(str.isdigit, said))
    return log_probability + (digits - 1) * math.log(10)


def number(branch: Branch, question: Question) -> str:
    """The number that a sample came to, without its unit; empty for another answer, or none."""
    found = answer_of(branch, question)
    said = _NUMBER.fullmatch(canonical(found.text)) if found else None
    return said[1] if said else ""


def read(run: Run, question: Question, plan: Plan, done: Sequence[Branch]) -> Flow[list[Branch]]:
    """The samples, each with what is known of its number in `meta`, where it is."""
    if question.bare is None or "likelihood" not in run.engine.info.capabilities or run.late:
        return list(done)
    said = [number(branch, question) for branch in done]
    known = {text: had for text, one in zip(said, done, strict=True) if (had := _known(one))}
    new = sorted({text for text in said if text and text not in known})
    if new:
        began = run.clock()
        found = yield from alone(run, question, new, states=plan.probe is not None)
        run.verify_seconds += run.clock() - began
        known |= {text: _judged(text, one, plan.probe) for text, one in found.items()}
    return [
        replace(branch, meta={**branch.meta, **known[text]}) if text in known else branch
        for text, branch in zip(said, done, strict=True)
    ]


def alone(
    run: Run, question: Question, numbers: Sequence[str], *, states: bool
) -> Flow[dict[str, Branch]]:
    """Each number as a reply to the bare question, with the log-probability of it.

    Args:
        states: keep the hidden state behind it too.
    """
    assert question.bare is not None
    outputs = Outputs(hidden="end" if states else "")
    texts = [f" {text}" for text in numbers]
    found = yield from run.likelihoods(question.bare, LEAD, texts, outputs)
    return {
        text: Branch((n,), question.bare, (*LEAD, step), meta={"kind": ANSWER})
        for n, (text, step) in enumerate(zip(numbers, found, strict=True))
        if step is not None
    }


def _known(branch: Branch) -> dict[str, Any]:
    return {name: branch.meta[name] for name in BOUNDS if name in branch.meta}


def _judged(text: str, read_: Branch, probe: Live | None) -> dict[str, float]:
    """What `meta` says of a number that was read."""
    found = {LIKELIHOOD: beyond(text, math.fsum(read_.steps[-1].logprobs))}
    live = probe.live if probe is not None else None
    score = live(read_).score if live else None
    return found if score is None else found | {SCORE: log_odds(score)}
