"""The evidence of `voting.evidence` over arrays: samples of a pool, and what is fitted to them."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from read_pool import lines
from scipy.optimize import minimize

from ttc_cli.answers import classes
from ttc_cli.answers.plausible import implausible
from ttc_cli.core.programs import GREEDY_PROGRAM, PLAIN, PROGRAM
from ttc_cli.voting.evidence import BOUNDS, LIKELIHOOD, SCORE, Sure, unhesitating

KINDS = (GREEDY_PROGRAM, PROGRAM, PLAIN)
PAIR = ("program-B-0", "program-A-0")
"""What every question has; those with plain replies besides are replayed."""
DRAWN = (*PAIR, "program-B-1", "plain")
"""The order in which samples are drawn."""
SUBSETS = 12
"""Parts of each question's samples that the evidence is fitted on."""
Numbers = Any


class Undecided:
    """In the place of the worker: algebra is left out."""

    def compare(self, a: str, b: str) -> bool | None:
        return None


@dataclass
class Sample:
    """A sample as evidence sees it.

    Args:
        sure: by the probe, by hesitation and by length, as in `voting.evidence.Sure`.
        flaws: whether a sum is wrong, and whether a number of the question is left out.
        sums: what a program computes with. confidence: the mean of its tokens'.
        of: its class, -1 without an answer.
    """

    name: str
    kind: int
    tokens: int
    sure: Sure
    flaws: tuple[bool, bool]
    sums: str
    confidence: float
    of: int = -1


@dataclass
class Asked:
    """A question's samples; `right` is the right class, -1 where there is none; `likely`: of a
    class's answer, asked for alone, how likely it is and the log odds by the probe."""

    id: str
    samples: list[Sample] = field(default_factory=list)
    right: int = -1
    likely: dict[int, tuple[float, float]] = field(default_factory=dict)

    def named(self, name: str) -> list[int]:
        return [i for i, sample in enumerate(self.samples) if sample.name == name]


def read(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Samples in an order that does not depend on when they were drawn."""
    rows = [row for path in paths for row in lines(path)]
    rows.sort(key=lambda row: len(row["steps"]))
    found = {(row["question"], row["name"], row["sample"]): row for row in rows}
    return [found[key] for key in sorted(found)]


def asked(
    rows: Sequence[dict[str, Any]],
    probed: dict[int, float],
    told: dict[str, str],
    *,
    reads: bool,
    pairs: bool = True,
) -> list[Asked]:
    """Questions with all their samples.

    Args:
        probed: log odds of rows by the probe; empty: it is not gone by, for answers neither.
        told: the questions' texts. reads: whether likelihoods of answers are gone by.
        pairs: leave out questions without the two greedy programs.
    """
    groups: dict[str, list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        groups[row["question"]].append(at)
    out = []
    for name, at in groups.items():
        one = Asked(name)
        for i in at:
            row = rows[i]
            kind = KINDS.index(row["kind"])
            sure = probed.get(i, math.nan), *unhesitating(row["confidence"])
            flaws = row["wrong"] > 0, bool(row["left_out"])
            mean = float(np.mean(row["confidence"] or [0]))
            one.samples.append(
                Sample(row["name"], kind, row["tokens"], sure, flaws, row["sums"], mean)
            )
        said = [
            None if not row["answer"] or implausible(row["answer"], told[name]) else row["answer"]
            for row in (rows[i] for i in at)
        ]
        found = classes(said, worker=Undecided())
        for number, group in enumerate(found):
            members = [rows[at[member]] for member in group.members if reads]
            scored = _most(members if probed else [], "answer_score", *BOUNDS[SCORE])
            one.likely[number] = _most(members, "likelihood", *BOUNDS[LIKELIHOOD]), scored
            for member in group.members:
                one.samples[member].of = number
            if np.mean([rows[at[member]]["right"] for member in group.members]) > 0.5:
                one.right = number
        out.append(one)
    return [one for one in out if not pairs or all(one.named(name) for name in PAIR)]


def _most(rows: Sequence[dict[str, Any]], name: str, least: float, most: float) -> float:
    known = [row[name] for row in rows if row.get(name) is not None]
    return min(max(*known, least), most) if known else math.nan


class Model:
    """The evidence of `voting.evidence`, over arrays.

    Args:
        values: usual (3 kinds), slopes (of each of `Sure`, 3 kinds), powers (of programs and of
            plain replies), none, spread, again, likely (by both), flaws (wrong, left out), lift (of
            each of `Sure`).
        middles: shape (3 kinds, 3), how sure samples are as a rule.
        usual_likely: shape (2,), likelihood and log odds of an answer as a rule.
    """

    def __init__(self, values: Numbers, middles: Numbers, usual_likely: Numbers) -> None:
        self.values, self.middles = np.asarray(values, float), middles
        self.usual_likely = usual_likely
        self.usual, self.slope = self.values[:3], self.values[3:12].reshape(3, 3).T
        self.power = np.array([1.0, *self.values[12:14]])
        self.none, self.spread, self.again = map(float, self.values[14:17])
        self.likely, self.flaws, self.lift = np.split(self.values[17:], [2, 4])

    def more(self, kind: Numbers, sure: Numbers) -> Numbers:
        """How much surer than usual samples are: shape (n, 3)."""
        return np.nan_to_num(sure - self.middles[kind])

    def said(self, kind: Numbers, more: Numbers, repeated: Numbers) -> Numbers:
        said = np.maximum(0, self.usual[kind] + (self.slope[kind] * more).sum(axis=1))
        return said * np.where(repeated, self.again, 1)

    def posterior(self, one: Asked, picked: Sequence[int]) -> dict[int, float]:
        """Probability of each class of some of a question's samples."""
        some = [one.samples[i] for i in picked if one.samples[i].of >= 0]
        if not some:
            return {}
        kinds = np.array([sample.kind for sample in some])
        more = self.more(kinds, np.array([sample.sure for sample in some]))
        said: dict[tuple[int, int], list[float]] = defaultdict(list)
        for sample, weight in zip(some, self.said(kinds, more, repeats(some)), strict=True):
            said[sample.of, sample.kind].append(weight)
        weights: dict[int, float] = defaultdict(float)
        for (of, kind), mine in said.items():
            weights[of] += sum(mine) * len(mine) ** (self.power[kind] - 1)
        for of in weights:
            known = np.nan_to_num(np.array(one.likely[of]) - self.usual_likely)
            weights[of] += float(self.likely @ known)
            flawed = np.mean([sample.flaws for sample in some if sample.of == of], axis=0)
            weights[of] -= float(self.flaws @ flawed)
        lift = float(self.lift @ more.mean(axis=0))
        none = self.none + self.spread * math.log(len(weights)) - lift
        total = math.exp(none) + sum(map(math.exp, weights.values()))
        return {of: math.exp(w) / total for of, w in weights.items()}

    def rows(self) -> list[str]:
        def told(values: Numbers) -> str:
            return ", ".join(f"{value:.2f}" for value in np.nan_to_num(values))

        return [
            f"{kind}: Kind({self.usual[i]:.2f}, ({told(self.slope[i])}), ({told(self.middles[i])}),"
            f" {self.power[i]:.2f})"
            for i, kind in enumerate(KINDS)
        ] + [
            f"none={self.none:.2f}, spread={self.spread:.2f}, lift=({told(self.lift)}),"
            f" likely=(({told(self.likely[:1])}, {told(self.usual_likely[:1])}),"
            f" ({told(self.likely[1:])}, {told(self.usual_likely[1:])})), again={self.again:.2f},"
            f" flaws=({told(self.flaws)})"
        ]


def repeats(samples: Sequence[Sample]) -> list[bool]:
    """Which samples are programs that do the same as one before them."""
    seen: set[tuple[int, str]] = set()
    out = []
    for sample in samples:
        key = sample.of, sample.sums
        out.append(bool(sample.sums) and key in seen)
        seen.add(key)
    return out


def part(one: Asked, rng: random.Random) -> list[int]:
    """Some of a question's samples: half are what efforts begin with, a quarter plain replies.

    Of any samples alone, a fit told of many and got single ones wrong: most parts are large.
    """
    plain = rng.sample(one.named("plain"), len(one.named("plain")))
    way = rng.random()
    if way < 0.5:
        programs = [i for name in PAIR for i in one.named(name)]
        return (programs + plain)[: rng.randint(1, 6)]
    if way < 0.75:
        return plain[: rng.randint(1, max(1, len(plain)))]
    kinds = [one.named(name) for name in DRAWN if one.named(name)]
    return [i for mine in kinds for i in rng.sample(mine, rng.randint(0, len(mine)))]


def fitted(questions: Sequence[Asked], seed: int = 0) -> Model:
    """The evidence that makes the right classes of random parts likeliest."""
    rng = random.Random(seed)
    items = [(one, p) for one in questions for _ in range(SUBSETS) if (p := part(one, rng))]
    # of each sample with an answer; `at`: its class's row
    kind, sure, flawed, again, at = [], [], [], [], []
    item, wins, lost = [], [], np.ones(len(items))  # of each class; `lost`: no class is right
    reading = []
    for number, (one, picked) in enumerate(items):
        row: dict[int, int] = {}
        some = [one.samples[i] for i in picked if one.samples[i].of >= 0]
        again += repeats(some)
        blind = rng.random() < 0.5  # one table with and without a probe
        for sample in some:
            if sample.of not in row:
                row[sample.of] = len(item)
                item.append(number)
                wins.append(sample.of == one.right)
                known = one.likely[sample.of]
                reading.append((known[0], math.nan) if blind else known)
            kind.append(sample.kind)
            sure.append((math.nan, *sample.sure[1:]) if blind else sample.sure)
            flawed.append(sample.flaws)
            at.append(row[sample.of])
        if one.right in row:
            lost[number] = 0
    kinds, sures, repeated, item_of, won = map(np.array, (kind, sure, again, item, wins))
    likely, usual_likely, reads = centred(np.array(reading))
    finite, zero = np.isfinite(sures), np.nan_to_num(sures)  # some, or all, were not probed
    middles = np.array(
        [
            zero[kinds == k].sum(axis=0) / np.maximum(finite[kinds == k].sum(axis=0), 1)
            for k in range(3)
        ]
    )
    more = np.nan_to_num(sures - middles[kinds])
    members = np.bincount(at, minlength=len(item))
    flaws = np.stack([np.bincount(at, f, len(item)) / members for f in np.array(flawed).T], axis=1)
    many = np.maximum(np.bincount(item_of[at], minlength=len(items)), 1)
    usual = np.stack([np.bincount(item_of[at], m, len(items)) / many for m in more.T], axis=1)
    spread = np.log(np.maximum(np.bincount(item_of, minlength=len(items)), 1))
    cell = np.array(at) * 3 + kinds
    counts = np.maximum(np.bincount(cell, minlength=3 * len(item)).reshape(-1, 3), 1)

    def loss(values: Numbers) -> float:
        model = Model(values, middles, usual_likely)
        said = np.bincount(cell, model.said(kinds, more, repeated), 3 * len(item)).reshape(-1, 3)
        weight = (said * counts ** (model.power - 1)).sum(axis=1) + likely @ model.likely
        weight -= flaws @ model.flaws
        none = model.none + model.spread * spread - usual @ model.lift
        total = np.exp(none) + np.bincount(item_of, np.exp(weight), len(items))
        hit = weight[won].sum() + none @ lost
        ridge = 0.002 * float((model.slope**2).sum() + (model.lift**2).sum())
        return float((np.log(total).sum() - hit) / len(items)) + ridge

    known = np.isfinite(sures).any(axis=0).astype(float)  # there may be no probe
    sure_by = [(0, 3 * known[0]), (0, 3), (-2, 3)]
    bounds = [(0, 5)] * 3 + [of for of in sure_by for _ in KINDS] + [(0.2, 1)] * 2
    bounds += [(-1, 5), (0, 3), (0, 1), *((0, 2 * by) for by in reads), (0, 5), (0, 5), *sure_by]
    start = [0.8, 1.3, 0.9, *[0.3 * known[0]] * 3, *[0.3] * 6, 0.5, 0.9]
    start += [1.5, 0.5, 0.7, *(0.1 * reads), 1, 0.5, 0.2 * known[0], 0.2, 0.0]
    return Model(minimize(loss, start, bounds=bounds).x, middles, usual_likely)


def centred(values: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Columns less their means, with 0 for what is not known; the means; whether any is known."""
    known = np.isfinite(values)
    means = np.nan_to_num(values).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.nan_to_num(values - means), means, known.any(axis=0).astype(float)
