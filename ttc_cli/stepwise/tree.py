"""The tree of a search: its nodes are steps of reasoning, its paths are lines of thought."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ttc_cli.core.branch import Branch, Step
from ttc_cli.core.steps import STEPS

OPEN, FINISHED, DEAD = "open", "finished", "dead"


@dataclass(eq=False, slots=True)
class Node:
    """One step and all that led to it.

    Args:
        branch: the line of thought up to and with this step; its id is the path from the root.
        parent: None for the root, which holds no step.
        score: of the line so far, in [0, 1]; None when no verifier could say.
        prior: the mean probability of the step's tokens, in (0, 1].
        state: "open" (may be grown), "finished" (came to its end) or "dead" (cut off, looping).
        draws: how many draws said just this; siblings that say the same are one node.
        merged: tokens of all those draws but the first.
    """

    branch: Branch
    parent: Node | None = None
    score: float | None = None
    prior: float = 1.0
    state: str = OPEN
    draws: int = 1
    merged: int = 0
    children: list[Node] = field(default_factory=list)

    @property
    def depth(self) -> int:
        """Steps from the root."""
        return 0 if self.parent is None else 1 + self.parent.depth

    @property
    def rank(self) -> tuple[float, list[int]]:
        """Sort key, best last: the score, then the earlier name."""
        return (-1.0 if self.score is None else self.score, [-i for i in self.branch.id])

    @property
    def tokens(self) -> int:
        """Tokens of the whole line, from the root."""
        return self.branch.tokens_sampled + (0 if self.parent is None else self.parent.tokens)

    def walk(self) -> Iterator[Node]:
        """This node and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


Policy = Generator[Sequence[Node], Sequence[Node], None]
"""Decides what to grow. Pure: the same tellings bring the same askings.

It yields nodes to grow by one child each, all at once (one may be named several times); none when
the search is over. It is sent what came of them, one node for each that was drawn: draws that said
the same are the same node, named as often as it was drawn.
"""


def live(nodes: Iterable[Node]) -> list[Node]:
    """List the distinct open nodes, best first; of equals, in the order given.

    Best-first search and refine keep such a list of steps to return to: they take the best and grow
    a fork of its branch. The fork has a name of its own, so a seed of its own, and what led to the
    step is in the KV cache already.
    """
    return sorted({n: None for n in nodes if n.state == OPEN}, key=lambda n: n.rank, reverse=True)


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
