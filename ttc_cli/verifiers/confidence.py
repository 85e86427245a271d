"""The model's own confidence while it wrote (DeepConf, arXiv 2508.15260).

A token's confidence is minus the mean log-probability of its 20 likeliest candidates. A trace has
that of its weakest stretch, or of all its tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ttc_cli.core.branch import Branch
from ttc_cli.core.errors import UsageError
from ttc_cli.core.events import Flow
from ttc_cli.core.outcome import Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Want
from ttc_cli.core.verify import Graded
from ttc_cli.strategies.evidence import lowest_group, mean_confidence, window

USAGE = "confidence"
HALF = 10.0
"""Nats that score 0.5; any constant keeps the order."""


@dataclass(frozen=True, slots=True)
class Options:
    """Of the verifier."""

    over: str = field(
        default="lowest", metadata={"help": "of a trace: its lowest stretch, or the mean"}
    )


def build(argument: str, options: Options, *, unsafe: bool) -> Confidence:
    """The verifier.

    Raises:
        UsageError: an argument, or a way to sum up that there is not.
    """
    if options.over not in ("lowest", "mean"):
        raise UsageError(f"option over is {options.over!r}", "give lowest or mean")
    return Confidence(options.over)


def squash(nats: float) -> float:
    """Nats of 0 and more as a score in [0, 1); monotone."""
    return max(nats, 0.0) / (max(nats, 0.0) + HALF)


@dataclass(frozen=True)
class Confidence:
    """Grades by how peaked the model's predictions were; nothing is evaluated for it."""

    over: str
    name: str = "confidence"
    gate: bool = False
    want: Want = Want(confidence=True)
    needs: tuple[str, ...] = ("confidence",)

    def __call__(
        self, run: Run, branches: Sequence[Branch], question: Question
    ) -> Flow[list[Graded]]:
        """One `Graded` a branch, in order."""
        yield from ()
        return [self._grade(branch) for branch in branches]

    def _grade(self, branch: Branch) -> Graded:
        seen = branch.confidences
        if not seen:
            return Graded(None, "it was drawn without confidences")
        if self.over == "mean":
            return Graded(squash(mean_confidence(branch)))
        return Graded(squash(lowest_group(seen, window([len(seen)]))))
