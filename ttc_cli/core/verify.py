"""What a verifier is: a judge of branches, whatever it goes by."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:  # whoever shows a kept outcome needs no run
    from collections.abc import Callable, Sequence

    from ttc_cli.core.branch import Branch, Question
    from ttc_cli.core.events import Flow
    from ttc_cli.core.run import Run
    from ttc_cli.core.sampling import Outputs


@dataclass(frozen=True, slots=True)
class Graded:
    """What a verifier says of one branch.

    Args:
        score: in [0, 1], higher is better; None when the verifier failed: never a score.
        note: why it failed, or what is wrong with the branch (a failing test's message), in words
            that a model can be given to do better.
        steps: a score for each step of the reply, where the verifier judges steps.
    """

    score: float | None
    note: str = ""
    steps: tuple[float, ...] = ()


def log_odds(score: float) -> float:
    """ln(p / (1 - p)) of a score, with p kept 0.0001 off 0 and 1."""
    p = min(max(score, 1e-4), 1 - 1e-4)
    return math.log(p / (1 - p))


class Verifier(Protocol):
    """Judges branches, finished or not, always many at a time.

    Sampled tokens are charged to the run's ledger as "verifier"; evaluated ones are counted.
    Whoever asks it tells what it said in Score events. A plan's verifier is made by
    `verifiers.combine`: where there are several, it tells what each of them said.
    """

    @property
    def name(self) -> str:
        """As the command line names it: "judge", "tests:FILE"."""

    @property
    def gate(self) -> bool:
        """Whether it passes or fails (score 1 or 0) instead of grading."""

    @property
    def outputs(self) -> Outputs:
        """What branches must have been drawn with."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Engine capabilities it cannot do without (see `EngineInfo`)."""

    def __call__(
        self, run: Run, branches: Sequence[Branch], question: Question
    ) -> Flow[list[Graded]]:
        """One `Graded` a branch, in order."""


@runtime_checkable
class Live(Protocol):
    """A verifier that can judge a branch while it is written, by what it is drawn with."""

    @property
    def live(self) -> Callable[[Branch], Graded] | None:
        """Grades a branch as it stands, `steps` included, without any engine; None if it cannot."""
