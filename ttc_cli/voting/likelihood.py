"""How much likelier than any other number the model finds an answer, asked for the answer alone.

Nothing is sampled: each number that samples came to is read once, after the question and "The
answer is". Replies and programs that reason go wrong in other places than this first guess, so that
it tells right answers from wrong ones better than how sure the model was while it wrote
(docs/evidence.md). A number of three digits is one of a thousand: that it is less likely than one
of one digit says nothing against it, and is made good.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from ttc_cli.answers import canonical
from ttc_cli.core.branch import Branch, Step
from ttc_cli.core.events import Flow
from ttc_cli.core.outcome import Question
from ttc_cli.core.run import Run
from ttc_cli.drawing.replies import answer_of
from ttc_cli.voting.evidence import LIKELIHOOD

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


def read(run: Run, question: Question, done: Sequence[Branch]) -> Flow[list[Branch]]:
    """The samples, each with what is known of its number in `meta` (`beyond`), where it is."""
    if question.bare is None or "likelihood" not in run.engine.info.capabilities or run.late:
        return list(done)
    said = [number(branch, question) for branch in done]
    known = {n: b.meta[LIKELIHOOD] for n, b in zip(said, done, strict=True) if LIKELIHOOD in b.meta}
    new = sorted({text for text in said if text and text not in known})
    if new:
        began = run.clock()
        found = yield from run.likelihoods(question.bare, LEAD, [f" {text}" for text in new])
        run.verify_seconds += run.clock() - began
        read_ = zip(new, found, strict=True)
        known |= {text: beyond(text, p) for text, p in read_ if p is not None}
    return [
        replace(branch, meta={**branch.meta, LIKELIHOOD: known[text]}) if text in known else branch
        for text, branch in zip(said, done, strict=True)
    ]
