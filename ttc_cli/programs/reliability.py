"""How far each kind of sample is believed, and when a mixed vote has heard enough.

Evidence is naive Bayes with symmetric errors: a sample of a kind is right with the kind's measured
frequency, and wrong answers spread over some alternatives, so that agreement is strong evidence
(a Dirichlet prior of one pseudo-answer for each alternative). Samples of one kind repeat one
another's mistakes: their votes count with a power below 1. All numbers stand in `TABLES`.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ttc_cli.core.programs import GREEDY_PROGRAM, PLAIN, PROGRAM

Stage = tuple[int, float]
"""Samples begun by then, and how likely to be right the leader must be to end there."""
SETTLED = 0.8
"""How likely to be right a leader must be to end in the middle of the first stage."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """How a kind of sample does.

    Args:
        right: share of samples that are right.
        power: that a count of equal votes is raised to; 1 for independent ones.
    """

    right: float
    power: float = 1.0


@dataclass(frozen=True, slots=True)
class Table:
    """What was measured of a model.

    Args:
        kinds: by kind.
        alternatives: wrong answers that samples spread over.
        first: kinds in the order they are begun; after them the last one goes on without end.
        orders: by effort, where it is another order.
        stages: by effort; what is begun at once, and the bar to end there.
    """

    kinds: Mapping[str, Reliability]
    alternatives: float
    first: tuple[str, ...]
    orders: Mapping[str, tuple[str, ...]]
    stages: Mapping[str, tuple[Stage, ...]]

    def order(self, samples: int, effort: str) -> tuple[str, ...]:
        """The kinds of so many samples."""
        first = self.orders.get(effort, self.first)
        return (first + first[-1:] * samples)[:samples]

    def weight(self, votes: Sequence[tuple[str, float]]) -> float:
        """Log odds of a class against any other answer, from (kind, merit) of its votes.

        Args:
            votes: merits lie around 1 (see `voting.evidence`).
        """
        merits: dict[str, float] = defaultdict(float)
        for kind, merit in votes:
            merits[kind] += merit
        return math.fsum(
            self._one(kind) * total ** self.kinds[kind].power for kind, total in merits.items()
        )

    def posterior(self, weights: Sequence[float]) -> list[float]:
        """Probability of each class to be right, from their weights."""
        others = max(1.0, self.alternatives + 1 - len(weights))
        odds = [math.exp(min(weight, 50.0)) for weight in weights]
        total = math.fsum(odds) + others
        return [odd / total for odd in odds]

    def stages_for(self, effort: str, samples: int) -> tuple[Stage, ...]:
        """The stages of an effort, up to and at least to a number of samples."""
        kept = [(many, bar) for many, bar in self.stages[effort] if many < samples]
        return (*kept, (samples, kept[-1][1] if kept else 1.0))  # the rest, by the last bar

    def _one(self, kind: str) -> float:
        right = self.kinds[kind].right
        return math.log(right * self.alternatives / (1 - right))


_ORDER = (GREEDY_PROGRAM, PLAIN, PLAIN, PROGRAM, PLAIN)
_ORDERS = {"auto": (GREEDY_PROGRAM, PROGRAM, PLAIN)}
_STAGES: Mapping[str, tuple[Stage, ...]] = {
    "low": (),
    "auto": ((2, 0.6), (4, 0.6), (6, 0.5)),
    "medium": ((3, 0.0),),
    "high": ((3, 0.75), (6, 0.6), (10, 0.5)),
    "max": ((6, 0.8), (16, 0.7), (32, 0.6)),
}

TABLES: Mapping[str, Table] = {
    # svamp_train, 80 greedy programs and 42 x 4 plain replies, 2026-11-29. A second program, of
    # the other prompt, agrees with the first on 60 of 80, and then 65% are right: it adds that.
    # A program and a plain reply that agree are right in 83% of 48, two plain ones in 78% of 54.
    "qwen2.5-coder-0.5b": Table(
        {
            GREEDY_PROGRAM: Reliability(0.54),
            PROGRAM: Reliability(0.165, 0.5),
            PLAIN: Reliability(0.36, 0.9),
        },
        8.0, _ORDER, _ORDERS, _STAGES,
    ),
    # The first 60 questions of gsm8k_dev, one greedy program and one plain reply each; the rest
    # is the 0.5B's.
    "qwen2.5-coder-1.5b": Table(
        {
            GREEDY_PROGRAM: Reliability(0.63),
            PROGRAM: Reliability(0.165, 0.5),
            PLAIN: Reliability(0.60, 0.9),
        },
        8.0, _ORDER, _ORDERS, _STAGES,
    ),
}  # fmt: skip
"""By the catalogue's name; a model that is not in it was not measured and starts plain."""
UNMEASURED = TABLES["qwen2.5-coder-0.5b"]
"""What is gone by when somebody asks for programs of a model that was not measured."""


def measured(model: str) -> Table | None:
    """What was measured of a model, by the name that its file or its server gives it."""
    plain = _letters(model)
    return next((table for name, table in TABLES.items() if _letters(name) in plain), None)


def table(model: str, kinds: str = "mixed") -> Table:
    """What to go by for a model.

    Args:
        kinds: see `Plan`; where programs vote among themselves, later ones count nearly as much.
    """
    known = measured(model) or UNMEASURED
    if kinds != "programs":
        return known
    right = known.kinds[GREEDY_PROGRAM].right
    later = Reliability(right - 0.05, 0.8)
    return replace(known, kinds={GREEDY_PROGRAM: Reliability(right), PROGRAM: later})


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
