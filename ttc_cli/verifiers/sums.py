"""`sums`: passes where no sum that a reply writes out is wrong; each is done again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from ttc_cli.answers.equations import sums, wrong_sum
from ttc_cli.core.branch import Branch
from ttc_cli.core.events import Flow
from ttc_cli.core.options import NoOptions
from ttc_cli.core.outcome import Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Outputs
from ttc_cli.core.steps import STEPS
from ttc_cli.core.verify import Graded
from ttc_cli.drawing.replies import ended, reply
from ttc_cli.verifiers.common import CUT_OFF, opens_nothing

USAGE = "sums"
opens = opens_nothing


def build(argument: str, options: NoOptions, *, unsafe: bool) -> SumsRight:
    """The verifier."""
    return SumsRight()


@dataclass(frozen=True)
class SumsRight:
    """Does the sums of replies again, but not those of thoughts, where a slip may be put right."""

    name: str = "sums"
    gate: bool = True
    outputs: Outputs = Outputs()
    needs: tuple[str, ...] = ()

    def __call__(
        self, run: Run, branches: Sequence[Branch], question: Question
    ) -> Flow[list[Graded]]:
        """One `Graded` a branch, in order; its steps pass up to the one with a wrong sum."""
        yield from ()
        return [_graded(branch) if ended(branch) else CUT_OFF for branch in branches]


def _graded(branch: Branch) -> Graded:
    wrong = wrong_sum(reply(branch)[1])
    if not wrong:
        return Graded(1.0)
    passed = [0.0 if sums(step).wrong else 1.0 for step in STEPS.cut(branch.text)]
    return Graded(0.0, f"a sum {wrong}", tuple(accumulate(passed, min)))
