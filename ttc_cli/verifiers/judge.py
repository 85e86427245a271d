"""The model as its own judge (generative verifiers, Zhang et al. 2024, arXiv 2408.15240).

After the reply a user asks whether it is correct, and p(Yes) / (p(Yes) + p(No)) is read from the
logits of one position: nothing is sampled, and only the question is evaluated, since the reply is
still in the KV cache. With rationales, the model first says why, k times, and k verdicts are
averaged; what it says is charged as a verifier's tokens.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ttc_cli.core.branch import Branch, Message, Prompt, Step
from ttc_cli.core.engine import EngineInfo
from ttc_cli.core.events import Flow
from ttc_cli.core.options import option
from ttc_cli.core.outcome import Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Outputs, StopRule
from ttc_cli.core.verify import Graded
from ttc_cli.prompts import thoughts
from ttc_cli.prompts.template import ChatTemplate
from ttc_cli.verifiers.common import opens_nothing, share, unheard

USAGE = "judge"
opens = opens_nothing
ASK = "Is this answer correct? Reply with Yes or No."
WHY = "Check this answer step by step, in a few sentences. Is it correct?"
VERDICT = "\n\nIs the answer correct (Yes or No)? "
YES, NO = "Yes", "No"
REPLY = "x0judged0x"
"""Stands for the reply while a template is rendered: what follows it is the judge's turn."""


@dataclass(frozen=True, slots=True)
class Options:
    """Of the verifier."""

    rationales: int = option(0, "reasons sampled before each verdict; verdicts are averaged")
    rationale_tokens: int = option(160, "cap on one of them", least=1)


def build(argument: str, options: Options, *, unsafe: bool) -> Judge:
    """The verifier."""
    return Judge(options)


@dataclass(frozen=True)
class Judge:
    """Grades by the model's own verdict."""

    options: Options
    name: str = "judge"
    gate: bool = False
    outputs: Outputs = Outputs()
    needs: tuple[str, ...] = ("score", "continue")

    def __call__(
        self, run: Run, branches: Sequence[Branch], question: Question
    ) -> Flow[list[Graded]]:
        """One `Graded` a branch, in order."""
        if not self.options.rationales:
            asked = [_asked(run.engine.info, branch, ASK) for branch in branches]
            return [_graded([score]) for score in (yield from self._verdicts(run, asked))]
        reasons = yield from self._reasons(run, branches)
        found = yield from self._verdicts(run, reasons)
        k = self.options.rationales
        return [_graded(found[i * k : (i + 1) * k]) for i in range(len(branches))]

    def _reasons(self, run: Run, branches: Sequence[Branch]) -> Flow[list[Branch]]:
        """k reasoned judgements of each branch in turn, up to where the verdict comes."""
        asked = [
            replace(_asked(run.engine.info, branch, WHY), id=(*branch.id, i))
            for branch in branches
            for i in range(self.options.rationales)
        ]
        stop, ledger = StopRule(self.options.rationale_tokens), run.ledger.child(verifier=True)
        done = yield from unheard(run.extend(asked, stop=stop, salt="judge", ledger=ledger))
        # What a budget or a deadline cut short still gets a verdict.
        said = {branch.id: branch.forced(VERDICT) for branch in done}
        return [said[branch.id] for branch in asked]

    def _verdicts(self, run: Run, asked: Sequence[Branch]) -> Flow[list[float | None]]:
        items = [(branch.prompt, branch.steps) for branch in asked]
        scores = yield from run.score(items, (YES, NO))
        return [None if pair is None else share(*pair) for pair in scores]


def _graded(scores: Sequence[float | None]) -> Graded:
    known = [score for score in scores if score is not None]
    late = Graded(None, "no time was left for a verdict")
    return Graded(math.fsum(known) / len(known)) if known else late


def _asked(info: EngineInfo, branch: Branch, question: str) -> Branch:
    """The branch with the judge's question after it; its own tokens stay as they are."""
    opened = thoughts.opened_by(branch.prompt.text + branch.text, branch.text)
    ending = "\n</think>\n\n" if opened else ""
    turn = ending + _turn(info.template, info.bos, info.eos, branch.prompt, question)
    return replace(branch, steps=(*branch.steps, Step(turn, sampled=False)), stop=None, meta={})


@functools.lru_cache(maxsize=64)
def _turn(template: str, bos: str, eos: str, prompt: Prompt, question: str) -> str:
    """What the model's template writes between the end of a reply and the answer to a question."""
    if not template:
        return f"\n\n{question}\n"
    chat = [*prompt.messages, Message("assistant", REPLY), Message("user", question)]
    rendered = ChatTemplate(template, bos, eos).render(chat, enable_thinking=False)
    return rendered.text.rpartition(REPLY)[2]
