"""Whether a run's reply is what was asked for: let through by the gates, whole, agreed on."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from ttc_cli.answers.equations import wrong_sum
from ttc_cli.core.branch import Branch, BranchId
from ttc_cli.core.errors import (
    BranchesFailed,
    BudgetSpent,
    ContextOverflow,
    Interrupted,
    NoAnswer,
    TtcError,
)
from ttc_cli.core.events import Event, Flow, Score, watch
from ttc_cli.core.outcome import Outcome
from ttc_cli.core.programs import PLAIN, kind, ran
from ttc_cli.core.sampling import Stop
from ttc_cli.core.verify import Verifier
from ttc_cli.drawing.replies import filled, reply

T = TypeVar("T")
MAJORITY = 0.5  # agreement or confidence below which an answer is told to be a guess
LIMITS = {
    Stop.TIME: ("no second is left", "give a larger --max-seconds"),
    Stop.CONTEXT: ("the context is full", "give a larger --ctx-size, or a shorter question"),
    Stop.LOOP: ("the model repeats itself without end", "try --seed 1, or another model"),
}
NO_TOKENS = ("no token is left", "give a larger --max-tokens, or a higher -e")


class Gates:
    """What a run's gates said of each branch, gathered from its Score events."""

    def __init__(self, verifier: Verifier | None) -> None:
        parts = getattr(verifier, "parts", (verifier,))
        self._names = [part.name for part in parts if part is not None and part.gate]
        self._said: dict[tuple[BranchId, str], Score] = {}

    def __bool__(self) -> bool:
        return bool(self._names)

    def listen(self, flow: Flow[T]) -> Flow[T]:
        """The flow as it is, heard."""
        return watch(flow, self._hear)

    def _hear(self, event: Event) -> None:
        if isinstance(event, Score) and event.verifier in self._names:
            self._said[event.branch, event.verifier] = event

    def verified(self, branch: Branch) -> tuple[bool | None, str]:
        """Whether all gates let a branch through, None without gates; and which did not, and why.

        A gate that failed, or was not asked, let nothing through.
        """
        for name in self._names:
            said = self._said.get((branch.id, name))
            if said is None or said.score is None:
                why = said.note if said is not None and said.note else "it came to no verdict"
                return False, f"the reply is unchecked by {name}: {why}"
            if not said.score:
                return False, f"{name} rejected every reply" + (f": {said.note}" * bool(said.note))
        return (True, "") if self._names else (None, "")


def said(branch: Branch) -> Branch:
    """The branch without the start of a forced answer that did not come to its end."""
    if branch.meta.get("closed") is not False:
        return branch
    at = max((i for i, step in enumerate(branch.steps) if not step.sampled), default=None)
    return replace(branch, steps=branch.steps[:at])


def fault(outcome: Outcome, interrupted: str = "") -> TtcError | None:
    """What a reply lacks, as the error that a run with it ends with; None when it lacks nothing.

    `interrupted` says why nothing more was drawn; empty where nothing came between.
    """
    branch = outcome.branch
    if branch is None:
        return None
    if outcome.verified is False:
        return NoAnswer(outcome.rejection, "--allow-rejected prints the best of them")
    if branch.stop is None or branch.stop.whole:
        return None
    if branch.error:
        return TtcError(f"the answer breaks off: {branch.error}")
    lacks = "the answer breaks off"
    if filled(branch):
        lacks = "the JSON was ended early, fields may be made up"
    elif branch.meta.get("closed"):
        lacks = "the answer was forced out of unfinished work"
    if interrupted:  # whatever stopped this branch, more was to come
        return Interrupted(f"{interrupted}: {lacks}")
    why, hint = LIMITS.get(branch.stop, NO_TOKENS)
    return BudgetSpent(f"{why}: {lacks}", hint)


def doubt(outcome: Outcome) -> str:
    """A line about an answer that is likelier wrong than right; empty for others.

    Where that was never measured, it goes by the sums of the reply, and by the majority of a vote.
    """
    votes, sure = outcome.votes, outcome.confidence
    if sure is not None:
        if sure >= MAJORITY:
            return ""
        left = outcome.program.left_out if outcome.program else ()
        why = f"its program does not use {' and '.join(left[:3])}" if left else _wrong_sum(outcome)
        return f"NOT SURE: confidence {sure:.2f}; the answer is a guess{why and f': {why}'}"
    if wrong := _wrong_sum(outcome):
        return f"NOT SURE: {wrong}"
    if outcome.agreement is None or not votes:
        return ""
    most = [vote for vote in votes if vote.count == votes[0].count]
    if len(most) > 1 and outcome.agreement <= MAJORITY:
        tied = " and ".join(" ".join(vote.answer.split())[:40] for vote in most[:3])
        return f"UNDECIDED: {tied} have {most[0].count} votes each; the answer is a guess"
    if outcome.agreement < MAJORITY:
        return f"LOW AGREEMENT: {outcome.agreement:.0%} of the vote; the answer is a guess"
    return ""


def _wrong_sum(outcome: Outcome) -> str:
    """What is wrong with a sum in the plain reply of a short answer; empty for nothing."""
    if outcome.branch is None or not outcome.answer or kind(outcome.branch) != PLAIN:
        return ""
    wrong = wrong_sum(reply(outcome.branch)[1])
    return wrong and f"a sum in the reply {wrong}"


def nothing(outcome: Outcome, interrupted: str = "") -> TtcError:
    """The error for a run that brought nothing usable; `interrupted`: as for `fault`."""
    if full := [b.error for b in outcome.branches if b.stop is Stop.CONTEXT and b.error]:
        return ContextOverflow(full[0])  # told by a server that did not say it before
    if errors := [branch.error for branch in outcome.branches if branch.error]:
        return BranchesFailed(f"every branch failed: {errors[0]}")
    if interrupted:
        return Interrupted(f"{interrupted} before there was an answer")
    if outcome.stopped in ("tokens", "seconds"):
        limit = "--max-tokens" if outcome.stopped == "tokens" else "--max-seconds"
        return BudgetSpent("the budget was spent before any answer", f"give a larger {limit}")
    if failed := [found.error for b in outcome.branches if (found := ran(b)) and found.error]:
        why = f"no program came to a value: {failed[0]}"
        return NoAnswer(why, "say it in other words, or try -e high or --seed 1")
    if outcome.branch is None and any(branch.text.strip() for branch in outcome.branches):
        return NoAnswer("no reply had the form that was asked for", "try -e high, or --seed 1")
    return NoAnswer("the model came back with nothing", "rephrase the question, or try --seed 1")
