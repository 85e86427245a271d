"""Budget forcing (s1, Muennighoff et al. 2025, arXiv 2501.19393): how long to think.

Models that think use their own tags; others are asked for them in the prompt. At the cap the
thought is closed for the model and the answer decoded; to think longer, the model's attempt to
stop is dropped and "Wait" appended, up to a number of times.
"""

from __future__ import annotations

from dataclasses import dataclass

from ttc_cli.core.branch import Branch
from ttc_cli.core.events import Flow
from ttc_cli.core.options import option
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Outputs, Stop, StopRule
from ttc_cli.drawing.replies import CLOSE, CLOSING_SECONDS, close, hold_back, single

STREAMS, VOTES, SCHEMA = True, False, True
NEEDS = ("continue",)
ANSWER_TOKENS = 100  # kept back for the answer when the thought is cut (s1 does likewise)


@dataclass(frozen=True, slots=True)
class Options:
    """Options of think."""

    waits: int = option(0, "times an early end of thought is answered with 'Wait'")
    min_thought: int = option(0, "tokens of thought below which 'Wait' is used, 0 for always")


def solve(run: Run, question: Question, plan: Plan, options: Options) -> Flow[Outcome]:
    """Think up to the budget, then answer."""
    branch = Branch((0,), question.render(0, not question.thinks))
    if not branch.prompt.thinking:
        branch = branch.forced("<think>\n")
    ledger = run.ledger.child(hold_back(run, question))
    cap = plan.thinking_budget if plan.thinking_budget >= 0 else plan.branch_tokens
    answer_tokens = min(ANSWER_TOKENS, plan.branch_tokens // 3)
    cap = min(cap, plan.branch_tokens - answer_tokens)
    waits = options.waits

    def grow(branch: Branch, stop: StopRule, grammar: str = "") -> Flow[Branch]:
        (grown,) = yield from run.extend(
            [branch], stop=stop, sampling=plan.greedy, outputs=Outputs(confidence=True),
            grammar=grammar, ledger=ledger, reserve=CLOSING_SECONDS,
        )  # fmt: skip
        return grown

    spent = 0
    while spent < cap:
        before = branch.tokens_sampled
        branch = yield from grow(branch, StopRule(cap - spent, strings=(CLOSE,)))
        spent += branch.tokens_sampled - before
        early = branch.stop in (Stop.STRING, Stop.END)
        if not (early and waits and spent < (options.min_thought or cap)):
            break
        waits -= 1
        branch = branch.forced("\nWait")
    if branch.stop in (None, Stop.STRING, Stop.END, Stop.LENGTH, Stop.LOOP):
        branch = branch.forced(f"\n{CLOSE}\n\n")
        grammar = question.form.grammar() if question.form else ""
        branch = yield from grow(branch, StopRule(plan.branch_tokens - spent), grammar)
    branch = yield from close(run, branch, question)
    return single(run, branch, question)
