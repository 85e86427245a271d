"""How likely each answer is to be right: one model of all that is known of the samples.

A sample speaks for its answer, by its kind and by how sure the model was of it: by the probe's
score where there is one, else by hesitation. What samples of one kind say is summed and discounted,
since they repeat one another's mistakes; different kinds add up. The classes of answers and "none
of them is right" share the probability: a conditional logit (McFadden 1974). Weights of votes,
stopping, escalation and the confidence that is shown are all read off it.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ttc_cli.core.branch import Branch
from ttc_cli.core.outcome import Plan, Question
from ttc_cli.core.programs import GREEDY_PROGRAM, PLAIN, PROGRAM, kind
from ttc_cli.core.verify import Live


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of sample speaks for its answer.

    Args:
        usual: log odds of one sample that is as sure as usual, or of which nothing is known.
        slope: what is added to it by how much surer it is.
        middle: how sure a sample is as a rule: log odds by the probe, or minus the logarithm of
            hesitation.
        power: that the number of equal votes is raised to; 1 for independent ones.
    """

    usual: float
    slope: float
    middle: float
    power: float = 1.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """The model, as fitted to samples of one language model.

    Args:
        kinds: by kind of sample.
        none: log weight of "no class is right".
        measured: whether it was fitted to samples of this very language model.
        probe: tells how sure samples are; None: by hesitation.
    """

    kinds: Mapping[str, Kind]
    none: float
    measured: bool = True
    probe: Live | None = None

    def weight(self, branches: Sequence[Branch]) -> float:
        """Log weight of a class of equal answers, from the samples that gave them."""
        said: dict[str, list[float]] = defaultdict(list)
        for branch in branches:
            said[kind(branch)].append(self._said(branch))
        return math.fsum(
            math.fsum(weights) * len(weights) ** (self.kinds[of].power - 1)
            for of, weights in said.items()
        )

    def posterior(self, weights: Sequence[float]) -> list[float]:
        """Probability of each class to be right, from their weights."""
        top = max(self.none, *weights) if weights else self.none
        odds = [math.exp(weight - top) for weight in weights]
        total = math.fsum(odds) + math.exp(self.none - top)
        return [odd / total for odd in odds]

    def _said(self, branch: Branch) -> float:
        """What a sample says for its answer; never anything against it."""
        of, sure = self.kinds[kind(branch)], self._sure(branch)
        return max(0.0, of.usual + (of.slope * (sure - of.middle) if sure is not None else 0.0))

    def _sure(self, branch: Branch) -> float | None:
        if self.probe is not None:
            score = self.probe.live(branch).score if self.probe.live is not None else None
            return None if score is None else math.log(score / (1 - score))
        total = hesitation(branch.confidences)
        return -math.log(total) if total else None


_HESITATION = Evidence(
    {
        GREEDY_PROGRAM: Kind(0.7, 0.27, -0.42),
        PROGRAM: Kind(1.3, 0.38, -0.57, 0.46),
        PLAIN: Kind(0.93, 1.22, -1.96, 0.95),
    },
    1.7,
)
TABLES: Mapping[str, Mapping[str, Evidence]] = {
    "qwen2.5-coder-0.5b": {"hesitation": _HESITATION},
    "qwen2.5-coder-1.5b": {"hesitation": replace(_HESITATION, measured=False)},
}
"""By the catalogue's name, and by what tells how sure a sample is."""
UNMEASURED = replace(_HESITATION, measured=False)
"""What is gone by for other models: its weights, not its probabilities."""


def measured(model: str) -> str | None:
    """The catalogue's name of a model whose samples were measured, by that of its file or server.

    Its programs are evidence unasked.
    """
    plain = _letters(model)
    return next((name for name in TABLES if _letters(name) in plain), None)


def measurable(question: Question) -> bool:
    """Whether a question is of the sort that was measured: its answer is computed."""
    return question.form is None and (question.task == "math" or bool(question.programs))


def evidence(model: str, plan: Plan) -> Evidence:
    """What to go by for the samples of a plan.

    Args:
        model: the name that its file or its server gives it.
    """
    found = TABLES.get(measured(model) or "", {})
    if plan.probe is not None and "probe" in found:
        return replace(found["probe"], probe=plan.probe)
    return found.get("hesitation", UNMEASURED)


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def mean_confidence(branch: Branch) -> float:
    """Mean token confidence of a branch, 0 without any."""
    confidences = branch.confidences
    return sum(confidences) / len(confidences) if confidences else 0.0


def hesitation(confidences: Sequence[float]) -> float:
    """How often the model hesitated: the sum over tokens of exp(-confidence / 3).

    Confidence is minus the mean log-probability of the top candidates, so its exponential is
    their geometric mean: near 0 where one token stands out. Like a hazard it only grows, and it
    joins length and confidence in one number.
    """
    return sum(math.exp(-c / 3) for c in confidences)
