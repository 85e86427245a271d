"""Votes of finished branches, by class of equivalent short answers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

from ttc_cli.answers import Classes, Exact, shared_worker
from ttc_cli.answers.plausible import implausible
from ttc_cli.core.branch import Branch
from ttc_cli.core.events import Vote
from ttc_cli.core.outcome import Outcome, Plan, Question, Votes, voting
from ttc_cli.drawing.replies import answer_of
from ttc_cli.voting.evidence import Evidence, evidence, mean_confidence, measurable
from ttc_cli.voting.stopping import Standing

Weigh = Callable[[Sequence[Branch]], float]
"""What the votes of a class weigh together."""


class Ballot:
    """Counts branches as they finish.

    Args:
        question: says what a short answer looks like.
        by: what weighs the classes: evidence, or a function of a class's branches; by default
            they are counted.
    """

    def __init__(self, question: Question, by: Evidence | Weigh = len) -> None:
        self._question = question
        self._evidence = by if isinstance(by, Evidence) else None
        self._weigh = by.weight if isinstance(by, Evidence) else by
        self._classes = self._empty()
        self.seen: list[Branch] = []
        self._rules: list[str] = []

    def take(self, done: Sequence[Branch]) -> None:
        """Count those of `done` (in the order they stopped) that are new."""
        for branch in done[len(self.seen) :]:
            found = answer_of(branch, self._question)
            if found and implausible(found.text, self._question.text):
                found = None
            self._classes.add(found.text if found else None)
            self.seen.append(branch)
            self._rules.append(found.rule if found else "")

    def learn(self, done: Sequence[Branch]) -> None:
        """Take what became known of branches that were counted; new ones are counted.

        All are counted anew where others stand in the place of some, since a sum was put right.
        """
        known = list(done[: len(self.seen)])
        if [branch.id for branch in known] != [branch.id for branch in self.seen]:
            self._classes, self._rules, known = self._empty(), [], []
        self.seen = known
        self.take(done)

    def _empty(self) -> Exact | Classes:
        if self._question.form:
            return Exact()
        return Classes(question=self._question.text, worker=shared_worker())

    @property
    def votes(self) -> tuple[Votes, ...]:
        """Classes, heaviest first; ties go by count, then label: never by the order drawn."""
        votes = [
            Votes(
                group.label,
                len(group.members),
                float(self._weigh([self.seen[i] for i in group.members])),
                self._rules_of(group.members),
            )
            for group in self._classes.groups()
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
        """A class's part of all samples that finished or were cut.

        It is counted where evidence decides, or where no vote weighs anything; else votes count
        by their weight, and one without an answer weighs what those with one weigh on average.
        """
        votes, (given, all_) = self.votes, self.answered
        total = 0.0 if self._evidence else math.fsum(vote.weight for vote in votes)
        part = mine.weight / total if total else mine.count / given
        return part * given / all_

    @property
    def settled(self) -> bool:
        """Whether one class leads, other classes and samples without an answer alike.

        Where evidence decides, it leads by its weight.
        """
        (given, all_), votes = self.answered, self.votes
        if self._evidence is not None:
            return bool(votes) and all(vote.weight < votes[0].weight for vote in votes[1:])
        others = [all_ - given, *(vote.count for vote in votes[1:])]
        return bool(votes) and votes[0].count > max(others)

    @property
    def lead(self) -> float | None:
        """Probability that the leader is right, by the evidence; None without any."""
        votes = self.votes
        return self.right(votes[0]) if votes else None

    def right(self, mine: Votes) -> float | None:
        """Probability that a class is right, by the evidence; None without any."""
        if self._evidence is None:
            return None
        groups = self._classes.groups()
        found = self._evidence.posterior([[self.seen[i] for i in g.members] for g in groups])
        return next(p for group, p in zip(groups, found, strict=True) if group.label == mine.answer)

    @property
    def leading(self) -> str:
        """The heaviest classes with their counts, for people; empty while there are none."""
        heaviest = ((" ".join(vote.answer.split())[:20], vote.count) for vote in self.votes[:3])
        return ", ".join(f"{answer} ×{count}" for answer, count in heaviest)

    def event(self) -> Vote:
        """The state of the vote, for views."""
        votes = self.votes
        classes = tuple((v.answer, v.count, v.weight) for v in votes)
        known = self._evidence is not None and self._evidence.measured
        return Vote(
            classes, self.lead if known else None, *self.answered, tuple(v.rules for v in votes)
        )

    @property
    def winners(self) -> list[Branch]:
        """The branches of the winning class."""
        if not (votes := self.votes):
            return []
        return self.members(votes[0])

    def members(self, mine: Votes) -> list[Branch]:
        """The branches of a class."""
        group = next(g for g in self._classes.groups() if g.label == mine.answer)
        return [self.seen[i] for i in group.members]

    def winner(self) -> Branch | None:
        """The most confident branch of the winning class; ties go to the earlier-named one."""
        return max(self.winners, key=confident, default=None)

    def class_of(self, branch: Branch) -> Votes | None:
        """The class that a branch voted for; None for one without a short answer."""
        at = next((i for i, seen in enumerate(self.seen) if seen.id == branch.id), None)
        label = next((g.label for g in self._classes.groups() if at in g.members), None)
        return next((votes for votes in self.votes if votes.answer == label), None)


def confidence(model: str, question: Question, plan: Plan, outcome: Outcome) -> float | None:
    """How likely an outcome's answer is to be right; None where that was never measured.

    Args:
        model: see `evidence`.
    """
    known = evidence(model, question, plan)
    if outcome.branch is None or outcome.tree or not (known.measured and measurable(question)):
        return None
    ballot = Ballot(question, known)
    ballot.take(outcome.branches)
    mine = ballot.class_of(outcome.branch)
    voted = bool(outcome.votes) or ballot.answered[0] == 1  # versions of one reply do not vote
    return ballot.right(mine) if mine and voted else None


def confident(branch: Branch) -> tuple[float, list[int]]:
    """A key to choose by confidence, and then by name: never by the order drawn."""
    return mean_confidence(branch), [-i for i in branch.id]
