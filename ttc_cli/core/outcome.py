"""What a strategy is given and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass

from ttc_cli.core.branch import Branch, BranchId, Form, Question
from ttc_cli.core.sampling import GREEDY, Outputs, Sampling, Stop
from ttc_cli.core.verify import Live, Verifier

__all__ = [
    "Evidence", "Form", "Outcome", "Plan", "Question", "Reply", "TreeStep", "Votes", "reason",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to spend and on what.

    Args:
        strategy, effort: by name.
        samples: branches that the strategy may draw.
        branch_tokens: cap on one branch.
        budget: cap on all sampled tokens, or None.
        greedy, sampled: how a single branch draws, and how each of many does.
        early_stop: whether the strategy may stop before all samples are drawn.
        diverse: vary temperature and wording across branches.
        thinking_budget: tokens of thought a branch; -1 for no cap.
        verifier: judges branches, all that were asked for in one; None where none was.
        kinds: which samples are evidence: "plain", "mixed" (programs and plain replies), or
            "programs".
        probe: tells how sure samples are, by what they are drawn with; None where there is none.
        check: what drafts are checked by that nobody asked for: a draft that fails it is told of,
            not refused.
    """

    strategy: str
    effort: str
    samples: int
    branch_tokens: int
    budget: int | None = None
    greedy: Sampling = GREEDY
    sampled: Sampling = Sampling()
    early_stop: bool = True
    diverse: bool = False
    thinking_budget: int = -1
    verifier: Verifier | None = None
    kinds: str = "plain"
    probe: Live | None = None
    check: Verifier | None = None

    @property
    def outputs(self) -> Outputs:
        """What its samples are drawn with."""
        if self.probe is None:
            return Outputs(confidence=True)
        return Outputs(confidence=True, logprobs=True, hidden="end")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What programs contributed to an outcome.

    Args:
        code: the program of the winning class, empty where it has none. value: its answer.
        ran, failed, agreed: how many programs ran, how many of them failed, and how many gave
            the winning answer.
        data: what it was computed from, for people; empty where it read no file.
        left_out: numbers of the question that the program does not use.
    """

    code: str
    value: str
    ran: int
    failed: int
    agreed: int
    data: str = ""
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Votes:
    """One class of equivalent answers: its label, its members, their summed weight.

    `rules` are those that found the answers in the replies, the most frequent first.
    """

    answer: str
    count: int
    weight: float
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TreeStep:
    """One step of a search tree.

    Args:
        id: the path from the root; without its last number it names the parent.
        text: of the step alone.
        score: of the line up to here, in [0, 1], or None.
        state: "open", "finished" or "dead".
        tokens: sampled for the step. draws: how many draws said just this; `tokens` is of all.
    """

    id: BranchId
    text: str
    score: float | None
    state: str
    tokens: int
    draws: int = 1


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said to the person where no branch's own words are; `tokens` is how long it is."""

    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a strategy returns.

    Args:
        branch: the chosen line of thought; None when nothing usable came.
        answer: the short answer, where one could be extracted.
        votes: classes of answers, heaviest first; empty when there was one branch.
        agreement: the winning class's share of the weight of all branches that finished or were
            cut, those without an answer among them; None when there was one branch.
        stopped: "complete", "vote-decided", "confident", "tokens", "seconds", "interrupted".
        branches: all that were drawn, in the order they stopped.
        note: one line about how the answer was chosen, when that needs saying.
        tree: what a search grew, parents first.
        verified: whether every gate let the reply through; None where there was no gate.
        rejection: which gate did not, and why; empty otherwise.
        program: what programs contributed; None where none ran.
        reply: what is said to the person, where the branch's own words are thought.
        rule: which rule found the answer, where there was one branch.
        confidence: how likely the answer is to be right; None where that was never measured.
    """

    branch: Branch | None
    answer: str | None = None
    votes: tuple[Votes, ...] = ()
    agreement: float | None = None
    stopped: str = "complete"
    branches: tuple[Branch, ...] = ()
    note: str = ""
    tree: tuple[TreeStep, ...] = ()
    verified: bool | None = None
    rejection: str = ""
    program: Evidence | None = None
    reply: Reply | None = None
    rule: str = ""
    confidence: float | None = None

    @property
    def counted(self) -> int:
        """Branches that finished or were cut: all but those that were stopped from outside."""
        return sum(voting(branch) for branch in self.branches)

    @property
    def answered(self) -> int:
        """How many of them gave a short answer."""
        return sum(v.count for v in self.votes) if self.votes else int(self.answer is not None)


def voting(branch: Branch) -> bool:
    """Whether a branch counts in a vote, with an answer or without one."""
    return branch.stop not in (Stop.CULLED, Stop.CANCELLED, Stop.SCORED)


def reason(stop: Stop | None) -> str:
    """A branch's stop reason in the words of the result's `stopped`."""
    if stop in (Stop.BUDGET, Stop.LENGTH, Stop.CONTEXT):
        return "tokens"
    said = {Stop.TIME: "seconds", Stop.CANCELLED: "interrupted"}
    return said.get(stop, "complete") if stop else "complete"
