"""Replies with a wrong sum go on from the right one.

The calculator that models of school sums were given from the start (Cobbe et al. 2021, arXiv
2110.14168), after the fact: the reply is cut at its first wrong sum, what the sum comes to is put
in its mouth, and the rest is drawn anew. What led to the sum is in the KV cache already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ttc_cli.answers.equations import slip
from ttc_cli.core.branch import Branch, Step
from ttc_cli.core.events import Flow, Note
from ttc_cli.core.outcome import Question
from ttc_cli.core.programs import PLAIN, kind
from ttc_cli.core.run import Run

ROUNDS = 3
"""Wrong sums of one reply that are put right."""
Grow = Callable[[Sequence[Branch]], Flow[list[Branch]]]


def mend(run: Run, question: Question, done: Sequence[Branch], grow: Grow) -> Flow[list[Branch]]:
    """The samples, those with a wrong sum drawn anew from there on; in the same order.

    Args:
        grow: draws whole replies.
    """
    out = list(done)
    able = "continue" in run.engine.info.capabilities and question.form is None
    if not question.votable or question.thinks or not able:
        return out
    for _ in range(ROUNDS):
        begun = {at: new for at, branch in enumerate(out) if (new := _begun(branch))}
        if not begun or run.spent:
            break
        what = (
            "a reply has a wrong sum: it goes"
            if len(begun) == 1
            else (f"{len(begun)} replies have a wrong sum: they go")
        )
        yield Note(f"{what} on from the right one")
        drawn = yield from grow(list(begun.values()))
        grown = {branch.id: branch for branch in drawn}
        for at, new in begun.items():
            branch = grown.get(new.id)
            if branch is not None and branch.stop is not None and branch.stop.whole:
                out[at] = branch  # else it was cut off: what came to its end is kept
    return out


def _begun(branch: Branch) -> Branch | None:
    """A reply up to its first wrong sum, with the right one; None where no sum is wrong."""
    text = branch.text
    if kind(branch) != PLAIN or branch.stop is None or not branch.stop.whole or "<think>" in text:
        return None
    found = slip(text)
    if found is None:
        return None
    at, right = found
    share = round(len(branch.confidences) * at / len(text))
    kept = Step(text[:at], confidences=branch.confidences[:share], sampled=False)
    return replace(branch.fork(0), steps=(kept, Step(right, sampled=False)))
