"""Votes of finished branches, by class of equivalent short answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

from ttc_cli.answers import Classes, Exact, shared_worker
from ttc_cli.core.branch import Branch
from ttc_cli.core.events import Vote
from ttc_cli.core.outcome import Question, Votes
from ttc_cli.strategies.common import answer_of
from ttc_cli.strategies.evidence import mean_confidence, weights
from ttc_cli.strategies.stopping import Standing, lead_probability

__all__ = ["Ballot", "mean_confidence"]

Weigh = Callable[[Sequence[Branch]], Sequence[float]]


class Ballot:
    """Counts branches as they finish.

    Args:
        question: says what a short answer looks like.
        weight: how votes are weighed, one of `evidence.KINDS`, 1 each by default; or a function
            from branches to the weights of their votes.
    """

    def __init__(self, question: Question, weight: str | Weigh = "none") -> None:
        self._question = question
        self._weigh = partial(weights, weight) if isinstance(weight, str) else weight
        self._classes = Exact() if question.form else Classes(worker=shared_worker())
        self.seen: list[Branch] = []

    def take(self, done: Sequence[Branch]) -> None:
        """Count those of `done` (in the order they stopped) that are new."""
        for branch in done[len(self.seen) :]:
            found = answer_of(branch, self._question)
            self._classes.add(found.text if found else None)
            self.seen.append(branch)

    @property
    def votes(self) -> tuple[Votes, ...]:
        """Classes, heaviest first; ties go by count, then label: never by the order drawn."""
        groups = self._classes.groups()
        voters = sorted(i for g in groups for i in g.members)
        found = self._weigh([self.seen[i] for i in voters])
        weight = dict(zip(voters, found, strict=True))
        votes = [
            Votes(g.label, len(g.members), math.fsum(weight[i] for i in g.members)) for g in groups
        ]
        return tuple(sorted(votes, key=lambda v: (-v.weight, -v.count, v.answer)))

    @property
    def standing(self) -> Standing:
        """The votes as the stopping rules see them: counted, not weighed."""
        counts = tuple(len(group.members) for group in self._classes.groups())
        return Standing(counts, len(self.seen) - sum(counts))

    @property
    def agreement(self) -> float | None:
        """The winning class's share of all weight."""
        votes = self.votes
        return share(votes[0], votes) if votes else None

    def event(self) -> Vote:
        """The state of the vote, for views."""
        classes = tuple((v.answer, v.count, v.weight) for v in self.votes)
        counts = (*sorted((v.count for v in self.votes), reverse=True), 0)
        return Vote(classes, lead_probability(*counts[:2]) if classes else None)

    def winner(self) -> Branch | None:
        """The most confident branch of the winning class; ties go to the earlier-named one."""
        votes = self.votes
        if not votes:
            return None
        group = next(g for g in self._classes.groups() if g.label == votes[0].answer)
        return max((self.seen[i] for i in group.members), key=confident)

    def class_of(self, branch: Branch) -> Votes | None:
        """The class that a branch voted for; None for one without a short answer."""
        at = next(i for i, seen in enumerate(self.seen) if seen.id == branch.id)
        label = next((g.label for g in self._classes.groups() if at in g.members), None)
        return next((votes for votes in self.votes if votes.answer == label), None)


def confident(branch: Branch) -> tuple[float, list[int]]:
    """A key to choose by confidence, and then by name: never by the order drawn."""
    return mean_confidence(branch), [-i for i in branch.id]


def share(mine: Votes, votes: Sequence[Votes]) -> float:
    """A class's part of all weight; of the count, where no vote weighs anything."""
    total = math.fsum(v.weight for v in votes)
    return mine.weight / total if total else mine.count / sum(v.count for v in votes)
