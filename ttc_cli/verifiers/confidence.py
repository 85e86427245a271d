"""The model's own confidence while it wrote (DeepConf, arXiv 2508.15260).

A token's confidence is minus the mean log-probability of its 20 likeliest candidates. A trace has
that of its weakest stretch, or of all its tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ttc_cli.core.branch import Branch
from ttc_cli.core.events import Flow
from ttc_cli.core.options import option
from ttc_cli.core.outcome import Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Outputs
from ttc_cli.core.verify import Graded
from ttc_cli.verifiers.common import opens_nothing
from ttc_cli.voting.evidence import mean_confidence

USAGE = "confidence"
opens = opens_nothing
RANKS_ONLY = True
WINDOWS = (64, 256)
"""Bounds of a confidence window, in tokens; DeepConf's 2048 is longer than most local traces."""
HALF = 10.0  # nats that score 0.5; any constant keeps the order


@dataclass(frozen=True, slots=True)
class Options:
    """Of the verifier."""

    over: str = option(
        "lowest", "of a trace: its lowest stretch, or the mean", words=("lowest", "mean")
    )


def build(argument: str, options: Options, *, unsafe: bool) -> Measured:
    """The verifier."""

    def lowest(branch: Branch) -> float | None:
        seen = branch.confidences
        return lowest_group(seen, window(len(seen))) if seen else None

    nats = mean_confidence if options.over == "mean" else lowest
    return Measured("confidence", nats, Outputs(confidence=True))


@dataclass(frozen=True)
class Measured:
    """Grades by what was measured while a reply was drawn; nothing is evaluated for it.

    Args:
        nats: of a branch, 0 and more; None where it was drawn without the measurement.
    """

    name: str
    nats: Callable[[Branch], float | None]
    outputs: Outputs
    gate: bool = False
    needs: tuple[str, ...] = ("confidence",)

    def __call__(
        self, run: Run, branches: Sequence[Branch], question: Question
    ) -> Flow[list[Graded]]:
        """One `Graded` a branch, in order: its nats as a score in [0, 1), monotone."""
        yield from ()
        measured = [self.nats(branch) for branch in branches]
        missing = Graded(None, f"it was drawn without {self.name}")
        return [missing if x is None else Graded(max(x, 0) / (max(x, 0) + HALF)) for x in measured]


def window(length: int) -> int:
    """Tokens of a confidence window for a trace of this length: a quarter of it."""
    return min(max(length // 4, WINDOWS[0]), WINDOWS[1])


def lowest_group(confidences: Sequence[float], width: int) -> float:
    """Lowest mean confidence over any `width` tokens in a row (DeepConf, arXiv 2508.15260).

    A trace shorter than the window is one group.
    """
    width = min(width, len(confidences))
    total = lowest = sum(confidences[:width])
    for old, new in zip(confidences, confidences[width:], strict=False):
        total += new - old
        lowest = min(lowest, total)
    return lowest / width
