"""Votes of finished branches, by class of equivalent short answers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from ttc_cli.answers import Classes, Exact, shared_worker
from ttc_cli.core.branch import Branch
from ttc_cli.core.events import Vote
from ttc_cli.core.outcome import Question, Votes, voting
from ttc_cli.core.programs import kind
from ttc_cli.drawing.replies import answer_of
from ttc_cli.programs.reliability import Table
from ttc_cli.voting.evidence import mean_confidence, weights
from ttc_cli.voting.stopping import Standing, lead_probability

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
        self._rules: list[str] = []

    def take(self, done: Sequence[Branch]) -> None:
        """Count those of `done` (in the order they stopped) that are new."""
        for branch in done[len(self.seen) :]:
            found = answer_of(branch, self._question)
            self._classes.add(found.text if found else None)
            self.seen.append(branch)
            self._rules.append(found.rule if found else "")

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

        votes = [
            Votes(g.label, len(g.members), total(g.members), self._rules_of(g.members))
            for g in groups
        ]
        return tuple(sorted(votes, key=lambda v: (-v.weight, -v.count, v.answer)))

    @property
    def standing(self) -> Standing:
        """The votes as the stopping rules see them: counted, not weighed."""
        counts = tuple(len(group.members) for group in self._classes.groups())
        return Standing(counts, len(self.seen) - sum(counts))

    def _rules_of(self, members: Sequence[int]) -> tuple[str, ...]:
        return tuple(rule for rule, _ in Counter(self._rules[i] for i in members).most_common())

    @property
    def answered(self) -> tuple[int, int]:
        """(samples with an answer, samples that finished or were cut)."""
        given = sum(len(group.members) for group in self._classes.groups())
        return given, max(given, sum(map(voting, self.seen)))

    @property
    def agreement(self) -> float | None:
        """The winning class's share of the weight of all samples; see `share`."""
        votes = self.votes
        return self.share(votes[0]) if votes else None

    def share(self, mine: Votes) -> float:
        """A class's part of the weight of all samples that finished or were cut.

        One without an answer weighs what those with one weigh on average. Where no vote weighs
        anything, they are counted.
        """
        votes, (given, all_) = self.votes, self.answered
        total = math.fsum(vote.weight for vote in votes)
        part = mine.weight / total if total else mine.count / given
        return part * given / all_

    @property
    def settled(self) -> bool:
        """Whether one class leads, other classes and samples without an answer alike.

        Kinds of samples that are weighed against one another lead by their weight.
        """
        (given, all_), votes = self.answered, self.votes
        if self._table is not None:
            return bool(votes) and all(vote.weight < votes[0].weight for vote in votes[1:])
        others = [all_ - given, *(vote.count for vote in votes[1:])]
        return bool(votes) and votes[0].count > max(others)

    @property
    def lead(self) -> float | None:
        """Probability that the leader stays ahead, of different kinds that it is right."""
        votes = self.votes
        if not votes:
            return None
        if self._table is not None:
            return self._table.posterior([v.weight for v in votes])[0]
        counts = (*sorted((v.count for v in votes), reverse=True), 0)
        return lead_probability(*counts[:2]) if len(self.seen) > 1 else None

    def event(self) -> Vote:
        """The state of the vote, for views."""
        votes = self.votes
        classes = tuple((v.answer, v.count, v.weight) for v in votes)
        return Vote(classes, self.lead, *self.answered, tuple(v.rules for v in votes))

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
