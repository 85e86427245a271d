"""Self-certainty (Kang et al. 2025, arXiv 2502.18581): how far predictions are from uniform.

Mean over a reply's tokens of the KL divergence of the uniform distribution and the predicted one,
-1/(nV) sum log(V p), over the whole vocabulary.
"""

from __future__ import annotations

from ttc_cli.core.branch import Branch
from ttc_cli.core.options import NoOptions
from ttc_cli.core.sampling import Outputs
from ttc_cli.verifiers.common import opens_nothing
from ttc_cli.verifiers.confidence import Measured

USAGE = "self-certainty"
opens = opens_nothing
RANKS_ONLY = True


def build(argument: str, options: NoOptions, *, unsafe: bool) -> Measured:
    """The verifier."""
    return Measured("self-certainty", _nats, Outputs(certainty=True), needs=("distribution",))


def _nats(branch: Branch) -> float | None:
    seen = branch.certainties
    return sum(seen) / len(seen) if seen else None
