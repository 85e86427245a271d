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

from ttc_cli.core.branch import Branch
from ttc_cli.core.outcome import Plan, Question
from ttc_cli.core.programs import GREEDY_PROGRAM, PLAIN, PROGRAM, kind, ran
from ttc_cli.core.verify import Live, log_odds
from ttc_cli.drawing.replies import reply
from ttc_cli.programs.computation import Computation, written_out

LIKELIHOOD, SCORE = "likelihood", "answer-score"
"""In the `meta` of a sample, of its answer asked for alone: how likely it is (`likelihood.beyond`),
and the log odds that the probe gives it."""
BOUNDS: Mapping[str, tuple[float, float]] = {LIKELIHOOD: (-7.0, math.inf), SCORE: (-3.0, 3.0)}
"""What is beyond these counts as they do: a model that cannot guess an answer may compute it, and a
state that is like none that the probe was trained on may be told anything."""
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
        likely: what a class gains by the likelihood of its answer, asked for alone, and by the
            probe's score of it: a slope each, and what it is as a rule.
        again: the part that a program says which does the same as one before it.
        flaws: what a class loses if all its samples have a wrong sum, and if all leave out a number
            of the question; in proportion if some do.
        question: its text, whose numbers are looked for.
        measured: whether its probabilities are those of this very language model, and calibrated.
        probe: tells how sure samples are; None: hesitation and length alone do.
    """

    kinds: Mapping[str, Kind]
    none: float
    spread: float
    lift: Sure
    likely: tuple[tuple[float, float], tuple[float, float]]
    again: float
    flaws: tuple[float, float]
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
        prior = 0.0
        for (name, (least, most)), (slope, middle) in zip(BOUNDS.items(), self.likely, strict=True):
            known = [branch.meta[name] for branch in branches if name in branch.meta]
            prior += slope * (min(max(*known, least), most) - middle) if known else 0.0
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
        probed = 0.0 if score is None else log_odds(score) - middles[0]
        if not branch.confidences:
            return probed, 0.0, 0.0
        hesitated, length = unhesitating(branch.confidences)
        return probed, hesitated - middles[1], length - middles[2]


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


# 258 questions of svamp_train, 58 over times, dates, units, percentages, counting, combinatorics,
# logic and letters (benchmarks/tasks, half dev) and 23 of reasoning-gym, two programs and two to
# eight plain replies each, all of these probed, and 222 more of svamp_train with programs alone,
# 2026-12-01: docs/data/evidence_0.5b.json.
_SMALLER = Evidence(
    {
        GREEDY_PROGRAM: Kind(0.92, (0.0, 0.56, -0.42), (0.0, -0.45, -3.30)),
        PROGRAM: Kind(0.83, (0.0, 0.0, -0.52), (0.0, -0.72, -3.57)),
        PLAIN: Kind(0.82, (0.24, 0.54, 0.23), (-0.60, -2.01, -5.30), 0.99),
    },
    none=0.86, spread=0.35, lift=(0.04, 0.86, -0.41), likely=((0.15, -2.62), (0.57, -1.05)),
    again=0.69, flaws=(4.67, 0.52),
)  # fmt: skip
# 295 questions of gsm8k_train, a program of each prompt and for 150 four plain replies, of 60
# probed, and the 60 over times and the like, two and two, 2026-12-01: docs/data/evidence_1.5b.json.
_LARGER = Evidence(
    {
        GREEDY_PROGRAM: Kind(1.97, (0.0, 0.66, -0.09), (0.0, -1.17, -4.30)),
        PROGRAM: Kind(2.15, (0.0, 0.58, -0.76), (0.0, -1.30, -4.42), 0.85),
        PLAIN: Kind(1.61, (0.17, 0.68, -0.61), (0.66, -2.09, -5.71), 0.68),
    },
    none=1.10, spread=0.29, lift=(0.0, 1.02, -0.64), likely=((0.05, -1.79), (0.95, -0.24)),
    again=0.28, flaws=(3.06, 1.34),
)  # fmt: skip
TABLES: Mapping[str, Evidence] = {"qwen2.5-coder-0.5b": _SMALLER, "qwen2.5-coder-1.5b": _LARGER}
"""By the catalogue's name of the model. What is not known of a sample (a probe's score, how likely
its answer is) says nothing for or against it."""


def _elsewhere(fitted: Evidence) -> Evidence:
    """What is gone by for other models: its weights, not its probabilities.

    By its measure the long thoughts of a reasoning model are all unsure: they count as votes.
    """
    kinds = {name: replace(of, least=0.8) for name, of in fitted.kinds.items()}
    return replace(fitted, kinds=kinds, measured=False)


UNMEASURED = _elsewhere(_SMALLER)


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
    known = TABLES.get(measured(model) or "", UNMEASURED)
    return replace(known, probe=plan.probe, question=question.text)


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
