"""How likely each answer is to be right: one model of all that is known of the samples.

A sample speaks for its answer, by its kind and by how sure the model was of it: by the probe's
score where there is one, by hesitation, and by its length. What samples of one kind say is summed
and discounted, since they repeat one another's mistakes, and a program that does the same sums as
one before it says little; different kinds add up, and so does how likely the model finds the answer
when it is asked for it alone (`voting.likelihood`). Against an answer speak wrong sums and numbers
of the question that are left out (`programs.computation`). The classes of answers and "none of them
is right" share the probability: a conditional logit (McFadden 1974). The latter is likelier the
more classes there are, and the less sure the model was of all. Weights of votes, stopping,
escalation and the confidence that is shown are all read off it.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ttc_cli.core.branch import Branch
from ttc_cli.core.outcome import Plan, Question
from ttc_cli.core.programs import GREEDY_PROGRAM, PLAIN, PROGRAM, kind, ran
from ttc_cli.core.verify import Live
from ttc_cli.drawing.replies import reply
from ttc_cli.programs.computation import Computation, written_out

LIKELIHOOD = "likelihood"
"""In the `meta` of a sample: what is known of its answer, asked for alone (`likelihood.beyond`)."""
LEAST_LIKELY = -7.0
"""Answers that are less likely are as good as one of this likelihood."""
Sure = tuple[float, float, float]
"""A number each by the probe's log odds, by minus the logarithm of hesitation, and by minus that of
the number of tokens."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of sample speaks for its answer.

    Args:
        usual: log odds of one sample that is as sure as usual, or of which nothing is known.
        slopes: what is added to it by how much surer it is.
        middles: how sure a sample is as a rule.
        power: that the number of equal votes is raised to; 1 for independent ones.
        least: what a sample weighs at least, as a part of `usual`.
    """

    usual: float
    slopes: Sure
    middles: Sure
    power: float = 1.0
    least: float = 0.0

    def weight(self, surer: Sure) -> float:
        """Log odds of a sample; however unsure, it does not speak against its own answer."""
        return max(self.least * self.usual, self.usual + _dot(self.slopes, surer))


@dataclass(frozen=True, slots=True)
class Evidence:
    """The model, as fitted to samples of one language model.

    Args:
        kinds: by kind of sample.
        none: log weight of "no class is right", where there is one class.
        spread: what is added to it by the logarithm of the number of classes.
        lift: what is taken off it by how much surer than usual all samples are on average.
        likely: what a class gains by the likelihood of its answer, asked for alone, and what that
            is as a rule.
        again: the part that a program says which does the same as one before it.
        flaws: what a class loses if all its samples have a wrong sum, and if all leave out a number
            of the question; in proportion if some do.
        question: its text, whose numbers are looked for.
        measured: whether its probabilities are those of this very language model, and calibrated.
        probe: tells how sure samples are; None: hesitation alone does.
    """

    kinds: Mapping[str, Kind]
    none: float
    spread: float
    lift: Sure
    likely: tuple[float, float] = (0.0, 0.0)
    again: float = 1.0
    flaws: tuple[float, float] = (0.0, 0.0)
    question: str = ""
    measured: bool = True
    probe: Live | None = None

    def weight(self, branches: Sequence[Branch]) -> float:
        """Log weight of a class of equal answers, from the samples that gave them."""
        said: dict[str, list[float]] = defaultdict(list)
        done = set[str]()
        against = 0.0
        for branch in sorted(branches, key=lambda branch: branch.id):
            does, weight = self._does(branch), self.kinds[kind(branch)].weight(self._surer(branch))
            said[kind(branch)].append(weight * (self.again if does.sums in done else 1.0))
            done |= {does.sums} - {""}
            flaws = float(does.wrong > 0), float(bool(does.left_out))
            against += _dot(self.flaws, flaws) / len(branches)
        known = [branch.meta[LIKELIHOOD] for branch in branches if LIKELIHOOD in branch.meta]
        slope, middle = self.likely
        prior = slope * (max(*known, LEAST_LIKELY) - middle) if known else 0.0
        for_it = math.fsum(
            math.fsum(weights) * len(weights) ** (self.kinds[of].power - 1)
            for of, weights in said.items()
        )
        return prior - against + for_it

    def posterior(self, classes: Sequence[Sequence[Branch]]) -> list[float]:
        """Probability of each class to be right, from the samples that gave its answer."""
        if not classes:
            return []
        lifts = [_dot(self.lift, self._surer(branch)) for mine in classes for branch in mine]
        none = self.none + self.spread * math.log(len(classes)) - math.fsum(lifts) / len(lifts)
        weights = [self.weight(mine) for mine in classes]
        top = max(none, *weights)
        odds = [math.exp(weight - top) for weight in weights]
        total = math.fsum(odds) + math.exp(none - top)
        return [odd / total for odd in odds]

    def _does(self, branch: Branch) -> Computation:
        """What the program or the reply of a sample computes with."""
        if (found := ran(branch)) is not None:
            return Computation(found.left_out, found.sums)
        if kind(branch) != PLAIN:
            return Computation()
        return written_out(reply(branch)[1], self.question)

    def _surer(self, branch: Branch) -> Sure:
        """How much surer than usual a sample is; 0 for what is not known."""
        middles = self.kinds[kind(branch)].middles
        # Of programs the state that is drawn is not the one that was fitted on: docs/evidence.md.
        known = self.probe.live if self.probe is not None and kind(branch) == PLAIN else None
        score = known(branch).score if known else None
        probed = 0.0 if score is None else _odds(score) - middles[0]
        if not branch.confidences:
            return probed, 0.0, 0.0
        hesitated, length = unhesitating(branch.confidences)
        return probed, hesitated - middles[1], length - middles[2]


def _odds(score: float) -> float:
    score = min(max(score, 1e-6), 1 - 1e-6)
    return math.log(score / (1 - score))


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


# 233 questions of svamp_train and 58 over times, dates, units, percentages, counting,
# combinatorics, logic and letters (benchmarks/tasks, half dev), programs and plain replies of each,
# 2026-11-30: docs/data/evidence_0.5b.json.
_ALONE = Evidence(
    {
        GREEDY_PROGRAM: Kind(1.22, (0.0, 0.0, 0.0), (0.0, -0.46, 0.0)),
        PROGRAM: Kind(1.27, (0.0, 0.0, 0.0), (0.0, -0.56, 0.0)),
        PLAIN: Kind(0.87, (0.0, 0.89, 0.0), (0.0, -1.99, 0.0), 0.99),
    },
    none=0.92, spread=0.34, lift=(0.0, 0.54, 0.0), again=0.28,
    flaws=(5.0, 0.49),
)  # fmt: skip
# 152 of the former, six samples of each; the probe's scores are of questions that it had not seen.
# Fitted before sums were done again: what flaws take off is that of `_ALONE`.
_PROBED = Evidence(
    {
        GREEDY_PROGRAM: Kind(0.94, (0.0, 0.0, 0.0), (0.0, -0.38, 0.0)),
        PROGRAM: Kind(1.18, (0.0, 0.03, 0.0), (0.0, -0.58, 0.0), 0.46),
        PLAIN: Kind(1.00, (0.22, 0.34, 0.0), (-0.44, -1.96, 0.0)),
    },
    none=1.28, spread=0.59, lift=(0.20, 0.22, 0.0), flaws=(5.0, 0.49),
)  # fmt: skip
# The samples of `_ALONE`, their answers read.
_READ = Evidence(
    {
        GREEDY_PROGRAM: Kind(1.13, (0.0, 0.0, 0.0), (0.0, -0.46, 0.0)),
        PROGRAM: Kind(1.21, (0.0, 0.0, 0.0), (0.0, -0.56, 0.0)),
        PLAIN: Kind(0.85, (0.0, 0.90, 0.0), (0.0, -1.99, 0.0)),
    },
    none=0.97, spread=0.25, lift=(0.0, 0.41, 0.0), likely=(0.24, -2.65), again=0.34,
    flaws=(5.0, 0.55),
)  # fmt: skip
# 295 questions of gsm8k_train, a program of each prompt and for 60 up to four plain replies, and
# the 60 over times and the like, two and two: docs/data/evidence_1.5b.json.
_LARGER = Evidence(
    {
        GREEDY_PROGRAM: Kind(1.86, (0.0, 0.48, 0.0), (0.0, -1.17, 0.0)),
        PROGRAM: Kind(2.23, (0.0, 0.26, 0.0), (0.0, -1.27, 0.0), 0.43),
        PLAIN: Kind(1.33, (0.0, 0.0, 0.0), (0.0, -2.08, 0.0), 0.80),
    },
    none=0.90, spread=0.48, lift=(0.0, 0.69, 0.0), again=0.27,
    flaws=(4.67, 1.33), measured=False,
)  # fmt: skip
_LARGER_READ = Evidence(
    {
        GREEDY_PROGRAM: Kind(1.87, (0.0, 0.49, 0.0), (0.0, -1.17, 0.0)),
        PROGRAM: Kind(2.25, (0.0, 0.24, 0.0), (0.0, -1.27, 0.0), 0.43),
        PLAIN: Kind(1.27, (0.0, 0.01, 0.0), (0.0, -2.08, 0.0), 0.80),
    },
    none=0.90, spread=0.45, lift=(0.0, 0.65, 0.0), likely=(0.09, -1.70), again=0.26,
    flaws=(4.64, 1.32),
)  # fmt: skip


class Fitted(NamedTuple):
    """What was fitted for one model: by hesitation alone, with its probe, with answers read."""

    alone: Evidence
    probed: Evidence | None
    read: Evidence


TABLES: Mapping[str, Fitted] = {
    "qwen2.5-coder-0.5b": Fitted(_ALONE, _PROBED, _READ),
    "qwen2.5-coder-1.5b": Fitted(_LARGER, None, _LARGER_READ),
}
"""By the catalogue's name of the model."""


def _elsewhere(fitted: Evidence) -> Evidence:
    """What is gone by for other models: its weights, not its probabilities.

    By its measure the long thoughts of a reasoning model are all unsure: they count as votes.
    """
    kinds = {name: replace(of, least=0.8) for name, of in fitted.kinds.items()}
    return replace(fitted, kinds=kinds, measured=False)


UNMEASURED, UNMEASURED_READ = map(_elsewhere, (_ALONE, _READ))


def measured(model: str) -> str | None:
    """The catalogue's name of a model whose samples were measured, by that of its file or server.

    Its programs are evidence unasked.
    """
    plain = _letters(model)
    return next((name for name in TABLES if _letters(name) in plain), None)


def measurable(question: Question) -> bool:
    """Whether a question is of the sort that was measured: its answer is computed."""
    return question.form is None and (question.task == "math" or bool(question.programs))


def evidence(model: str, question: Question, plan: Plan) -> Evidence:
    """What to go by for the samples of a plan.

    Args:
        model: the name that its file or its server gives it.
    """
    unmeasured = Fitted(UNMEASURED, None, UNMEASURED_READ)
    fitted = TABLES.get(measured(model) or "", unmeasured)
    if question.bare is not None:
        known = fitted.read
    elif plan.probe is None or fitted.probed is None:
        known = fitted.alone
    else:
        known = replace(fitted.probed, probe=plan.probe)
    return replace(known, question=question.text)


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


def unhesitating(confidences: Sequence[float]) -> tuple[float, float]:
    """Minus the logarithms of hesitation, and of the number of tokens."""
    return -math.log(max(hesitation(confidences), 1e-3)), -math.log(len(confidences) + 1)
