"""The steps of a scored reply as places to go back to: what was said up to there, and its score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ttc_cli.core.branch import Branch, Step
from ttc_cli.core.steps import STEPS
from ttc_cli.stepwise.tree import Node


def points(branch: Branch, scores: Sequence[float], start: int = 0) -> list[Node]:
    """Where a reply can be taken up again: the ends of its steps, but not of the last.

    Args:
        scores: a verifier's, one a step (see `Graded.steps`); one more where the model ended its
            turn after a blank line.
        start: characters that the reply began with; what ends there was a point before.

    Returns:
        A node for each, named by how many steps are thrown away, so that of equals the latest
        ranks first; none when the scores are not of these steps.
    """
    pieces = STEPS.cut(branch.text)
    if not 0 <= len(scores) - len(pieces) <= 1:
        return []
    found: list[Node] = []
    for kept, score in zip(range(1, len(pieces)), scores, strict=False):
        said = "".join(pieces[:kept])
        if len(said) > start:
            name = (*branch.id, len(pieces) - kept)
            begun = replace(branch, id=name, steps=(beginning(branch, said, kept),), meta={})
            found.append(Node(begun, score=score))
    return found


def beginning(branch: Branch, said: str, states: int) -> Step:
    """A reply's first steps as one that is put in a branch's mouth; the engine finds its tokens.

    What was measured on the way is kept, where hidden states tell how many tokens it took.

    Args:
        said: their text. states: how many steps that is.
    """
    marks: list[int] = []
    drawn = 0
    for step in branch.steps:
        marks += [drawn + mark for mark in step.marks]
        drawn += max(len(step.confidences), len(step.logprobs))
    marks = marks[:states] if len(marks) >= states else []
    end = marks[-1] if marks else 0
    hidden = [state for step in branch.steps for state in step.hidden]
    return Step(
        said, logprobs=branch.logprobs[:end], confidences=branch.confidences[:end],
        certainties=branch.certainties[:end], hidden=tuple(hidden[: len(marks)]),
        marks=tuple(marks), sampled=False,
    )  # fmt: skip
