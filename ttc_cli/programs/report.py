"""What programs contributed to an answer, for the result and for views."""

from __future__ import annotations

from collections.abc import Sequence

from ttc_cli.core.branch import Branch
from ttc_cli.core.outcome import Evidence
from ttc_cli.core.programs import GREEDY_PROGRAM, PLAIN, kind, ran, source
from ttc_cli.core.sampling import Stop


def report(done: Sequence[Branch], winners: Sequence[Branch]) -> Evidence | None:
    """What the programs among all samples come to; None where there were none.

    Args:
        winners: the samples that gave the winning answer.
    """
    finished = [b for b in done if kind(b) != PLAIN and b.stop is not Stop.CULLED]
    if not finished:
        return None
    failed = sum(not ((found := ran(branch)) and found.answer) for branch in finished)
    agreed = [branch for branch in winners if kind(branch) != PLAIN and ran(branch) is not None]
    best = min(agreed, key=lambda b: (kind(b) != GREEDY_PROGRAM, b.id), default=None)
    found = ran(best) if best is not None else None
    return Evidence(
        source(best.text) if best is not None else "",
        found.answer if found is not None else "",
        len(finished),
        failed,
        len(agreed),
        found.note if found is not None else "",
        found.left_out if found is not None else (),
    )
