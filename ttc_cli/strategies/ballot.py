"""Votes of finished branches, by class of equivalent short answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

from ttc_cli.answers import Classes, Exact, shared_worker
from ttc_cli.core.branch import Branch
from ttc_cli.core.events import Vote
from ttc_cli.core.outcome import Question, Votes
from ttc_cli.core.programs import kind
from ttc_cli.programs.reliability import Table
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
        table: of the reliabilities by which kinds of samples are weighed against one another;
            None where there is one kind.
    """

    def __init__(
        self, question: Question, weight: str | Weigh = "none", table: Table | None = None
    ) -> None:
        self._question = question
        self._table = table
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
        weight: dict[int, float] = {}
        for of in {kind(self.seen[i]) for i in voters}:  # each beside its own kind
            alike = [i for i in voters if kind(self.seen[i]) == of]
            found = self._weigh([self.seen[i] for i in alike])
            weight.update(zip(alike, found, strict=True))

        def total(members: Sequence[int]) -> float:
            if self._table is None:
                return math.fsum(weight[i] for i in members)
            return self._table.weight([(kind(self.seen[i]), weight[i]) for i in members])

        votes = [Votes(g.label, len(g.members), total(g.members)) for g in groups]
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

    @property
    def lead(self) -> float | None:
        """Probability that the leader stays ahead, of different kinds that it is right."""
        votes = self.votes
        if not votes:
            return None
        if self._table is not None:
            return self._table.posterior([v.weight for v in votes])[0]
        counts = (*sorted((v.count for v in votes), reverse=True), 0)
        return lead_probability(*counts[:2])

    def event(self) -> Vote:
        """The state of the vote, for views."""
        return Vote(tuple((v.answer, v.count, v.weight) for v in self.votes), self.lead)

    @property
    def winners(self) -> list[Branch]:
        """The branches of the winning class."""
        if not (votes := self.votes):
            return []
        group = next(g for g in self._classes.groups() if g.label == votes[0].answer)
        return [self.seen[i] for i in group.members]

    def winner(self) -> Branch | None:
        """The most confident branch of the winning class; ties go to the earlier-named one."""
        return max(self.winners, key=confident, default=None)

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
