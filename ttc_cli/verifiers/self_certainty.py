"""Self-certainty (Kang et al. 2025, arXiv 2502.18581): how far predictions are from uniform.

Mean over a reply's tokens of the KL divergence of the uniform distribution and the predicted one,
-1/(nV) sum log(V p), over the whole vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ttc_cli.core.branch import Branch
from ttc_cli.core.events import Flow
from ttc_cli.core.outcome import Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Want
from ttc_cli.core.verify import Graded
from ttc_cli.strategies.common import NoOptions as Options
from ttc_cli.verifiers.confidence import squash

__all__ = ["USAGE", "Options", "build"]
USAGE = "self-certainty"


def build(argument: str, options: Options, *, unsafe: bool) -> SelfCertainty:
    """The verifier."""
    return SelfCertainty()


@dataclass(frozen=True)
class SelfCertainty:
    """Grades by the mean self-certainty of the tokens; nothing is evaluated for it."""

    name: str = "self-certainty"
    gate: bool = False
    want: Want = Want(certainty=True)
    needs: tuple[str, ...] = ("confidence",)

    def __call__(
        self, run: Run, branches: Sequence[Branch], question: Question
    ) -> Flow[list[Graded]]:
        """One `Graded` a branch, in order."""
        yield from ()
        return [self._grade(branch) for branch in branches]

    @staticmethod
    def _grade(branch: Branch) -> Graded:
        seen = branch.certainties
        if not seen:
            return Graded(None, "it was drawn without self-certainties")
        return Graded(squash(sum(seen) / len(seen)))
