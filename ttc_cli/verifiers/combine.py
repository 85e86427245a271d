"""Several verifiers as one: gates must all pass, grades are averaged."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

from ttc_cli.core.branch import Branch
from ttc_cli.core.errors import EngineFailed, TtcError
from ttc_cli.core.events import Flow, Note, Score
from ttc_cli.core.outcome import Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Outputs
from ttc_cli.core.verify import Graded, Live, Verifier


@dataclass(frozen=True)
class Combined:
    """All verifiers of a run.

    A branch's score is the product of its gates' scores times the mean of its grades. Grades are
    only asked for where every gate passed. A verifier that failed leaves no score: a gate's
    failure makes the branch's score None (unless another gate is 0), a grade's failure leaves
    the mean to the others.

    What each of several verifiers says is told in Score events, and in one Note a run
    that it fails; the time goes to `run.verify_seconds`.
    """

    parts: tuple[Verifier, ...]

    @property
    def name(self) -> str:
        """As the command line names them, joined."""
        return "+".join(part.name for part in self.parts)

    @property
    def live(self) -> Callable[[Branch], Graded] | None:
        """See `core.verify.Live`: that of the first that has one."""
        found = (part.live for part in self.parts if isinstance(part, Live))
        return next((live for live in found if live is not None), None)

    @property
    def gate(self) -> bool:
        """Whether all of them pass or fail."""
        return all(part.gate for part in self.parts)

    @property
    def outputs(self) -> Outputs:
        """What branches must have been drawn with, for any of them."""
        return reduce(Outputs.__or__, (part.outputs for part in self.parts), Outputs())

    @property
    def needs(self) -> tuple[str, ...]:
        """Engine capabilities, of all of them."""
        return tuple(dict.fromkeys(need for part in self.parts for need in part.needs))

    def __call__(
        self, run: Run, branches: Sequence[Branch], question: Question
    ) -> Flow[list[Graded]]:
        """One `Graded` a branch, in order."""
        began = run.clock()
        found: list[list[tuple[Verifier, Graded]]] = [[] for _ in branches]
        for part in sorted(self.parts, key=lambda part: not part.gate):
            passed = [all(one.score for part, one in some if part.gate) for some in found]
            open_ = [i for i, through in enumerate(passed) if part.gate or through]
            judged = [branches[i] for i in open_]
            graded = yield from _graded(part, run, judged, question)
            if len(self.parts) > 1:  # else whoever asked tells all there is to tell
                yield from _told(part, run, judged, graded)
            for i, one in zip(open_, graded, strict=True):
                found[i].append((part, one))
        run.verify_seconds += run.clock() - began
        run.judged += len(branches)
        return [_joined(one, alone=len(self.parts) == 1) for one in found]


def _graded(
    part: Verifier, run: Run, branches: Sequence[Branch], question: Question
) -> Flow[list[Graded]]:
    """One verifier's grades; its own errors are failures, and no more."""
    if not branches:
        return []
    try:
        return (yield from part(run, branches, question))
    except EngineFailed:
        raise
    except TtcError as error:
        return [Graded(None, error.message)] * len(branches)


def _told(
    part: Verifier, run: Run, branches: Sequence[Branch], graded: Sequence[Graded]
) -> Flow[None]:
    for branch, one in zip(branches, graded, strict=True):
        yield Score(branch.id, part.name, one.score, one.note)
    failed = [one.note for one in graded if one.score is None]
    if failed and part.name not in run.failing:  # searches ask at every step
        run.failing.add(part.name)
        why = failed[0] or "it does not say why"
        yield Note(f"{part.name} gave no score to {len(failed)} of {len(graded)}: {why}")


def _joined(found: Sequence[tuple[Verifier, Graded]], *, alone: bool) -> Graded:
    if alone:
        return found[0][1]
    gates = [one.score for part, one in found if part.gate]
    grades = [one.score for part, one in found if not part.gate]
    notes = "\n".join(f"{part.name}: {one.note}" for part, one in found if one.note)
    steps = next((one.steps for _, one in found if one.steps), ())
    if 0.0 in gates:
        return Graded(0.0, notes, steps)
    known = [score for score in grades if score is not None]
    if None in gates or (grades and not known):
        return Graded(None, notes, steps)
    passed = math.prod(score for score in gates if score is not None)
    return Graded(passed * (math.fsum(known) / len(known) if known else 1.0), notes, steps)
