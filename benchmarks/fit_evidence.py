"""Fit the probe that ships and the evidence model, and replay rules of votes by it.

    python benchmarks/fit_evidence.py READ.jsonl... --data train.jsonl... --json OUT \
        [--model MODEL.gguf --probe NAME.npz]

READ is what `read_pool.py` wrote (of a sample that is in several, the one with more steps counts);
what it wrote with --answers has no states: the probe is trained without it.
The evidence is fitted on the probe's scores of questions that the probe had not seen; what is
judged and replayed is fitted on other questions (five folds), and so with less known of samples
than it was fitted on. Printed: the rows of
`voting.evidence.TABLES`, calibration (ECE beside the 90th percentile of a perfect forecaster's,
Brier score beside the base rate's), and for each rule accuracy and tokens, paired with `--against`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from read_pool import lines
from scipy.optimize import minimize

from ttc_cli.answers import classes
from ttc_cli.answers.plausible import implausible
from ttc_cli.bench.statistics import paired
from ttc_cli.core.halves import unpack
from ttc_cli.core.programs import GREEDY_PROGRAM, PLAIN, PROGRAM
from ttc_cli.core.sampling import Stop
from ttc_cli.core.verify import log_odds
from ttc_cli.prm.fit import FOLDS, judged, train
from ttc_cli.prm.measures import auc, brier, calibration
from ttc_cli.prm.traces import Rows, Trace
from ttc_cli.verifiers.head import Head
from ttc_cli.voting.evidence import LEAST_LIKELY, Sure, hesitation, unhesitating
from ttc_cli.voting.mixed import STAGES, Stage, order, stages

KINDS = (GREEDY_PROGRAM, PROGRAM, PLAIN)
FIXED = {
    "one program": (GREEDY_PROGRAM,),
    "a program of each prompt": (GREEDY_PROGRAM, PROGRAM),
    "one bare program": (PROGRAM,),
    "one plain reply": (PLAIN,),
    "four plain replies": (PLAIN,) * 4,
    "one program, two plain replies": (GREEDY_PROGRAM, PLAIN, PLAIN),
    "two programs, two plain replies": (GREEDY_PROGRAM, PROGRAM, PLAIN, PLAIN),
    "two programs, four plain replies": (GREEDY_PROGRAM, PROGRAM, *(PLAIN,) * 4),
}
"""Samples that are all drawn, replayed beside the efforts."""
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
            scored = _most(members if probed else [], "answer_score")
            one.likely[number] = _most(members, "likelihood"), scored
            for member in group.members:
                one.samples[member].of = number
            if np.mean([rows[at[member]]["right"] for member in group.members]) > 0.5:
                one.right = number
        out.append(one)
    return [one for one in out if not pairs or all(one.named(name) for name in PAIR)]


def _most(rows: Sequence[dict[str, Any]], name: str) -> float:
    known = [row[name] for row in rows if row.get(name) is not None]
    return max(*known, LEAST_LIKELY) if known else math.nan


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


def folds(questions: Sequence[Asked]) -> dict[str, int]:
    names = sorted(one.id for one in questions)
    random.Random(1).shuffle(names)
    return {name: i % FOLDS for i, name in enumerate(names)}


Choose = Callable[[Asked, Sequence[int]], dict[int, float]]


@dataclass
class Played:
    right: float
    tokens: int
    samples: int
    sure: float


def play(
    one: Asked, choose: Choose, kinds: Sequence[str], plan: Sequence[Stage], rng: random.Random
) -> Played:
    """One run: stages are begun whole, and end once the leader is likely enough."""
    plain = rng.sample(one.named("plain"), len(one.named("plain")))
    programs = one.named("program-A-0") + one.named("program-B-1")
    queues = {PLAIN: plain, PROGRAM: programs, GREEDY_PROGRAM: one.named("program-B-0")}
    picked: list[int] = []
    found: dict[int, float] = {}
    for upto, bar in plan:
        while len(picked) < upto and queues[kinds[len(picked)]]:
            picked.append(queues[kinds[len(picked)]].pop(0))
        found = choose(one, picked)
        if found and max(found.values()) >= bar:
            break
    tokens = sum(one.samples[i].tokens for i in picked)
    best = max(found, key=lambda of: found[of], default=-2)
    return Played(float(best == one.right), tokens, len(picked), found.get(best, 0.0))


def judge(questions: Sequence[Asked], choose: Choose, kinds: Sequence[str], plan: Sequence[Stage],
          orders: int = 8) -> dict[str, Any]:  # fmt: skip
    """Means over random orders of each question's plain replies, and all runs' confidences."""
    rng = random.Random(3)
    runs = [[play(one, choose, kinds, plan, rng) for _ in range(orders)] for one in questions]
    flat = [run for group in runs for run in group]
    return {
        "right": [float(np.mean([run.right for run in group])) for group in runs],
        "accuracy": float(np.mean([run.right for run in flat])),
        "tokens": float(np.mean([run.tokens for run in flat])),
        "samples": float(np.mean([run.samples for run in flat])),
        "confidence": calibrated(
            [group[0].sure for group in runs], [group[0].right for group in runs]
        ),
    }


def ece(sure: Numbers, right: Numbers, bins: int = 8) -> float:
    """Expected calibration error over equally full bins."""
    parts = calibration(sure, right, bins)
    return sum(p["n"] * abs(p["score"] - p["right"]) for p in parts) / len(sure)


def calibrated(sure: Sequence[float], right: Sequence[float]) -> dict[str, Any]:
    """ECE and Brier score, beside what chance and the base rate would have."""
    rng = np.random.default_rng(0)
    values = np.array(sure)
    perfect = [ece(values, rng.random(len(values)) < values) for _ in range(400)]
    high = values >= 0.9
    return {
        "n": len(values),
        "ece": ece(values, right),
        "ece_of_a_perfect_one": float(np.percentile(perfect, 90)),
        "brier": brier(values, right),
        "brier_of_base_rate": float(np.mean(right) * (1 - np.mean(right))),
        "auc": auc(values, right),
        "above_0.9": [
            int(high.sum()),
            float(np.mean(np.array(right)[high])) if high.any() else None,
        ],
        "reliability": calibration(values, right, 8),
    }


def trace_of(row: dict[str, Any]) -> Trace:
    """A sample's trace, with the features of its end that were not read at first."""
    trace = Trace.read(row)
    surprise = 0.1 - trace.features[-1, 4] * row["tokens"]
    trace.features[-1, 7:9] = math.log(hesitation(row["confidence"]) + 0.1), math.log(surprise)
    return trace


def probe(rows: Sequence[dict[str, Any]], model: Path, out: Path) -> tuple[dict[int, float], Any]:
    """Train, save and judge the probe; returns the log odds of samples it had not seen."""
    # Of plain replies: what a pool tells of a program's end is not the state that is drawn.
    plain = [
        at
        for at, row in enumerate(rows)
        if row["kind"] == PLAIN and row.get("states") and Stop(row["stop"]).whole
    ]
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    found = train([trace_of(rows[at]) for at in plain], digest)
    alone = answers(rows)
    facts = {**found.head.facts, "made": date.today().isoformat(), "name": out.stem}
    if alone is not None:
        facts |= {"auc_answers": alone.facts["auc"], "answers": alone.facts["answers"]}
    replace(found.head, facts=facts, answers=alone).save(out)
    return dict(zip(plain, map(log_odds, map(float, found.scores)), strict=True)), facts


def answers(rows: Sequence[dict[str, Any]]) -> Head | None:
    """The head for answers asked for alone; rows get scores by heads that had not seen theirs."""
    known = {(row["question"], row["answer"]): row for row in rows if row.get("asked")}
    if not known:
        return None
    states, features = (
        np.array([unpack(row["asked"][i]) for row in known.values()]) for i in (0, 1)
    )
    right = np.array([row["right"] for row in known.values()], np.float32)
    names = tuple(name for name, _ in known)
    found = judged(Rows(names, states, features, right, np.ones(len(right), np.float32)), 0)
    scores = dict(zip(known, map(log_odds, map(float, found.scores)), strict=True))
    for row in rows:
        row["answer_score"] = scores.get((row["question"], row["answer"]))
    facts = {"auc": round(auc(found.scores, right), 4), "answers": len(right)}
    return replace(found.head, facts=facts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("read", type=Path, nargs="+")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="the questions")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--probe", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--against", default="one program, two plain replies")
    told = parser.parse_args()
    rows = read(told.read)
    texts = {row["id"]: row["question"] for path in told.data for row in lines(path)}
    report: dict[str, Any] = {}
    logits: dict[int, float] = {}
    if told.model and told.probe:
        logits, report["probe"] = probe(rows, told.model, told.probe)
        print(json.dumps({k: v for k, v in report["probe"].items() if k != "calibration"}))
    all_known = asked(rows, logits, texts, reads=True)
    fold = folds(all_known)
    held = {f: fitted([q for q in all_known if fold[q.id] != f]) for f in range(FOLDS)}
    print(f"{len(all_known)} questions", *fitted(all_known).rows(), sep="\n  ")

    def choose(one: Asked, picked: Sequence[int]) -> dict[int, float]:
        return held[fold[one.id]].posterior(one, picked)

    ways = {
        "all that is known": all_known,
        "without the probe": asked(rows, {}, texts, reads=True),
        "without answers read": asked(rows, logits, texts, reads=False),
        "by neither": asked(rows, {}, texts, reads=False),
    }
    for name, questions in ways.items():
        whole = [one for one in questions if one.named("plain")]
        print(f"{name}: {len(whole)} questions replayed")
        found = {effort: judge(whole, choose, order(16), stages(effort, 6)) for effort in STAGES}
        for title, kinds in FIXED.items():
            found[title] = judge(whole, choose, kinds, [(len(kinds), 0.0)])
        right = {effort: played.pop("right") for effort, played in found.items()}
        for effort, played in found.items():
            played["against"] = paired(right[told.against], right[effort])
            print(f"  {effort}: {100 * played['accuracy']:.1f}% at {played['tokens']:.0f} tokens")
        report[name] = found
    if told.json:
        told.json.write_text(json.dumps(report, indent=1, default=asdict) + "\n")


if __name__ == "__main__":
    main()
