"""Verifiers at work in a strategy: what branches must be drawn with, and what scores are for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from ttc_cli.core.branch import Branch, BranchId
from ttc_cli.core.events import Flow, Score
from ttc_cli.core.outcome import Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Outputs
from ttc_cli.core.verify import Graded
from ttc_cli.voting.ballot import Ballot, confident
from ttc_cli.voting.evidence import UNMEASURED

UNGRADED = Graded(None)
MANY = 100
"""Samples beyond which the best by an imperfect score is looked at with suspicion."""


def wanted(run: Run, plan: Plan) -> Outputs:
    """What branches are drawn with: confidence, and what the verifier goes by.

    Raises:
        MissingCapability: the engine lacks what the verifier needs.
    """
    if plan.verifier is None:
        return plan.outputs
    run.engine.info.require(*plan.verifier.needs, by=plan.verifier.name)
    return replace(plan.verifier.outputs, confidence=True)


def failures(verifier: str, graded: Sequence[Graded], unit: str = "") -> str:
    """How often a verifier failed and why, in a line; empty when it never did."""
    failed = [one.note for one in graded if one.score is None]
    why = f": {failed[0]}" if failed and failed[0] else ""
    return f"{verifier} failed on {len(failed)} of {len(graded)}{unit}{why}" if failed else ""


class Grades:
    """What the plan's verifier said of each branch; nothing where there is no verifier.

    A branch whose verifier failed has no score: it is neither right nor wrong, and is only
    chosen by its own confidence when no other has a score above 0.
    """

    def __init__(self, plan: Plan, question: Question) -> None:
        self._verifier = plan.verifier
        self._question = question
        self._of: dict[BranchId, Graded] = {}

    def take(self, run: Run, branches: Sequence[Branch]) -> Flow[None]:
        """Have branches graded, all in one batch."""
        if self._verifier is None or not branches or run.late:
            return
        found = yield from self._verifier(run, branches, self._question)
        for branch, graded in zip(branches, found, strict=True):
            self._of[branch.id] = graded
            yield Score(branch.id, self._verifier.name, graded.score, graded.note)

    def score(self, branch: Branch) -> float | None:
        """In [0, 1]; None where the verifier failed, or was not asked."""
        return self._of.get(branch.id, UNGRADED).score

    def note(self, branch: Branch) -> str:
        """What is wrong with a branch, in the verifier's words."""
        return self._of.get(branch.id, UNGRADED).note

    def steps(self, branch: Branch) -> tuple[float, ...]:
        """A score for each step of a branch; none where the verifier does not judge steps."""
        return self._of.get(branch.id, UNGRADED).steps

    def passed(self, branch: Branch) -> bool:
        """Whether a gate let the branch through."""
        gate = self._verifier is not None and self._verifier.gate
        return gate and self.score(branch) == 1

    def worse(self, new: Branch, old: Branch) -> bool:
        """Whether a branch is known to be worse than another."""
        mine, theirs = self.score(new), self.score(old)
        return theirs is not None and (mine is None or mine < theirs)

    def best(self, branches: Sequence[Branch], ballot: Ballot, *, vote: bool) -> Branch:
        """The best-scored of some branches that a ballot has counted; never by the order drawn.

        Args:
            branches: at least one.
            ballot: its classes break ties; a branch in no class is only taken where all are so.
            vote: choose among the winning class, where there are classes.
        """

        def merit(branch: Branch) -> tuple[object, ...]:
            votes, score = ballot.class_of(branch), self.score(branch)
            # one that nobody could grade is better than one that is known to be wrong
            ranks = (score or 0.0, score is None, votes.weight if votes else 0.0)
            return (votes is not None, *ranks, confident(branch))

        if vote and ballot.votes:
            winners = {branch.id for branch in ballot.winners}
            branches = [branch for branch in branches if branch.id in winners]
        return max(branches, key=merit)

    def weigh(self, branches: Sequence[Branch]) -> float:
        """What the votes of a class weigh together: their scores; where nobody has a score above
        0, what the samples say themselves."""
        if not any(graded.score for graded in self._of.values()):
            return UNMEASURED.weight(branches)
        return math.fsum(self.score(branch) or 0.0 for branch in branches)

    @property
    def report(self) -> str:
        """What a person should know of how grading went; empty when it went well."""
        if self._verifier is None:
            return ""
        if failed := failures(self._verifier.name, list(self._of.values())):
            return failed
        if not self._of:
            return f"{self._verifier.name} did not come to grade anything"
        if not any(graded.score for graded in self._of.values()):
            return f"{self._verifier.name} accepted none of {len(self._of)}"
        if not self._verifier.gate and len(self._of) > MANY:
            return f"best of {len(self._of)} by an imperfect score may be worse than of fewer"
        return ""
